"""Counts of residual networks by plain arithmetic, for tests: no compiler, no framework.

A convolution has kernel * kernel * in * out weights and as many multiply-adds for each position of its output; a
batch norm two parameters a channel; the last layer a weight for each channel and class, and a bias for each class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class Count:
    """What was counted so far, and what flows: channels, and the size of a square map."""

    channels: int
    size: int
    params: int = 0
    macs: int = 0
    depth: int = 0
    activations: int = 0

    def conv(self, kernel: int, out: int, stride: int = 1, *, main: bool = True) -> None:
        """A convolution and its norm."""
        self.size = -(-self.size // stride)
        weights = kernel * kernel * self.channels * out
        self.params += weights + 2 * out
        self.macs += weights * self.size**2
        self.activations += out * self.size**2
        self.depth += main
        self.channels = out

    def block(self, kind: str, width: int, stride: int, shortcut: str) -> None:
        """`basic` or `bottleneck`, with what runs beside it."""
        channels, size = self.channels, self.size
        if kind == "basic":
            self.conv(3, width, stride)
            self.conv(3, width)
        else:
            self.conv(1, width)
            self.conv(3, width, stride)
            self.conv(1, 4 * width)
        changes = stride != 1 or channels != self.channels
        if shortcut == "C" or (shortcut == "B" and changes):
            beside = Count(channels, size)
            beside.conv(1, self.channels, stride, main=False)
            self.params += beside.params
            self.macs += beside.macs
            self.activations += beside.activations

    def stages(self, kind: str, widths: Sequence[int], depths: Sequence[int], shortcut: str) -> None:
        """Stages of blocks; each but the first halves the size."""
        for stage, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            for index in range(depth):
                self.block(kind, width, 2 if stage and not index else 1, shortcut)

    def head(self, classes: int) -> None:
        """A global pool and a fully connected layer."""
        self.params += self.channels * classes + classes
        self.macs += self.channels * classes
        self.depth += 1


def cifar(n: int, w: int = 16, shortcut: str = "A", classes: int = 10, kind: str = "basic") -> Count:
    """6n + 2 layers for images of 32x32 (He et al. 2015, Section 4.2), w channels in the first stage."""
    count = Count(3, 32)
    count.conv(3, w)
    count.stages(kind, (w, 2 * w, 4 * w), (n, n, n), shortcut)
    count.head(classes)
    return count


def imagenet(depths: Sequence[int], width: int = 64, shortcut: str = "A", kind: str = "basic") -> Count:
    """The networks of He et al. 2015, Table 1, for images of 224x224."""
    count = Count(3, 224)
    count.conv(7, width, 2)
    count.size //= 2
    count.stages(kind, [width << stage for stage in range(len(depths))], depths, shortcut)
    count.head(1000)
    return count


def figures(count: Count) -> tuple[int, int, int, int]:
    """Depth, parameters, multiply-adds, activations of convolutions."""
    return count.depth, count.params, count.macs, count.activations
