"""Modules that stack values, weigh them and sum them: selective kernels, split attention, and the like."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import resdsl
from resdsl.lifting.refusals import UnknownOps


class SelectiveKernels(nn.Module):
    """Two convolutions, weighed by a softmax over them (Li et al., arXiv 1903.06586)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.paths = nn.ModuleList([nn.Conv2d(width, width, 3, 1, each, each, bias=False) for each in (1, 2)])
        self.reduce, self.select = nn.Conv2d(width, 4, 1), nn.Conv2d(4, 2 * width, 1)

    def forward(self, x: Tensor) -> Any:
        y = torch.stack([path(x) for path in self.paths], dim=1)
        chosen = self.select(functional.relu(self.reduce(y.sum(1).mean((2, 3), keepdim=True))))
        batch, channels, height, width = chosen.shape
        return torch.sum(y * chosen.view(batch, 2, channels // 2, height, width).softmax(1), dim=1)


class SplitAttention(nn.Module):
    """Halves of a map, weighed against each other (Zhang et al., arXiv 2004.08955)."""

    def __init__(self, width: int, cardinality: int = 1) -> None:
        super().__init__()
        self.cardinality = cardinality
        self.conv = nn.Conv2d(width, 2 * width, 3, padding=1, groups=2 * cardinality)
        self.fc1 = nn.Conv2d(width, 4, 1, groups=cardinality)
        self.fc2 = nn.Conv2d(4, 2 * width, 1, groups=cardinality)

    def forward(self, x: Tensor) -> Any:
        x = self.conv(x)
        batch, channels, height, width = x.shape
        x = x.reshape(batch, 2, channels // 2, height, width)
        chosen = self.fc2(functional.relu(self.fc1(x.sum(1).mean((2, 3), keepdim=True))))
        chosen = chosen.view(batch, self.cardinality, 2, -1).transpose(1, 2).softmax(1)
        return (x * chosen.reshape(batch, -1).reshape(batch, 2, channels // 2, 1, 1)).sum(1)


class Taken(nn.Module):
    """What is taken apart in other ways."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.conv = nn.Conv2d(4, 8, 3)

    def forward(self, x: Tensor) -> Any:
        x = self.conv(x)
        rows = x.reshape(x.shape[0], 2, 4, *x.shape[2:])
        if self.kind == "unbind":
            one, other = rows.unbind(1)
            return one * other.sigmoid()
        if self.kind == "select":
            return rows[:, 1] + rows[:, 0].tanh()
        if self.kind == "weighed":  # no stack that is known
            return (rows.tanh() * rows.sigmoid()).sum(1)
        if self.kind == "rows":
            return rows.sum(1)
        return x.sum((2, 3)) if self.kind == "positions" else x * x.sum(1, keepdim=True)


def _text(module: nn.Module, size: str) -> str:
    found = resdsl.lift(module, input=size)
    assert found.agreement.difference is not None
    assert found.agreement.difference <= 2e-6
    assert set(found.net.to_torch().state_dict()) == set(module.state_dict())
    return found.text


@pytest.mark.parametrize(
    ("module", "sums"),
    [
        (SelectiveKernels(8), ["add(v2, v3)", "add(mul(v2, parts[0]), mul(v3, parts[1]))"]),
        (SplitAttention(8), ["add(parts[0], parts[1])", "add(mul(parts[0], parts2[0]), mul(parts[1], parts2[1]))"]),
        (SplitAttention(8, 2), ["permute", "add(mul(parts[0], parts2[0]), mul(parts[1], parts2[1]))"]),
    ],
)
def test_what_is_stacked_and_weighed_is_a_sum_of_products(module: nn.Module, sums: list[str]) -> None:
    text = _text(nn.Sequential(module, nn.ReLU()), "8x9x9")
    for each in sums:
        assert each in text
    assert "concat" not in text
    assert text.count("reshape") <= 3


@pytest.mark.parametrize("kind", ["unbind", "select", "weighed", "rows", "positions", "channels"])
def test_values_are_taken_apart_and_summed(kind: str) -> None:
    _text(Taken(kind), "4x9x9")


def test_a_sum_over_the_batch_is_refused_by_its_name() -> None:
    class Batch(nn.Module):
        def forward(self, x: Tensor) -> Any:
            return x + x.sum(0)

    with pytest.raises(UnknownOps, match="sum: the node `sum_1`"):
        resdsl.lift(nn.Sequential(nn.Conv2d(3, 3, 1), Batch()), input="3x8x8")


class Gated(nn.Module):
    """A block whose channels are last but for its convolution (Yu and Wang, arXiv 2405.07992)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.fc1, self.fc2 = nn.Linear(width, 2 * width), nn.Linear(width, width)
        self.conv = nn.Conv2d(width // 2, width // 2, 3, padding=1)

    def forward(self, x: Tensor) -> Any:
        half = x.shape[-1] // 2
        gate, kept, read = self.fc1(self.norm(x)).split([2 * half, half, half], -1)
        read = self.conv(read.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        made = self.fc2(functional.gelu(gate) * torch.cat([kept, read], -1))
        return x + made * made.mean((1, 2), keepdim=True).sigmoid()


class ChannelsLast(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.blocks, self.fc = nn.Conv2d(3, 8, 3), nn.Sequential(Gated(8), Gated(8)), nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Any:
        return self.fc(self.blocks(self.stem(x).permute(0, 2, 3, 1)).mean((1, 2)))


def test_channels_that_are_last_are_parted_joined_and_pooled() -> None:
    text = _text(ChannelsLast(), "3x10x10")
    assert "permute" not in text
    assert "stage blocks: unit x 2" in text
