"""Padding with other numbers than zero, and padding that cuts."""

from __future__ import annotations

from typing import Any

import pytest
from torch import Tensor, nn
from torch.nn import functional

import resdsl
from resdsl.lifting.refusals import UnknownOps


class Padded(nn.Module):
    """A map that is padded and pooled, behind a convolution."""

    def __init__(self, pads: tuple[int, ...], value: float, pool: nn.Module) -> None:
        super().__init__()
        self.pads, self.value = pads, value
        self.conv = nn.Conv2d(3, 4, 1)
        self.pool = pool

    def forward(self, x: Tensor) -> Any:
        return self.pool(functional.pad(self.conv(x), self.pads, value=self.value))


_INFINITE = float("inf")


@pytest.mark.parametrize(
    ("module", "written"),
    [
        (Padded((1, 1, 1, 1), -_INFINITE, nn.MaxPool2d(3, 2)), "maxpool 3x3, /2\n"),
        (Padded((0, 1, 0, 1), -_INFINITE, nn.MaxPool2d(3, 2)), "maxpool 3x3, /2, pad=0, pad_after=1"),
        (Padded((-1, 1, -1, 1), 0.0, nn.AvgPool2d(1, 2)), "shift -1, 1; shift -1, 2; subsample 2"),
        (Padded((2, -2), 0.0, nn.ReLU()), "shift 2, 2"),
    ],
)
def test_padding_of_pools_and_padding_that_cuts_come_back(module: nn.Module, written: str) -> None:
    found = resdsl.lift(module, input="3x9x9")
    assert found.agreement.difference == 0
    assert written in found.text


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (Padded((1, 1, 1, 1), 1.0, nn.MaxPool2d(3, 2)), "pad: .*with another number than zero"),
        (Padded((1, 1, 1, 1), -_INFINITE, nn.ReLU()), "pad: .*with the lowest number; a `maxpool` of the language"),
        (Padded((2, 2, 2, 2), -_INFINITE, nn.MaxPool2d(3, 2)), "pad: .*with the lowest number"),
        (Padded((-1, -1), 0.0, nn.ReLU()), "pad: .*with negative padding, which cuts"),
    ],
)
def test_other_padding_is_refused(module: nn.Module, message: str) -> None:
    with pytest.raises(UnknownOps, match=message):
        resdsl.lift(module, input="3x9x9")
