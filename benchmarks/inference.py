"""Two ONNX files of one network in onnxruntime: `python -m benchmarks.inference OURS THEIRS ROUNDS`, prints JSON."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from benchmarks.turns import THREADS, Work, in_turn, settled

BATCHES = (1, 8)


def main() -> None:
    """Measure and print, by batch, the milliseconds of each round: of our file, of theirs."""
    files, rounds = sys.argv[1:3], int(sys.argv[3])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    sessions = [onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"]) for path in files]
    found = {}
    for batch in BATCHES:
        image = np.random.default_rng(0).standard_normal((batch, 3, 224, 224)).astype(np.float32)
        found[batch] = list(in_turn(_works(sessions, image), rounds, settled).values())
    print(json.dumps(found))


def _works(sessions: list[Any], image: NDArray[np.float32]) -> dict[str, Work]:
    return {str(at): partial(each.run, None, {each.get_inputs()[0].name: image}) for at, each in enumerate(sessions)}


if __name__ == "__main__":
    main()
