"""Networks as people write them in PyTorch, without resdsl: what the exporter makes of them is lifted."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

Make = Callable[[], nn.Module]


class Basic(nn.Module):
    def __init__(self, inner: int, width: int, stride: int, option_a: bool = False) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inner, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample: nn.Module | None = None
        self.missing = width - inner if option_a else 0
        if not option_a and (stride != 1 or inner != width):
            self.downsample = nn.Sequential(nn.Conv2d(inner, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Any:
        shortcut = x if self.downsample is None else self.downsample(x)
        if self.missing:
            shortcut = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, self.missing))
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += shortcut
        return self.relu(out)


class Bottleneck(nn.Module):
    def __init__(self, inner: int, width: int, stride: int, se: bool = False, deep: bool = False) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inner, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, width * 4, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width * 4)
        self.se = SqueezeExcite(width * 4) if se else nn.Identity()
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Module | None = None
        if stride != 1 or inner != width * 4:
            pool: nn.Module = nn.AvgPool2d(stride, stride, ceil_mode=True, count_include_pad=False)
            first = [pool if stride > 1 else nn.Identity()] if deep else []
            conv = nn.Conv2d(inner, width * 4, 1, 1 if deep else stride, bias=False)
            self.downsample = nn.Sequential(*first, conv, nn.BatchNorm2d(width * 4))

    def forward(self, x: Tensor) -> Any:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.se(self.bn3(self.conv3(out)))
        return self.relu(out + (x if self.downsample is None else self.downsample(x)))


class SqueezeExcite(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(width, width // 16, 1)
        self.fc2 = nn.Conv2d(width // 16, width, 1)

    def forward(self, x: Tensor) -> Any:
        scale = functional.relu(self.fc1(functional.adaptive_avg_pool2d(x, 1)))
        return x * torch.sigmoid(self.fc2(scale))


class ResNet(nn.Module):
    def __init__(self, block: Callable[..., nn.Module], depths: list[int], widening: int, deep: bool = False) -> None:
        super().__init__()
        if deep:
            layers: list[nn.Module] = []
            for before, width, stride in ((3, 32, 2), (32, 32, 1)):
                layers += [nn.Conv2d(before, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            self.conv1: nn.Module = nn.Sequential(*layers, nn.Conv2d(32, 64, 3, 1, 1, bias=False))
        else:
            self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inner = 64
        for stage, depth in enumerate(depths):
            width, blocks = 64 * 2**stage, []
            for place in range(depth):
                blocks.append(block(inner, width, 2 if stage and not place else 1))
                inner = width * widening
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(inner, 1000)

    def forward(self, x: Tensor) -> Any:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for stage in range(1, 5):
            x = self.get_submodule(f"layer{stage}")(x)
        return self.fc(torch.flatten(self.avgpool(x), 1))


class Cifar(nn.Module):
    def __init__(self, depth: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        inner = 16
        for stage, width in enumerate((16, 32, 64), 1):
            blocks = []
            for place in range(depth):
                blocks.append(Basic(inner, width, 2 if stage > 1 and not place else 1, option_a=True))
                inner = width
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.linear = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Any:
        x = functional.relu(self.bn1(self.conv1(x)))
        for stage in range(1, 4):
            x = self.get_submodule(f"layer{stage}")(x)
        x = functional.avg_pool2d(x, x.size()[3])
        return self.linear(x.view(x.size(0), -1))


class Preact(nn.Module):
    def __init__(self, inner: int, width: int, stride: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv1 = nn.Conv2d(inner, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        if stride != 1 or inner != width:
            self.shortcut = nn.Sequential(nn.Conv2d(inner, width, 1, stride, bias=False))

    def forward(self, x: Tensor) -> Any:
        out = functional.relu(self.bn1(x))
        shortcut = self.shortcut(out) if hasattr(self, "shortcut") else x
        out = self.conv1(out)
        return self.conv2(functional.relu(self.bn2(out))) + shortcut


class PreactNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        inner = 64
        for stage, width in enumerate((64, 128, 256, 512), 1):
            first = Preact(inner, width, 2 if stage > 1 else 1)
            setattr(self, f"layer{stage}", nn.Sequential(first, Preact(width, width, 1)))
            inner = width
        self.bn = nn.BatchNorm2d(512)
        self.linear = nn.Linear(512, 10)

    def forward(self, x: Tensor) -> Any:
        x = self.conv1(x)
        for stage in range(1, 5):
            x = self.get_submodule(f"layer{stage}")(x)
        x = functional.adaptive_avg_pool2d(functional.relu(self.bn(x)), 1)
        return self.linear(torch.flatten(x, 1))


class Bottle2neck(nn.Module):
    def __init__(self, inner: int, width: int, stride: int) -> None:
        super().__init__()
        self.width, self.scale, self.first = width * 26 // 64, 4, stride != 1 or inner != width * 4
        self.conv1 = nn.Conv2d(inner, self.width * 4, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(self.width * 4)
        convs = [nn.Conv2d(self.width, self.width, 3, stride, 1, bias=False) for _ in range(3)]
        self.convs = nn.ModuleList(convs)
        self.bns = nn.ModuleList([nn.BatchNorm2d(self.width) for _ in range(3)])
        self.pool = nn.AvgPool2d(3, stride, 1)
        self.conv3 = nn.Conv2d(self.width * 4, width * 4, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width * 4)
        self.relu = nn.ReLU(inplace=True)
        if self.first:
            conv = nn.Conv2d(inner, width * 4, 1, stride, bias=False)
            self.downsample = nn.Sequential(conv, nn.BatchNorm2d(width * 4))

    def forward(self, x: Tensor) -> Any:
        parts = torch.split(self.relu(self.bn1(self.conv1(x))), self.width, 1)
        made: list[Tensor] = []
        for place, (conv, bn) in enumerate(zip(self.convs, self.bns, strict=True)):
            given = parts[place] if self.first or not place else made[-1] + parts[place]
            made.append(self.relu(bn(conv(given))))
        made.append(self.pool(parts[3]) if self.first else parts[3])
        out = self.bn3(self.conv3(torch.cat(made, 1)))
        return self.relu(out + (self.downsample(x) if self.first else x))


class DenseLayer(nn.Module):
    def __init__(self, inner: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(inner)
        self.conv1 = nn.Conv2d(inner, 128, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(128)
        self.conv2 = nn.Conv2d(128, 32, 3, padding=1, bias=False)

    def forward(self, parts: list[Tensor]) -> Any:
        out = self.conv1(functional.relu(self.norm1(torch.cat(parts, 1))))
        return self.conv2(functional.relu(self.norm2(out)))


class DenseBlock(nn.ModuleDict):
    def __init__(self, inner: int, depth: int) -> None:
        super().__init__({f"denselayer{place + 1}": DenseLayer(inner + 32 * place) for place in range(depth)})

    def forward(self, x: Tensor) -> Any:
        parts = [x]
        for layer in self.values():
            parts.append(layer(parts))
        return torch.cat(parts, 1)


class DenseNet(nn.Module):
    def __init__(self, depths: tuple[int, ...] = (6, 12, 24, 16)) -> None:
        super().__init__()
        features = nn.Sequential()
        features.add_module("conv0", nn.Conv2d(3, 64, 7, 2, 3, bias=False))
        features.add_module("norm0", nn.BatchNorm2d(64))
        features.add_module("relu0", nn.ReLU())
        features.add_module("pool0", nn.MaxPool2d(3, 2, 1))
        width = 64
        for place, depth in enumerate(depths, 1):
            features.add_module(f"denseblock{place}", DenseBlock(width, depth))
            width += 32 * depth
            if place < len(depths):
                transition = nn.Sequential()
                transition.add_module("norm", nn.BatchNorm2d(width))
                transition.add_module("relu", nn.ReLU())
                transition.add_module("conv", nn.Conv2d(width, width // 2, 1, bias=False))
                transition.add_module("pool", nn.AvgPool2d(2, 2))
                features.add_module(f"transition{place}", transition)
                width //= 2
        features.add_module("norm5", nn.BatchNorm2d(width))
        self.features = features
        self.classifier = nn.Linear(width, 1000)

    def forward(self, x: Tensor) -> Any:
        x = functional.relu(self.features(x))
        return self.classifier(torch.flatten(functional.adaptive_avg_pool2d(x, 1), 1))


def unit(
    inner: int, width: int, kernel: int, stride: int = 1, groups: int = 1, act: Make | None = nn.ReLU6
) -> nn.Module:
    conv = nn.Conv2d(inner, width, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(width), *([act()] if act else []))


class Inverted(nn.Module):
    def __init__(self, inner: int, width: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inner * expansion
        first = [unit(inner, wide, 1)] if expansion != 1 else []
        last = [nn.Conv2d(wide, width, 1, bias=False), nn.BatchNorm2d(width)]
        self.conv = nn.Sequential(*first, unit(wide, wide, 3, stride, wide), *last)
        self.adds = stride == 1 and inner == width

    def forward(self, x: Tensor) -> Any:
        return x + self.conv(x) if self.adds else self.conv(x)


class MobileNet(nn.Module):
    ROWS = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))

    def __init__(self) -> None:
        super().__init__()
        layers, inner = [unit(3, 32, 3, 2)], 32
        for expansion, width, depth, stride in self.ROWS:
            for place in range(depth):
                layers.append(Inverted(inner, width, stride if not place else 1, expansion))
                inner = width
        self.features = nn.Sequential(*layers, unit(inner, 1280, 1))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, 1000))

    def forward(self, x: Tensor) -> Any:
        return self.classifier(self.features(x).mean([2, 3]))


class MBConv(nn.Module):
    def __init__(self, inner: int, width: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inner * expansion
        first = [unit(inner, wide, 1, act=nn.SiLU)] if expansion != 1 else []
        excite = Excite(wide, inner // 4)
        self.block = nn.Sequential(
            *first, unit(wide, wide, kernel, stride, wide, nn.SiLU), excite, unit(wide, width, 1, act=None)
        )
        self.adds = stride == 1 and inner == width

    def forward(self, x: Tensor) -> Any:
        return self.block(x) + x if self.adds else self.block(x)


class Excite(nn.Module):
    def __init__(self, width: int, reduced: int) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(width, reduced, 1)
        self.fc2 = nn.Conv2d(reduced, width, 1)

    def forward(self, x: Tensor) -> Any:
        return torch.sigmoid(self.fc2(functional.silu(self.fc1(self.avgpool(x))))) * x


class EfficientNet(nn.Module):
    ROWS = (
        *((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3)),
        *((6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)),
    )

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [unit(3, 32, 3, 2, act=nn.SiLU)]
        inner = 32
        for expansion, kernel, stride, width, depth in self.ROWS:
            blocks = []
            for place in range(depth):
                blocks.append(MBConv(inner, width, kernel, stride if not place else 1, expansion))
                inner = width
            layers.append(nn.Sequential(*blocks))
        self.features = nn.Sequential(*layers, unit(inner, 1280, 1, act=nn.SiLU))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, 1000))

    def forward(self, x: Tensor) -> Any:
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class Inception(nn.Module):
    def __init__(self, inner: int, a: int, b: int, c: int, d: int, e: int, f: int) -> None:
        super().__init__()
        self.branch1 = unit(inner, a, 1, act=nn.ReLU)
        self.branch2 = nn.Sequential(unit(inner, b, 1, act=nn.ReLU), unit(b, c, 3, act=nn.ReLU))
        self.branch3 = nn.Sequential(unit(inner, d, 1, act=nn.ReLU), unit(d, e, 3, act=nn.ReLU))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1, ceil_mode=True), unit(inner, f, 1, act=nn.ReLU))

    def forward(self, x: Tensor) -> Any:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class GoogLeNet(nn.Module):
    ROWS = (
        ("3a", (192, 64, 96, 128, 16, 32, 32)), ("3b", (256, 128, 128, 192, 32, 96, 64)),
        ("4a", (480, 192, 96, 208, 16, 48, 64)), ("4b", (512, 160, 112, 224, 24, 64, 64)),
        ("4c", (512, 128, 128, 256, 24, 64, 64)), ("4d", (512, 112, 144, 288, 32, 64, 64)),
        ("4e", (528, 256, 160, 320, 32, 128, 128)), ("5a", (832, 256, 160, 320, 32, 128, 128)),
        ("5b", (832, 384, 192, 384, 48, 128, 128)),
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = unit(3, 64, 7, 2, act=nn.ReLU)
        self.conv2 = unit(64, 64, 1, act=nn.ReLU)
        self.conv3 = unit(64, 192, 3, act=nn.ReLU)
        for name, row in self.ROWS:
            setattr(self, f"inception{name}", Inception(*row))
        self.fc = nn.Linear(1024, 1000)

    def forward(self, x: Tensor) -> Any:
        x = functional.max_pool2d(self.conv1(x), 3, 2, ceil_mode=True)
        x = functional.max_pool2d(self.conv3(self.conv2(x)), 3, 2, ceil_mode=True)
        for name, _ in self.ROWS:
            if name in ("4a", "5a"):
                x = functional.max_pool2d(x, 3 if name == "4a" else 2, 2, ceil_mode=True)
            x = getattr(self, f"inception{name}")(x)
        return self.fc(torch.flatten(functional.adaptive_avg_pool2d(x, 1), 1))


def double(inner: int, width: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inner, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1), nn.ReLU()
    )


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        widths = (16, 32, 64, 128)
        self.down = nn.ModuleList([double(3 if not i else widths[i - 1], widths[i]) for i in range(4)])
        self.rise = nn.ModuleList([nn.ConvTranspose2d(widths[i + 1], widths[i], 2, 2) for i in (2, 1, 0)])
        self.up = nn.ModuleList([double(widths[i] * 2, widths[i]) for i in (2, 1, 0)])
        self.head = nn.Conv2d(16, 2, 1)

    def forward(self, x: Tensor) -> Any:
        kept = []
        for place, layer in enumerate(self.down):
            x = layer(functional.max_pool2d(x, 2) if place else x)
            kept.append(x)
        for rise, layer, skip in zip(self.rise, self.up, kept[-2::-1], strict=True):
            x = layer(torch.cat([skip, rise(x)], 1))
        return self.head(x)


class ChannelNorm(nn.LayerNorm):
    def forward(self, x: Tensor) -> Any:
        x = x.permute(0, 2, 3, 1)
        x = functional.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return x.permute(0, 3, 1, 2)


class ConvNeXtBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.pwconv1 = nn.Linear(width, 4 * width)
        self.pwconv2 = nn.Linear(4 * width, width)
        self.gamma = nn.Parameter(1e-6 * torch.ones(width))

    def forward(self, x: Tensor) -> Any:
        out = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        out = self.gamma * self.pwconv2(functional.gelu(self.pwconv1(out)))
        return x + out.permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    def __init__(self, depths: tuple[int, ...] = (3, 3, 9, 3), widths: tuple[int, ...] = (96, 192, 384, 768)) -> None:
        super().__init__()
        stem = nn.Sequential(nn.Conv2d(3, widths[0], 4, 4), ChannelNorm(widths[0], eps=1e-6))
        steps = [
            nn.Sequential(ChannelNorm(one, eps=1e-6), nn.Conv2d(one, other, 2, 2)) for one, other in pairwise(widths)
        ]
        self.downsample_layers = nn.ModuleList([stem, *steps])
        self.stages = nn.ModuleList(
            [
                nn.Sequential(*[ConvNeXtBlock(width) for _ in range(depth)])
                for depth, width in zip(depths, widths, strict=True)
            ]
        )
        self.norm = nn.LayerNorm(widths[-1], eps=1e-6)
        self.head = nn.Linear(widths[-1], 1000)

    def forward(self, x: Tensor) -> Any:
        for step, stage in zip(self.downsample_layers, self.stages, strict=True):
            x = stage(step(x))
        return self.head(self.norm(x.mean([-2, -1])))


def _with_se(inner: int, width: int, stride: int) -> nn.Module:
    return Bottleneck(inner, width, stride, se=True)


def _deep(inner: int, width: int, stride: int) -> nn.Module:
    return Bottleneck(inner, width, stride, deep=True)


NETWORKS: dict[str, tuple[Make, tuple[int, ...], int]] = {
    # name          how it is made, its input, the most lines of its text
    "resnet18": (lambda: ResNet(Basic, [2, 2, 2, 2], 1), (3, 224, 224), 14),
    "resnet34": (lambda: ResNet(Basic, [3, 4, 6, 3], 1), (3, 224, 224), 14),
    "resnet50": (lambda: ResNet(Bottleneck, [3, 4, 6, 3], 4), (3, 224, 224), 14),
    "cifar20": (lambda: Cifar(3), (3, 32, 32), 14),
    "preact18": (PreactNet, (3, 32, 32), 14),
    "seresnet50": (lambda: ResNet(_with_se, [3, 4, 6, 3], 4), (3, 224, 224), 25),
    "resnet50d": (lambda: ResNet(_deep, [3, 4, 6, 3], 4, deep=True), (3, 224, 224), 16),
    "res2net50": (lambda: ResNet(Bottle2neck, [3, 4, 6, 3], 4), (3, 224, 224), 32),
    "densenet121": (DenseNet, (3, 224, 224), 30),
    "mobilenet_v2": (MobileNet, (3, 224, 224), 30),
    "googlenet": (GoogLeNet, (3, 224, 224), 36),
    "efficientnet_b0": (EfficientNet, (3, 224, 224), 37),
    "unet": (UNet, (3, 64, 64), 25),
    "convnext": (ConvNeXt, (3, 224, 224), 25),
}
