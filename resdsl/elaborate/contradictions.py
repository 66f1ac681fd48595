"""Conditions of a sweep that no point can fulfil, whatever it is, so that nothing is built or drawn for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from resdsl.diagnostics.problem import Problem
from resdsl.elaborate import errors
from resdsl.elaborate.sweep_names import SWEEP_QUANTITIES
from resdsl.syntax import tree

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}
"""What each comparison is with its sides exchanged."""


class _Bound(NamedTuple):
    """What a comparison with a number says of a name.

    Attributes:
        name: the name.
        operator: `<`, `<=`, `>`, `>=` or `==`.
        value: the number.
        node: the comparison.
    """

    name: str
    operator: str
    value: int | float
    node: tree.Binary

    @property
    def is_lower(self) -> bool:
        """Whether the name is at least that."""
        return self.operator in (">", ">=", "==")

    @property
    def is_upper(self) -> bool:
        """Whether the name is at most that."""
        return self.operator in ("<", "<=", "==")

    @property
    def is_open(self) -> bool:
        """Whether the number itself is excluded."""
        return self.operator in ("<", ">")

    def excludes(self, other: _Bound) -> bool:
        """Whether no number is within both."""
        return self._leaves_nothing_below(other) or other._leaves_nothing_below(self)

    def _leaves_nothing_below(self, upper: _Bound) -> bool:
        if not (self.is_lower and upper.is_upper):
            return False
        return self.value > upper.value or (self.value == upper.value and (self.is_open or upper.is_open))


def contradictions(conditions: Iterable[tree.Expression]) -> Iterator[Problem]:
    """The first two comparisons with numbers that cannot both hold, if all conditions have to.

    What is joined by `or`, or computed, is not looked at.
    """
    before: list[_Bound] = []
    for bound in _bounds(conditions):
        span = bound.node.span
        if bound.name in SWEEP_QUANTITIES and bound.is_upper and (bound.value, not bound.is_open) < (0, True):
            yield errors.sweeps.NeverHolds(span=span, condition=span.text, name=bound.name)
            return
        other = next((each for each in before if each.name == bound.name and each.excludes(bound)), None)
        if other is not None:
            yield errors.sweeps.NeverHolds(span=span, condition=span.text, name=bound.name, first=other.node.span)
            return
        before.append(bound)


def _bounds(conditions: Iterable[tree.Expression]) -> Iterator[_Bound]:
    for node in conditions:
        match node:
            case tree.Logic(operator="and"):
                yield from _bounds((node.left, node.right))
            case tree.Binary(operator=operator, left=tree.Name(parts=(name,))) if operator in _MIRRORED:
                value = _number(node.right)
                if value is not None:
                    yield _Bound(name, operator, value, node)
            case tree.Binary(operator=operator, right=tree.Name(parts=(name,))) if operator in _MIRRORED:
                value = _number(node.left)
                if value is not None:
                    yield _Bound(name, _MIRRORED[operator], value, node)


def _number(node: tree.Expression) -> int | float | None:
    match node:
        case tree.Number():
            return node.value
        case tree.Negative(operand=tree.Number() as operand):
            return -operand.value
    return None
