"""Counts a plain ResNet-152 as others do it: `python -m benchmarks.count_plain torchinfo|fvcore`."""

from __future__ import annotations

import sys
from importlib import import_module

import torch

from benchmarks.plain_resnet import Bottleneck, PlainResNet


def main() -> None:
    """Make the module, count it, print the figure."""
    (kind,) = sys.argv[1:]
    module = PlainResNet(Bottleneck, (3, 8, 36, 3)).eval()
    if kind == "torchinfo":
        summary = import_module("torchinfo").summary(module, (1, 3, 224, 224), verbose=0)
        print(summary.total_mult_adds)
    else:
        print(import_module("fvcore.nn").FlopCountAnalysis(module, torch.zeros(1, 3, 224, 224)).total())


if __name__ == "__main__":
    main()
