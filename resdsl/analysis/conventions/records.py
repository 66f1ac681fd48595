"""Conventions of counting, and their results for a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from resdsl.analysis.conventions.uses import KINDS, Kind, Use
from resdsl.diagnostics.suggest import did_you_mean
from resdsl.ops.base import Op
from resdsl.refusal import Refused

Unit = Literal["multiply-adds", "FLOPs", "mixed"]
"""The unit of a figure: multiply-adds; operations, where a multiply-add counts as two; or multiply-adds of convolutions
and linear layers mixed with single operations of other layers, under one name."""

Term = tuple[str, int]
"""What is counted for one use of an op, in words, and how many of it."""
Rule = Callable[[Use], Term | None]
"""What a counter counts for an op besides its multiply-adds; None if that was not verified for this use."""


def nothing_more(_use: Use) -> Term:
    """Multiply-adds of convolutions and linear layers alone, or nothing where the op has none."""
    return "", 0


@dataclass(frozen=True, slots=True)
class Rules:
    """What a counter takes from every op.

    Attributes:
        of_ops: as measured, op by op.
        of_kinds: of all other ops, where it follows from the kind of their work and not from how they are written.
    """

    of_ops: Mapping[str, Rule] = field(default_factory=dict)
    of_kinds: Mapping[Kind, Rule] = field(default_factory=dict)

    def term(self, use: Use) -> Term | None:
        """What is counted of one use; None where that is not verified."""
        rule = self.of_ops.get(use.op.op)
        if rule is not None and has_another_form(use.op):
            return None
        rule = rule or self.of_kinds.get(use.kind)
        return None if rule is None else rule(use)


def has_another_form(op: Op) -> bool:
    """Whether an op has settings with which it was not measured, as PyTorch has another module for it then."""
    return not op.plain().keys().isdisjoint(_NOT_MEASURED.get(op.op, ()))


_NOT_MEASURED: Mapping[str, tuple[str, ...]] = {
    "conv": ("pad_after", "pad_mode"),
    "maxpool": ("pad_after",),
    "avgpool": ("pad_after",),
    "hard_sigmoid": ("slope", "offset"),
}
"""Settings by the op, which JSON leaves out where they are not used."""


NOTHING_MORE = Rules(of_kinds=dict.fromkeys(KINDS, nothing_more))


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
        rules: what else is counted.
        folds: the ops into which following batch norms are folded before counting, as in an ONNX file.
    """

    name: str
    unit: Unit
    counts: str
    source: str
    each: Literal[1, 2] = 1
    rules: Rules = NOTHING_MORE
    folds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CountPart:
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
    parts: tuple[CountPart, ...]
    unverified: tuple[str, ...] = ()
