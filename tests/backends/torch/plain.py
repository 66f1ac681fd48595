"""Residual networks as one writes them by hand, with torchvision's names, and networks run layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from resdsl.ir.network import Network
from resdsl.ir.walk import FlatNetwork
from resdsl.ops.records import Sample
from tests.ops.frameworks import Case, TorchOp


class Padding(nn.Module):
    """Option A: every stride-th pixel, and maps of zeros behind or on both sides of the channels."""

    def __init__(self, before: int, behind: int, stride: int) -> None:
        super().__init__()
        self.before, self.behind, self.stride = before, behind, stride

    def forward(self, x: Tensor) -> Tensor:
        small = x[..., :: self.stride, :: self.stride]
        zeros = torch.zeros_like(small[:, :1])
        return torch.cat([zeros] * self.before + [small] + [zeros] * self.behind, dim=1)


class Residual(nn.Module):
    """Convolutions with norms in a row, what stands beside them, and ReLUs between and behind.

    Args:
        rows: kernel, channels and stride of each convolution.
        beside: `none` for nothing; a letter for He et al.'s option; `both` for A with zeros on both sides.
    """

    def __init__(self, channels: int, rows: Sequence[tuple[int, int, int]], beside: str) -> None:
        super().__init__()
        widths = [channels, *(width for _, width, _ in rows)]
        for number, ((kernel, _, stride), (ins, outs)) in enumerate(zip(rows, pairwise(widths), strict=True), 1):
            self.add_module(f"conv{number}", nn.Conv2d(ins, outs, kernel, stride, kernel // 2, bias=False))
            self.add_module(f"bn{number}", nn.BatchNorm2d(outs))
        self.length = len(rows)
        self.adds = beside != "none"
        self.downsample = self._beside(beside, channels, widths[-1], max(stride for _, _, stride in rows))

    def _beside(self, option: str, channels: int, out: int, stride: int) -> nn.Module | None:
        changes = channels != out or stride > 1
        if option == "none" or not (changes or option == "C"):
            return None
        more = out - channels
        if option in ("A", "both"):
            before = more // 2 if option == "both" else 0
            return Padding(before, more - before, stride)
        return nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for number in range(1, self.length + 1):
            y = self.get_submodule(f"bn{number}")(self.get_submodule(f"conv{number}")(y))
            if number < self.length:
                y = torch.relu(y)
        if self.adds:
            y = y + (x if self.downsample is None else self.downsample(x))
        return torch.relu(y)


class ResNet(nn.Module):
    """Stem, stages whose first block strides but in the first stage, mean, linear layer.

    Args:
        block: `basic` or `bottleneck`; the latter widens four times.
        widths: of each stage.
        depths: blocks in each stage.
        option: as in `Residual`.
        cifar: whether the stem is one 3x3 convolution with the width of the first stage.
        stride_at: kernel of the convolution that strides in a bottleneck.
    """

    def __init__(
        self,
        block: str,
        widths: Sequence[int],
        depths: Sequence[int],
        option: str,
        classes: int,
        *,
        cifar: bool,
        stem: int = 64,
        stride_at: int = 3,
    ) -> None:
        super().__init__()
        kernel, stride = (3, 1) if cifar else (7, 2)
        self.conv1 = nn.Conv2d(3, stem, kernel, stride, kernel // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        self.pools = not cifar
        channels = stem
        self.stages = []
        for index, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            blocks = nn.Sequential()
            for repeat in range(depth):
                step = 2 if index and not repeat else 1
                rows = [(3, width, step), (3, width, 1)]
                if block == "bottleneck":
                    first, middle = (step, 1) if stride_at == 1 else (1, step)
                    rows = [(1, width, first), (3, width, middle), (1, 4 * width, 1)]
                blocks.append(Residual(channels, rows, option))
                channels = rows[-1][1]
            self.stages.append(f"layer{index + 1}")
            self.add_module(self.stages[-1], blocks)
        self.fc = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.bn1(self.conv1(x)))
        if self.pools:
            x = nn.functional.max_pool2d(x, 3, 2, 1)
        for name in self.stages:
            x = self.get_submodule(name)(x)
        logits: Tensor = self.fc(x.mean(dim=(2, 3)))
        return logits


class LayerByLayer(nn.Module):
    """A network run from its flat view: each layer by itself, nothing written over, every value kept."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.flow = FlatNetwork(network)
        self.steps = list(self.flow)
        self.layers = {
            step.path: TorchOp(Case(step.path, step.layer.op, step.shapes, Sample(step.shapes))) for step in self.steps
        }
        self.held = nn.ModuleList(self.layers.values())

    def named_state(self) -> dict[str, Tensor]:
        """Parameters and buffers by their names in the whole network."""
        named = [(path, layer.module) for path, layer in self.layers.items() if layer.module is not None]
        return {
            f"{path}.{name}": value
            for path, module in named
            for name, value in module.state_dict(keep_vars=True).items()
        }

    def forward(self, *inputs: Tensor) -> dict[str, Tensor]:
        values = {given.name: value for given, value in zip(self.network.inputs, inputs, strict=True)}
        for step in self.steps:
            made = self.layers[step.path](*(values[name] for name in step.inputs))
            values.update(zip(step.outputs, made, strict=True))
        return {tap.name: values[self.flow.resolve(tap.value)] for tap in self.network.outputs}
