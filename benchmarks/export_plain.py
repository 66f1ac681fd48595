"""Exports the plain ResNet-34 with torch.onnx.export: `python -m benchmarks.export_plain FILE KIND`."""

from __future__ import annotations

import sys
import warnings

import torch

from benchmarks.plain_resnet import resnet34


def main() -> None:
    """Make the module, export it, end. Kinds: `fixed` and `open` (the batch; default exporter), `older` (open)."""
    path, kind = sys.argv[1:]
    warnings.simplefilter("ignore")
    module = resnet34().eval()
    image = torch.zeros(1, 3, 224, 224)
    if kind == "fixed":
        torch.onnx.export(module, (image,), path, dynamo=True)
    elif kind == "open":
        torch.onnx.export(module, (image,), path, dynamo=True, dynamic_shapes=({0: torch.export.Dim("batch")},))
    elif kind == "older":
        torch.onnx.export(module, (image,), path, dynamo=False, input_names=["x"], dynamic_axes={"x": {0: "batch"}})
    else:
        sys.exit(f"unknown kind: {kind}")


if __name__ == "__main__":
    main()
