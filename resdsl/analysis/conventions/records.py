"""Conventions of counting, and their results for a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from resdsl.analysis.conventions.uses import Use
from resdsl.diagnostics.suggest import did_you_mean
from resdsl.refusal import Refused

Unit = Literal["multiply-adds", "FLOPs", "mixed"]
"""The unit of a figure: multiply-adds; operations, where a multiply-add counts as two; or multiply-adds of convolutions
and linear layers mixed with single operations of other layers, under one name."""

Term = tuple[str, int]
"""What is counted for one use of an op, in words, and how many of it."""
Rule = Callable[[Use], Term | None]
"""What a counter counts for an op besides its multiply-adds; None if that was not verified for this use."""


class UnknownConvention(Refused):
    """The name of the convention is unknown."""

    of_usage = True

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        hint = did_you_mean(name, known)
        super().__init__(f"unknown convention `{name}`" + (f"; {hint}" if hint else ""))


@dataclass(frozen=True, slots=True)
class Convention:
    """What one counter counts.

    Attributes:
        name: its name.
        unit: the unit of its figures.
        counts: what it counts, in words.
        source: the package, its version, and where it has the rules; for our own, the source of the description.
        each: how much a multiply-add of convolutions and linear layers counts.
        rules: what else is counted, by op; nothing is known about an op without a rule. None for our own conventions,
            which count nothing else.
        folds: the ops into which following batch norms are folded before counting, as in an ONNX file.
    """

    name: str
    unit: Unit
    counts: str
    source: str
    each: Literal[1, 2] = 1
    rules: Mapping[str, Rule] | None = None
    folds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A named part of a count; negative if a counter leaves out something that ours includes."""

    name: str
    amount: int


@dataclass(frozen=True, slots=True)
class Counted:
    """A network counted by one convention, for a batch of one.

    Attributes:
        convention: the name of the convention.
        total: what the counter prints.
        unit: the unit of the total.
        parts: the parts that add up to it; the multiply-adds of convolutions and linear layers come first.
        unverified: the names of ops for which the counter's rule was not verified, sorted. Only their multiply-adds
            are in the total, so it may differ from what the counter prints.
    """

    convention: str
    total: int
    unit: Unit
    parts: tuple[Part, ...]
    unverified: tuple[str, ...] = ()
