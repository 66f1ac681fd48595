"""Modules whose weights are computed from their tensors, or whose parameters stand beside others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import resdsl
from resdsl.lifting.lift import LiftedModel
from resdsl.lifting.refusals import UnknownOps

_MOST = 2e-6
"""So far outputs may differ, as a part of the largest."""


class StandardisedConv(nn.Conv2d):
    """Weight standardisation, as in BiT; with a gain, as in NF-ResNets."""

    def __init__(self, inner: int, out: int, kernel: int, stride: int = 1, gamma: float = 0.0) -> None:
        super().__init__(inner, out, kernel, stride, kernel // 2, groups=2, bias=bool(gamma))
        self.scale = gamma * self.weight[0].numel() ** -0.5
        self.gain = nn.Parameter(torch.rand(out, 1, 1, 1) + 0.5) if gamma else None

    def forward(self, x: Tensor) -> Any:
        scale = None if self.gain is None else (self.gain * self.scale).view(-1)
        rows = self.weight.reshape(1, self.out_channels, -1)
        rows = functional.batch_norm(rows, None, None, weight=scale, training=True, momentum=0.0, eps=1e-6)
        return functional.conv2d(x, rows.reshape_as(self.weight), self.bias, self.stride, self.padding, (1, 1), 2)


class SamePadded(StandardisedConv):
    """Padding as TensorFlow has it, which is not alike at both ends."""

    def __init__(self, inner: int, out: int, kernel: int, stride: int = 1) -> None:
        super().__init__(inner, out, kernel, stride)
        self.padding = (0, 0)

    def forward(self, x: Tensor) -> Any:
        return super().forward(functional.pad(x, (0, 1, 0, 1)))


class FrozenNorm(nn.Module):
    """A batch norm of buffers, as torchvision has it in detectors."""

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        for name in ("weight", "bias", "running_mean", "running_var"):
            self.register_buffer(name, torch.rand(channels) + 0.1)

    def forward(self, x: Tensor) -> Any:
        names = ("weight", "bias", "running_mean", "running_var")
        weight, bias, mean, variance = (self.get_buffer(name).reshape(1, -1, 1, 1) for name in names)
        scale = weight * (variance + self.eps).rsqrt()
        return x * scale + (bias - mean * scale)


class Basic(nn.Module):
    def __init__(self, inner: int, width: int, stride: int, norm: Callable[[int], nn.Module]) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inner, width, 3, stride, 1, bias=False)
        self.bn1 = norm(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = norm(width)
        short = nn.Conv2d(inner, width, 1, stride, bias=False)
        self.downsample = nn.Sequential(short, norm(width)) if stride > 1 else nn.Identity()

    def forward(self, x: Tensor) -> Any:
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        return functional.relu(y + self.downsample(x))


class Affine(nn.Module):
    """A learned factor and a learned term for all channels, as in HGNet."""

    def __init__(self) -> None:
        super().__init__()
        self.scale, self.bias = nn.Parameter(torch.full((1,), 2.0)), nn.Parameter(torch.full((1,), 0.3))

    def forward(self, x: Tensor) -> Any:
        return self.scale * x + self.bias


class Without(nn.Module):
    """What a mean takes away, as in PoolFormer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 1)

    def forward(self, x: Tensor) -> Any:
        x = self.conv(x)
        return functional.avg_pool2d(x, 3, 1, 1) - x


class Precise(nn.Module):
    """A part in another precision than that around it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 1)

    def forward(self, x: Tensor) -> Any:
        x = self.conv(x)
        with torch.autocast("cpu", enabled=False):
            return x * functional.adaptive_avg_pool2d(x, 1).sigmoid()


def _lifted(module: nn.Module, size: str) -> LiftedModel:
    """A module as a text with the same keys and outputs."""
    found = resdsl.lift(module, input=size)
    assert found.agreement.difference is not None
    assert found.agreement.difference <= _MOST
    assert found.named
    assert set(found.net.to_torch().state_dict()) == set(module.state_dict())
    return found


@pytest.mark.parametrize(
    ("module", "written"),
    [
        (StandardisedConv(4, 8, 3), "std_conv 3x3, 8, groups=2"),
        (StandardisedConv(4, 8, 3, 2, gamma=1.7139588594436646), "gamma=1.713958859444, gain=true"),
        (StandardisedConv(4, 8, 3, gamma=1.0), "gain=true"),
        (SamePadded(4, 8, 3, 2), "std_conv 3x3, 8, /2, groups=2, pad=0"),
    ],
)
def test_standardised_weights_stay_so(module: nn.Module, written: str) -> None:
    text = _lifted(nn.Sequential(module, nn.ReLU(), StandardisedConv(8, 8, 1)), "4x10x10").text
    assert written in text
    assert text.count("std_conv") == 2
    assert ("gamma" in text) == ("gamma" in written)


class Again(nn.Conv2d):
    """A weight whose rows are normalised in another way, or that is turned."""

    def __init__(self, kind: str) -> None:
        super().__init__(4, 4, 3)
        self.kind = kind

    def forward(self, x: Tensor) -> Any:
        if self.kind == "turned":
            return functional.conv2d(x, self.weight.transpose(0, 1), self.bias)
        shift = self.bias if self.kind == "shifted" else None
        rows = self.weight.transpose(0, 1) if self.kind == "mixed" else self.weight
        rows = functional.batch_norm(rows.reshape(1, 4, -1), None, None, None, shift, training=True)
        return functional.conv2d(x, rows.reshape_as(self.weight), self.bias)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("turned", "conv: the node `conv2d`.*: its weight is turned before it is applied"),
        ("mixed", "std_conv: the node `conv2d`.*: its weight is turned before it is applied"),
        ("shifted", "batch_norm: the node `batch_norm`.*: it computes a weight from others"),
    ],
)
def test_weights_in_another_form_than_the_state_dict_has_are_refused(kind: str, message: str) -> None:
    with pytest.raises(UnknownOps, match=message):
        resdsl.lift(Again(kind), input="4x8x8")


def test_frozen_norms_are_the_norm_of_a_network() -> None:
    blocks = [Basic(8, 8, 1, FrozenNorm), Basic(8, 16, 2, FrozenNorm)]
    module = nn.Sequential(nn.Conv2d(3, 8, 3), FrozenNorm(8, 1e-3), nn.ReLU(), *blocks)
    text = _lifted(module, "3x17x17").text
    assert "norm = frozen_bn" in text
    assert "frozen_bn eps=0.001" in text
    assert "basic(16, /2)" in text


def test_norms_that_learn_and_norms_that_do_not_are_told_apart() -> None:
    blocks = [Basic(8, 8, 1, FrozenNorm), Basic(8, 8, 1, nn.BatchNorm2d), Basic(8, 8, 1, nn.BatchNorm2d)]
    found = _lifted(nn.Sequential(*blocks), "8x9x9")
    assert found.text.count("frozen_bn") == 2
    kinds = {key.split(".")[0] for key in dict(found.net.to_torch().named_parameters()) if ".bn1." in key}
    assert kinds == {"1", "2"}


def test_numbers_beside_others_have_their_own_names() -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), Affine(), nn.Conv2d(8, 8, 3), Affine())
    assert '"2.bias": learned_bias' in _lifted(module, "3x9x9").text


def test_a_difference_is_a_sum() -> None:
    assert "scale -1" in _lifted(Without(), "4x9x9").text


def test_parts_with_a_precision_of_their_own_are_read() -> None:
    assert "gate {" in _lifted(Precise(), "4x9x9").text
