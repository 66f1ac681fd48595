"""What a convention of counting is, and what it yields for a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from resdsl.analysis.conventions.uses import Use
from resdsl.diagnostics.suggest import did_you_mean
from resdsl.refusal import Refused

Unit = Literal["multiply-adds", "FLOPs", "mixed"]
"""What a figure is made of: multiply-adds of one each; operations, of which a multiply-add is two; or multiply-adds
of convolutions and linear layers together with single operations of the rest, which its printer calls by one name."""

Term = tuple[str, int]
"""What is counted of one use of an op, in words, and how many."""
Rule = Callable[[Use], Term | None]
"""What a counter takes from an op beside its multiply-adds; None where that was not verified for this use."""


class UnknownConvention(Refused):
    """There is no convention of this name."""

    of_usage = True

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        hint = did_you_mean(name, known)
        super().__init__(f"there is no convention `{name}`" + (f"; {hint}" if hint else ""))


@dataclass(frozen=True, slots=True)
class Convention:
    """What one counter counts.

    Attributes:
        name: what it is called by.
        unit: what its figures are made of.
        counts: what it counts, in words.
        source: the package, its version, and where in it the rules stand; what the words are from, for our own.
        each: what a multiply-add of convolutions and linear layers counts.
        rules: what is counted beside these, by op; an op without a rule is one that nothing is known about. None
            for our own, which count nothing else of any op.
        folds: the ops that batch norms behind them are put into before it counts, as in a file of ONNX.
    """

    name: str
    unit: Unit
    counts: str
    source: str
    each: Literal[1, 2] = 1
    rules: Mapping[str, Rule] | None = None
    folds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CountPart:
    """A named part of a count; negative where a counter leaves out what ours has."""

    name: str
    amount: int


@dataclass(frozen=True, slots=True)
class Counted:
    """A network by one convention, for a batch of one.

    Attributes:
        convention: the name of the convention.
        total: what the counter prints.
        unit: what that is made of.
        parts: what adds up to it; the multiply-adds of convolutions and linear layers come first.
        unverified: ops of the network for which the counter's rule was not verified, by their names, sorted. Of
            these the total has the multiply-adds and nothing else, and may not be what the counter prints.
    """

    convention: str
    total: int
    unit: Unit
    parts: tuple[CountPart, ...]
    unverified: tuple[str, ...] = ()
