"""The points of a sweep with their names, parameters and costs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from resdsl.analysis.costs import Costs
from resdsl.elaborate.sweep_names import NETWORK
from resdsl.elaborate.values import Dims, Value, interpolated, show

Plain = int | float | bool | str | list["Plain"] | None
"""A value for JSON and Python; anything without a counterpart there is a string in the syntax of the language."""

_APART = re.compile(r"[^A-Za-z0-9._]+")


@dataclass(frozen=True, slots=True)
class Point:
    """One network of a sweep.

    Attributes:
        index: its index in the product of all axes, from 0; points that are filtered out leave gaps.
        name: its name, which is unique in the sweep.
        network: the name of the network definition that it is built from.
        parameters: values of the axes in the order of the text, followed by the solved one.
        costs: all counts, for one sample.
        memory: bytes that training keeps for one sample (`resdsl.sweeps.quantities.training_memory`); 0 if not
            counted.
        latency: milliseconds on this machine, if they were measured; infinite where the network cannot be run.
    """

    index: int
    name: str
    network: str
    parameters: tuple[tuple[str, Value], ...]
    costs: Costs
    memory: int = 0
    latency: float | None = None

    @property
    def texts(self) -> dict[str, str]:
        """Parameters in the syntax of the language."""
        return {name: value_text(name, value) for name, value in self.parameters}

    @property
    def plain(self) -> dict[str, Plain]:
        """Parameters for JSON and for Python."""
        return {name: plain(value) for name, value in self.parameters}

    def value(self, name: str) -> Value:
        """The value of a parameter; KeyError if the sweep does not set it."""
        return dict(self.parameters)[name]


def value_text(name: str, value: Value) -> str:
    """The value of a parameter in the syntax of the language; a network is given by its name."""
    return interpolated(value) if name == NETWORK else show(value)


def plain(value: Value) -> Plain:
    """A value of the language as a JSON value."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple) and not isinstance(value, Dims):
        return [plain(item) for item in value]
    return show(value)


def point_text(parameters: Iterable[tuple[str, Value]]) -> str:
    """A point as part of a sentence: `n = 3, shortcut = A`."""
    return ", ".join(f"{name} = {value_text(name, value)}" for name, value in parameters) or "of this sweep"


def default_name(network: str, parameters: Iterable[tuple[str, Value]]) -> str:
    """The default name of a point, which is valid as the name of a folder: `cifar-n=3-shortcut=A`."""
    parts = [network]
    for name, value in parameters:
        if name != NETWORK:
            parts.append(f"{name}={_APART.sub('-', value_text(name, value)).strip('-')}")
    return "-".join(parts)
