"""Two ONNX files of one network in onnxruntime: `python -m benchmarks.inference OURS THEIRS ROUNDS`, prints JSON.

The two take turns with rests between, since a pool of threads that has just worked slows its neighbour.
"""

from __future__ import annotations

import json
import sys
import time
from statistics import median

import numpy as np
import onnxruntime

BATCHES = (1, 8)
REST = 0.05


def main() -> None:
    """Measure and print milliseconds: batch -> [ours, theirs]."""
    ours, theirs, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    sessions = [onnxruntime.InferenceSession(path, options) for path in (ours, theirs)]
    found = {}
    for batch in BATCHES:
        image = np.random.default_rng(0).standard_normal((batch, 3, 224, 224)).astype(np.float32)
        times: list[list[float]] = [[], []]
        for _ in range(rounds):
            for session, kept in zip(sessions, times, strict=True):
                kept.append(_once(session, image))
        found[batch] = [1000 * median(kept) for kept in times]
    print(json.dumps(found))


def _once(session: onnxruntime.InferenceSession, image: np.ndarray) -> float:
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
