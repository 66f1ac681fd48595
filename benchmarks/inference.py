"""Two ONNX files of one network in onnxruntime: `python -m benchmarks.inference OURS THEIRS ROUNDS`, prints JSON.

The two take turns with rests between, since a pool of threads that has just worked slows its neighbour.
"""

from __future__ import annotations

import json
import sys
import time
from statistics import median
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

BATCHES = (1, 8)
THREADS = 2
REST = 0.05
"""Seconds; see the module."""


def main() -> None:
    """Measure and print, by batch, the milliseconds of each round: of our file, of theirs."""
    files, rounds = sys.argv[1:3], int(sys.argv[3])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    sessions = [onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"]) for path in files]
    found = {}
    for batch in BATCHES:
        image = np.random.default_rng(0).standard_normal((batch, 3, 224, 224)).astype(np.float32)
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(rounds):
            for session, kept in zip(sessions, times, strict=True):
                kept.append(1000 * _once(session, image))
        found[batch] = times
    print(json.dumps(found))


def _once(session: Any, image: NDArray[np.float32]) -> float:
    """Seconds of a call: one that is not counted, then the median of three."""
    feed = {session.get_inputs()[0].name: image}
    time.sleep(REST)
    session.run(None, feed)
    calls = []
    for _ in range(3):
        began = time.perf_counter()
        session.run(None, feed)
        calls.append(time.perf_counter() - began)
    return median(calls)


if __name__ == "__main__":
    main()
