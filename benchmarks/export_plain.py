"""Exports the plain ResNet-34 with torch.onnx.export: `python -m benchmarks.export_plain FILE default|older`."""

from __future__ import annotations

import sys
import warnings

import torch

from benchmarks.plain_resnet import PlainResNet34


def main() -> None:
    """Make the module, export it, end."""
    path, exporter = sys.argv[1:]
    warnings.simplefilter("ignore")
    module = PlainResNet34().eval()
    image = torch.zeros(1, 3, 224, 224)
    if exporter == "default":
        torch.onnx.export(module, (image,), path, dynamo=True, dynamic_shapes=({0: torch.export.Dim("batch")},))
    else:
        names = {"input_names": ["x"], "dynamic_axes": {"x": {0: "batch"}}}
        torch.onnx.export(module, (image,), path, dynamo=False, **names)


if __name__ == "__main__":
    main()
