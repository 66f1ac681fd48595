"""Nodes of sweeps."""

from __future__ import annotations

from typing import TypeAlias

from resdsl.syntax.tree.base import Node
from resdsl.syntax.tree.expressions import Expression, Name, Number, StringLiteral, Word


class Swept(Node):
    """`network cifar`: the network that all points of a sweep are made from."""

    network: Name


class AxisValues(Node):
    """`n = [3, 5, 7]`: a parameter and its values; `network` means the network itself."""

    name: Word
    values: Expression


class Over(Node):
    """`over n = [3, 5], shortcut = [A, B]`: every value of each combined with every value of the others."""

    axes: tuple[AxisValues, ...]


class Together(Node):
    """`together k = [1, 2], classes = [10, 100]`: values in step."""

    axes: tuple[AxisValues, ...]


class DrawnAxis(Node):
    """`w = sorted 4 of 8..1025 by 8 log`: a parameter and what its value is drawn from.

    `count` is the number of items of a list; without it, one value is drawn. `is_log` draws from a range so that
    every doubling is equally likely; `by` is the step of the range.
    """

    name: Word
    values: Expression
    count: Expression | None
    is_sorted: bool
    by: Expression | None
    is_log: bool


class Draw(Node):
    """`draw d = 4 of 1..17 log, b = 4 of [1, 2, 4]`: values that are drawn at random."""

    axes: tuple[DrawnAxis, ...]


class Sampled(Node):
    """`sample 500 seed 1 within 2M`: how many points are drawn, from which seed, and in how many draws at most."""

    count: Number
    seed: Number | None
    most: Number | None


class When(Node):
    """`when n < 9 or shortcut == A`: which points there are, according to their parameters alone."""

    condition: Expression


class Keep(Node):
    """`keep params <= 2M`: which points stay, according to their costs."""

    condition: Expression


class Within(Node):
    """`within 5%`, `within 10M`: how far from the target a solution may be."""

    number: Number
    percent: bool


class Solve(Node):
    """`solve k in 1..16 for macs = 250M within 5%`; with `<=` or `>=` the target bounds the cost."""

    name: Word
    candidates: Expression
    quantity: Word
    relation: str
    target: Expression
    within: Within | None


class Named(Node):
    """`name "resnet{6*n + 2}{shortcut}"`."""

    template: StringLiteral


SweepLine: TypeAlias = Swept | Over | Together | Draw | When | Keep | Sampled | Solve | Named


class SweepLines(Node):
    """`sweep name { lines }`."""

    name: Word
    lines: tuple[SweepLine, ...]
