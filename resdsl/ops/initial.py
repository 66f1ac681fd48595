"""How the weights of convolutions and linear layers start."""

from __future__ import annotations

from math import sqrt
from typing import Literal, NamedTuple

from resdsl.ops.base import Real
from resdsl.ops.records import Constant, Init, Normal, Truncated, Uniform
from resdsl.records.checks import Invalid

Start = Real | Literal["fan_out", "fan_in", "uniform", "normal", "truncated"]
"""The value of every weight, or a distribution."""
WITH_STD = ("normal", "truncated")
"""The distributions that need a standard deviation."""


class Fans(NamedTuple):
    """By how many weights an input and an output of a layer are reached.

    Attributes:
        into: the weights that an output is computed with.
        out: the weights that an input is multiplied by.
    """

    into: int
    out: int


def weight_start(init: Start, std: float | None, fans: Fans) -> Init:
    """How the weights start."""
    match init:
        case "fan_out":
            return Normal(sqrt(2 / fans.out))
        case "fan_in":
            return Normal(sqrt(2 / fans.into))
        case "uniform":
            return Uniform(1 / sqrt(fans.into))
        case "normal":
            return Normal(std or 0.0)
        case "truncated":
            return Truncated(std or 0.0)
    return Constant(init)


def bias_start(init: Start, fans: Fans) -> Init:
    """How the biases of these weights start."""
    return Uniform(1 / sqrt(fans.into)) if init == "uniform" else Constant(0.0)


def expect_std(init: Start, std: float | None) -> None:
    """Refuse a distribution without its standard deviation, and a standard deviation without use.

    Raises:
        Invalid: they do not fit together.
    """
    if init in WITH_STD and std is None:
        raise Invalid(("std",), f'a number above 0, since init="{init}"', std)
    if init not in WITH_STD and std is not None:
        raise Invalid(("std",), 'nothing, unless init is "normal" or "truncated"', std)
