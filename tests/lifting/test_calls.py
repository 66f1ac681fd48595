"""Calls within a module that are several layers of the language, and those that are none."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import resdsl
from resdsl.lifting.refusals import NotLifted, UnknownOps

Function = Callable[[Tensor, "Calling"], Any]


class Calling(nn.Module):
    """A function of what a convolution yields, and of two learned tensors."""

    def __init__(self, function: Function) -> None:
        super().__init__()
        self.function = function
        self.conv = nn.Conv2d(3, 4, 1)
        self.weight, self.bias = (nn.Parameter(torch.rand(1, 4, 1, 1)) for _ in range(2))

    def forward(self, x: Tensor) -> Any:
        return self.function(self.conv(x), self)


def spatial(x: Tensor) -> Tensor:
    """The maps of CBAM's attention to positions, as its authors write them."""
    return torch.cat((torch.max(x, 1)[0].unsqueeze(1), torch.mean(x, 1).unsqueeze(1)), dim=1)


@pytest.mark.parametrize(
    ("function", "written"),
    [
        (lambda x, _: torch.relu(x) ** 2, "from mul(v1, v1)"),
        (lambda x, _: torch.square(x), "from mul(v1, v1)"),
        (lambda x, _: x + (-x).tanh(), "scale -1"),
        (lambda x, own: torch.addcmul(own.bias, own.weight, x, value=2), "learned_scale"),
        (lambda x, _: x.swapaxes(2, 3), "permute 0x2x1"),
        (lambda x, _: spatial(x), "channel_max\n  } {\n    channel_mean"),
        (lambda x, _: x.mean(1), "channel_mean; reshape 8x8"),
    ],
)
def test_calls_are_layers(function: Function, written: str) -> None:
    found = resdsl.lift(Calling(function), input="3x8x8")
    assert found.agreement.difference is not None
    assert found.agreement.difference <= 2e-6
    assert written in found.text


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x, _: x.max(1), "max: the node `max_1`: together with the places of the largest"),
        (lambda x, _: x**3, "pow: the node `pow_1`: the language adds, multiplies and scales values, and has the"),
        (lambda x, _: x.sum(0, keepdim=True) + x, "sum: the node `sum_1`: over the axis 0, and not over all positions"),
        (lambda x, _: functional.normalize(x), "linalg_vector_norm: the node `linalg_vector_norm`: the length of"),
        (lambda x, _: functional.gelu(x, approximate="tanh"), "gelu: the node `gelu`: approximated by a hyperbolic"),
        (lambda x, _: x.reshape(-1, 2, 8, 8), "reshape: the node `reshape`: across the batch; a network of the"),
        (lambda x, _: torch.maximum(x, x.tanh()), "maximum: the node `maximum`: of two values; `relu` and `clip`"),
        (lambda x, _: x / x.sigmoid(), "div: the node `div`: of two values; the language has their sum and"),
        (lambda x, _: x.log_softmax(1), "log_softmax: the node `log_softmax`: it belongs to the loss"),
    ],
)
def test_calls_that_are_no_layers_are_refused_with_what_the_language_has(function: Function, message: str) -> None:
    with pytest.raises(UnknownOps, match=re.escape(message)):
        resdsl.lift(Calling(function), input="3x8x8")


def test_refusals_name_modules_and_count() -> None:
    cubes = nn.Sequential(*(Calling(lambda x, _: x[:, :3] ** 3) for _ in range(3)))
    with pytest.raises(UnknownOps, match="pow: 3 nodes, the first is `pow_1` in 0: the language adds"):
        resdsl.lift(cubes, input="3x8x8")


def test_a_module_that_fails_without_a_word_is_refused_with_its_line() -> None:
    def failing(x: Tensor, _own: Calling) -> Tensor:
        if x.shape[2] != 9:
            raise ValueError
        return x

    with pytest.raises(NotLifted, match=r"cannot be exported for this input: ValueError in test_calls\.py, line \d+"):
        resdsl.lift(Calling(failing), input="3x8x8")
