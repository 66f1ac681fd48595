"""ResNet-34 and -50 as one would write them by hand in torch: the peers of the compiled ones (He et al. 2015, Table 1).

The stride of a bottleneck is at its 3x3 convolution, as in the specification; sums and activations overwrite.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Basic(nn.Module):
    """Two 3x3 convolutions and a shortcut."""

    expansion = 1

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = projection(channels, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        """C x H x W to width x H / stride x W / stride."""
        y = torch.relu_(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += x if self.shortcut is None else self.shortcut(x)
        return torch.relu_(y)


class Bottleneck(nn.Module):
    """A 3x3 convolution between two of 1x1, and a shortcut."""

    expansion = 4

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.shortcut = projection(channels, 4 * width, stride)

    def forward(self, x: Tensor) -> Tensor:
        """C x H x W to 4 * width x H / stride x W / stride."""
        y = torch.relu_(self.bn1(self.conv1(x)))
        y = torch.relu_(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        y += x if self.shortcut is None else self.shortcut(x)
        return torch.relu_(y)


def projection(channels: int, width: int, stride: int) -> nn.Module | None:
    """A 1x1 convolution where the shape changes."""
    if channels == width and stride == 1:
        return None
    return nn.Sequential(nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))


class PlainResNet(nn.Module):
    """A stem, four stages and a head.

    Args:
        block: the class of the blocks.
        counts: blocks of each stage.
    """

    def __init__(self, block: type[Basic | Bottleneck], counts: Sequence[int]) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)
        )
        blocks: list[nn.Module] = []
        channels = 64
        for stage, count in enumerate(counts):
            width = 64 << stage
            for index in range(count):
                blocks.append(block(channels, width, 2 if stage and index == 0 else 1))
                channels = width * block.expansion
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(channels, 1000)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        """3 x 224 x 224 to 1000 logits."""
        y = self.blocks(self.stem(x)).mean((2, 3))
        logits: Tensor = self.fc(y)
        return logits


def resnet34() -> PlainResNet:
    """Stages of 3, 4, 6 and 3 blocks of two convolutions."""
    return PlainResNet(Basic, (3, 4, 6, 3))


def resnet50() -> PlainResNet:
    """Stages of 3, 4, 6 and 3 bottlenecks."""
    return PlainResNet(Bottleneck, (3, 4, 6, 3))
