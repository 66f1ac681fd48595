"""Runs an ONNX file in onnxruntime at batch 1 and tells what went in and what came out.

    python examples/run_onnx.py build/resnet34.onnx

The input is a ramp from -1 to 1, the same in every run. A network built without a checkpoint has
random weights, so that its answer means nothing; its shapes do.
"""

from __future__ import annotations

import sys
from math import prod
from pathlib import Path

import numpy as np
import onnxruntime


def main(path: Path) -> None:
    """Run the file once; symbolic sizes, such as the batch, are 1."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    print(f"{path.name}: {path.stat().st_size:,} bytes")
    feeds = {}
    for given in session.get_inputs():
        shape = tuple(size if isinstance(size, int) else 1 for size in given.shape)
        feeds[given.name] = np.linspace(-1, 1, prod(shape), dtype=np.float32).reshape(shape)
        print(f"  in   {given.name}: {'x'.join(map(str, shape))}")
    names = [result.name for result in session.get_outputs()]
    for name, value in zip(names, session.run(names, feeds), strict=True):
        if not np.isfinite(value).all():
            sys.exit(f"{name} holds values that are not finite")
        sizes = "x".join(map(str, value.shape))
        print(f"  out  {name}: {sizes}, from {value.min():.4g} to {value.max():.4g}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python examples/run_onnx.py FILE.onnx")
    main(Path(sys.argv[1]))
