"""Residual networks as torch modules, written from the papers and without the compiler.

Names follow torchvision's, so that state dicts can be compared by key. Papers: He et al. 2015 (arXiv
1512.03385), He et al. 2016 (1603.05027, pre-activation), Xie et al. 2016 (1611.05431, groups), Hu et al.
2017 (1709.01507, squeeze-and-excite), He et al. 2018 (1812.01187, shortcut D).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from tests.differential.config import Config, Row, ShortcutKind, Stage


def conv(channels: int, out: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    return nn.Conv2d(channels, out, kernel, stride, kernel // 2, groups=groups, bias=False)


class OptionA(nn.Module):
    """Every stride-th pixel, and zeros for the channels that are missing."""

    def __init__(self, missing: int, stride: int, both: bool) -> None:
        super().__init__()
        self.stride = stride
        self.before = missing // 2 if both else 0
        self.behind = missing - self.before

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.before, self.behind))


def shortcut(kind: ShortcutKind, channels: int, out: int, stride: int) -> nn.Module | None:
    """What runs beside a block's body; None where the input itself is added."""
    if kind != "C" and channels == out and stride == 1:
        return None
    if kind in ("A", "A_both"):
        return OptionA(out - channels, stride, kind == "A_both")
    if kind == "bare":
        return nn.Sequential(conv(channels, out, 1, stride))
    if kind == "D":
        pool = nn.AvgPool2d(stride, stride, ceil_mode=True, count_include_pad=False) if stride > 1 else nn.Identity()
        return nn.Sequential(pool, conv(channels, out, 1), nn.BatchNorm2d(out))
    return nn.Sequential(conv(channels, out, 1, stride), nn.BatchNorm2d(out))


class Residual(nn.Module):
    """Base of the blocks: adds the shortcut, if there is to be one."""

    downsample: nn.Module | None

    def beside(self, config: Config, channels: int, out: int, stride: int) -> None:
        """Register the shortcut; last, as torchvision does."""
        self.added = config.shortcut != "none"
        self.downsample = shortcut(config.shortcut, channels, out, stride) if self.added else None

    def join(self, body: Tensor, x: Tensor) -> Tensor:
        if not self.added:
            return body
        return body + (x if self.downsample is None else self.downsample(x))


class SqueezeExcite(nn.Module):
    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // reduction, 1)
        self.fc2 = nn.Conv2d(channels // reduction, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        pooled = x.mean((2, 3), keepdim=True)
        return x * torch.sigmoid(self.fc2(F.relu(self.fc1(pooled))))


class Basic(Residual):
    def __init__(self, config: Config, stage: Stage, channels: int, stride: int) -> None:
        super().__init__()
        width = stage.width
        self.conv1 = conv(channels, width, 3, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv(width, width, 3)
        self.bn2 = nn.BatchNorm2d(width)
        self.se = SqueezeExcite(width, config.reduction) if config.block == "se_basic" else nn.Identity()
        self.beside(config, channels, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.se(self.bn2(self.conv2(y)))
        return F.relu(self.join(y, x))


class Plain(nn.Module):
    def __init__(self, config: Config, stage: Stage, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = conv(channels, stage.width, 3, stride)
        self.bn1 = nn.BatchNorm2d(stage.width)
        self.conv2 = conv(stage.width, stage.width, 3)
        self.bn2 = nn.BatchNorm2d(stage.width)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))


class Bottleneck(Residual):
    def __init__(self, config: Config, stage: Stage, channels: int, stride: int) -> None:
        super().__init__()
        inner, out = stage.width * config.inner, config.out(stage)
        first, second = (stride, 1) if config.stride_at == 1 else (1, stride)
        self.conv1 = conv(channels, inner, 1, first)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = conv(inner, inner, 3, second, config.groups)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = conv(inner, out, 1)
        self.bn3 = nn.BatchNorm2d(out)
        self.beside(config, channels, out, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        return F.relu(self.join(self.bn3(self.conv3(y)), x))


class PreactBasic(Residual):
    """Where the shape changes, both paths start behind the first activation; elsewhere the input itself is added."""

    def __init__(self, config: Config, stage: Stage, channels: int, stride: int) -> None:
        super().__init__()
        width = stage.width
        self.shared = channels != width or stride != 1
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv1 = conv(channels, width, 3, stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = conv(width, width, 3)
        self.beside(config, channels, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        first = F.relu(self.bn1(x))
        y = self.conv2(F.relu(self.bn2(self.conv1(first))))
        return self.join(y, first if self.shared else x)


class PreactBottleneck(Residual):
    def __init__(self, config: Config, stage: Stage, channels: int, stride: int) -> None:
        super().__init__()
        width, out = stage.width, config.out(stage)
        strides = (stride, 1) if config.stride_at == 1 else (1, stride)
        self.shared = channels != out or stride != 1
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv1 = conv(channels, width, 1, strides[0])
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = conv(width, width, 3, strides[1], config.groups)
        self.bn3 = nn.BatchNorm2d(width)
        self.conv3 = conv(width, out, 1)
        self.beside(config, channels, out, stride)

    def forward(self, x: Tensor) -> Tensor:
        first = F.relu(self.bn1(x))
        y = self.conv2(F.relu(self.bn2(self.conv1(first))))
        return self.join(self.conv3(F.relu(self.bn3(y))), first if self.shared else x)


class Rows(Residual):
    """A row of Table 1: any convolutions; the first larger than 1x1 carries the stride."""

    def __init__(self, config: Config, stage: Stage, channels: int, stride: int) -> None:
        super().__init__()
        self.count = len(stage.rows)
        entering, left = channels, stride
        for number, row in enumerate(stage.rows, 1):
            own = left if row.kernel > 1 else 1
            left = left if row.kernel == 1 else 1
            self.add_row(number, entering, row, own)
            entering = row.out
        self.beside(config, channels, entering, stride)

    def add_row(self, number: int, channels: int, row: Row, stride: int) -> None:
        self.add_module(f"conv{number}", conv(channels, row.out, row.kernel, stride, row.groups))
        self.add_module(f"bn{number}", nn.BatchNorm2d(row.out))

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for number in range(1, self.count + 1):
            y = self.get_submodule(f"bn{number}")(self.get_submodule(f"conv{number}")(y))
            y = F.relu(y) if number < self.count else y
        return F.relu(self.join(y, x))


BLOCKS = {
    "basic": Basic,
    "se_basic": Basic,
    "plain": Plain,
    "bottleneck": Bottleneck,
    "preact_basic": PreactBasic,
    "preact_bottleneck": PreactBottleneck,
    "rows": Rows,
}


class ResNet(nn.Module):
    """Stem, stages `layer1`, `layer2`, ..., pooling and `fc`."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        kernel, channels, stride = config.stem
        self.preactive = config.preactive
        self.conv1 = conv(config.channels, channels, kernel, stride)
        if not self.preactive:
            self.bn1 = nn.BatchNorm2d(channels)
        self.maxpool = nn.MaxPool2d(3, 2, 1) if config.pool else nn.Identity()
        self.names = [f"layer{number}" for number in range(1, len(config.stages) + 1)]
        for name, stage in zip(self.names, config.stages, strict=True):
            blocks = []
            for index in range(stage.blocks):
                blocks.append(BLOCKS[config.block](config, stage, channels, 1 if index else stage.stride))
                channels = config.out(stage)
            self.add_module(name, nn.Sequential(*blocks))
        if self.preactive:
            self.bn1 = nn.BatchNorm2d(channels)
        self.fc = nn.Linear(channels, config.classes)
        self.shapes: dict[str, tuple[int, ...]] = {}

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        x = self.maxpool(x if self.preactive else F.relu(self.bn1(x)))
        for name in self.names:
            x = self.get_submodule(name)(x)
            self.shapes[name] = tuple(x.shape[1:])
        x = F.relu(self.bn1(x)) if self.preactive else x
        logits: Tensor = self.fc(x.mean((2, 3)))
        return logits


def reference(config: Config, seed: int = 0) -> ResNet:
    """The network in evaluation mode, its norms given statistics that matter."""
    generator = torch.Generator().manual_seed(seed)
    net = ResNet(config).eval()
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            bound = (3 / module.weight[0].numel()) ** 0.5
            nn.init.uniform_(module.weight, -bound, bound, generator=generator)
        elif isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            nn.init.uniform_(module.weight, 0.5, 1.5, generator=generator)
            nn.init.uniform_(module.bias, -0.4, 0.4, generator=generator)
            nn.init.uniform_(module.running_mean, -0.4, 0.4, generator=generator)
            nn.init.uniform_(module.running_var, 0.5, 1.5, generator=generator)
    return net


def parameters(net: nn.Module) -> int:
    """Learned elements."""
    return sum(parameter.numel() for parameter in net.parameters())


def depth(net: nn.Module) -> int:
    """Convolutions and fully connected layers but those of shortcuts and of squeeze-and-excite."""
    return sum(
        isinstance(module, nn.Conv2d | nn.Linear) and not {"downsample", "se"} & set(name.split("."))
        for name, module in net.named_modules()
    )


def run(net: nn.Module, x: Tensor) -> tuple[Tensor, int]:
    """The logits, and the multiply-adds by torch's own counter, which counts two operations for each."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        logits = net(x)
    operations = counter.get_total_flops()
    assert operations % (2 * len(x)) == 0
    return logits, operations // (2 * len(x))
