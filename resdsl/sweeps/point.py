"""Points of a sweep: what they are called, what they are made of, what they cost."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from resdsl.analysis.costs import Costs
from resdsl.elaborate.sweeps import NETWORK
from resdsl.elaborate.values import Dims, Value, interpolated, show

Plain = int | float | bool | str | list["Plain"] | None
"""A value as JSON and Python have it: what they have no word for stands as the language writes it."""

_APART = re.compile(r"[^A-Za-z0-9._]+")


@dataclass(frozen=True, slots=True)
class Point:
    """One network of a sweep.

    Attributes:
        index: its place in the product of all axes, from 0; what is filtered leaves gaps.
        name: what it is called, different from all others.
        network: the name of the definition that it is made of.
        parameters: values of the axes in the order of the text, then what was solved for.
        costs: all counts, for one sample.
        memory: bytes that training keeps for one sample (`resdsl.sweeps.quantities.training_memory`); 0 where they
            are not counted.
    """

    index: int
    name: str
    network: str
    parameters: tuple[tuple[str, Value], ...]
    costs: Costs
    memory: int = 0

    @property
    def texts(self) -> dict[str, str]:
        """Parameters as the language writes them."""
        return {name: value_text(name, value) for name, value in self.parameters}

    @property
    def plain(self) -> dict[str, Plain]:
        """Parameters for JSON and for Python."""
        return {name: plain(value) for name, value in self.parameters}

    def value(self, name: str) -> Value:
        """The value of the parameter of that name; KeyError if the sweep gives it none."""
        return dict(self.parameters)[name]


def value_text(name: str, value: Value) -> str:
    """A parameter's value as the language writes it; networks go by their names."""
    return interpolated(value) if name == NETWORK else show(value)


def plain(value: Value) -> Plain:
    """A value of the language as JSON has it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple) and not isinstance(value, Dims):
        return [plain(item) for item in value]
    return show(value)


def point_text(parameters: Iterable[tuple[str, Value]]) -> str:
    """A point in a sentence: `n = 3, shortcut = A`."""
    return ", ".join(f"{name} = {value_text(name, value)}" for name, value in parameters) or "of this sweep"


def default_name(network: str, parameters: Iterable[tuple[str, Value]]) -> str:
    """The name of a point of a sweep that gives none: `cifar-n=3-shortcut=A`, fit to be that of a folder."""
    parts = [network]
    for name, value in parameters:
        if name != NETWORK:
            parts.append(f"{name}={_APART.sub('-', value_text(name, value)).strip('-')}")
    return "-".join(parts)
