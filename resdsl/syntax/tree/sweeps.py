"""Nodes of sweeps."""

from __future__ import annotations

from typing import TypeAlias

from resdsl.syntax.tree.base import Node, node
from resdsl.syntax.tree.expressions import Expression, Name, Number, StringLiteral, Word


@node
class Swept(Node):
    """`network cifar`: what all points of a sweep are made of."""

    network: Name


@node
class AxisValues(Node):
    """`n = [3, 5, 7]`: a parameter and its values; `network` stands for the network itself."""

    name: Word
    values: Expression


@node
class Over(Node):
    """`over n = [3, 5], shortcut = [A, B]`: every value of each with every value of the others."""

    axes: tuple[AxisValues, ...]


@node
class Together(Node):
    """`together k = [1, 2], classes = [10, 100]`: values in step."""

    axes: tuple[AxisValues, ...]


@node
class When(Node):
    """`when n < 9 or shortcut == A`: which points there are, by their parameters alone."""

    condition: Expression


@node
class Keep(Node):
    """`keep params <= 2M`: which points stay, by what they cost."""

    condition: Expression


@node
class Within(Node):
    """`within 5%`, `within 10M`: how far from the target a solution may be."""

    number: Number
    percent: bool


@node
class Solve(Node):
    """`solve k in 1..16 for macs = 250M within 5%`; with `<=` or `>=` the target bounds the cost."""

    name: Word
    candidates: Expression
    quantity: Word
    relation: str
    target: Expression
    within: Within | None


@node
class Named(Node):
    """`name "resnet{6*n + 2}{shortcut}"`."""

    template: StringLiteral


SweepLine: TypeAlias = Swept | Over | Together | When | Keep | Solve | Named


@node
class SweepLines(Node):
    """`sweep name { lines }`."""

    name: Word
    lines: tuple[SweepLine, ...]
