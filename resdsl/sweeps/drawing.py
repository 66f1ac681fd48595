"""Evaluates the `draw` and `sample` lines of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from resdsl.diagnostics.problem import ProblemFound
from resdsl.elaborate import errors
from resdsl.elaborate.dispatch import evaluate
from resdsl.elaborate.expressions import whole
from resdsl.elaborate.scope import Scope
from resdsl.elaborate.values import Dims, Value, describe, show
from resdsl.source import Span
from resdsl.sweeps.chances import AxisDraws, Chances, SortedLists, log_bounds
from resdsl.syntax import tree

MOST_DRAWS = 1_000_000
"""The most draws of a sample that says no number of its own."""
_MOST_VALUES = 1_000_000
"""The most values with a fraction that an axis is drawn from, and the most items that a sorted axis has in all."""
_MOST_ITEMS = 1000
"""The longest list that is drawn."""


@dataclass(frozen=True)
class Sampling:
    """What is drawn, how often, and from which seed.

    Attributes:
        axes: what each axis draws, in the order of the text.
        spans: where the axes stand.
        count: how many points are wanted.
        seed: what all draws depend on.
        most: the most draws.
        span: where the `sample` line stands.
    """

    axes: tuple[AxisDraws, ...]
    spans: tuple[Span, ...]
    count: int
    seed: int
    most: int
    span: Span

    def values(self, draw: int) -> dict[str, Value]:
        """The values of all axes at a draw."""
        return {axis.name: axis.value(self.seed, draw) for axis in self.axes}

    def outcome(self, draw: int) -> tuple[object, ...]:
        """The same for all draws with equal values of all axes, and for no others."""
        return tuple([axis.outcome(self.seed, draw) for axis in self.axes])


def read_sampling(lines: Sequence[tree.SweepLine], scope: Scope, most_points: int) -> Sampling | None:
    """What the `draw` and `sample` lines ask for; None if there are none.

    Raises:
        ProblemFound: nothing can be drawn from an axis, or more is wanted than can be.
    """
    axes = [axis for line in lines if isinstance(line, tree.Draw) for axis in line.axes]
    sample = next((line for line in lines if isinstance(line, tree.Sampled)), None)
    if sample is None:
        return None
    count = _count(sample.count, scope, "a number of points, at least 1")
    if count > most_points:
        raise scope.refuse(errors.files.LimitReached(what="points", limit=most_points), sample.count.span)
    return Sampling(
        tuple([_drawing(axis, scope) for axis in axes]),
        tuple([axis.span for axis in axes]),
        count,
        whole(sample.seed, scope) if sample.seed else 0,
        _count(sample.most, scope, f"a number of draws, at least {count:,}", count)
        if sample.most
        else max(MOST_DRAWS, count),
        sample.span,
    )


def _count(node: tree.Expression, scope: Scope, wanted: str, least: int = 1) -> int:
    value = evaluate(node, scope)
    if type(value) is int and value >= least:
        return value
    problem = errors.values.WrongType(found_value=describe(value), wanted=wanted)
    raise scope.refuse(problem, node.span)


def _drawing(axis: tree.DrawnAxis, scope: Scope) -> AxisDraws:
    chances = _chances(axis, scope)
    if axis.count is None:
        return AxisDraws(axis.name.text, chances, None)
    count = _count(axis.count, scope, "a length of at least 1")
    limit = _MOST_VALUES if axis.is_sorted else _MOST_ITEMS
    if count * (len(chances.values) if axis.is_sorted else 1) > limit:
        what = "values of a sorted list, times its length" if axis.is_sorted else "items of a list that is drawn"
        raise scope.refuse(errors.files.LimitReached(what=what, limit=limit), axis.span)
    if axis.is_sorted:
        return AxisDraws(axis.name.text, SortedLists(_ascending(chances, axis, scope), count), None)
    return AxisDraws(axis.name.text, chances, count)


def _chances(axis: tree.DrawnAxis, scope: Scope) -> Chances:
    if isinstance(axis.values, tree.Range):
        return _of_range(axis, axis.values, scope)
    if axis.by is not None or axis.is_log:
        word = "by" if axis.by is not None else "log"
        raise scope.refuse(errors.drawing.RangeNeeded(word=word, listed=axis.values.span.text), axis.values.span)
    values = evaluate(axis.values, scope)
    if not isinstance(values, tuple) or isinstance(values, Dims):
        problem = errors.values.WrongType(found_value=describe(values), wanted="a range or a list of values")
        raise scope.refuse(problem, axis.values.span)
    if not values:
        raise ProblemFound(errors.sweeps.NoValues(span=axis.span, name=axis.name.text))
    return Chances(values, range(len(values) + 1))


def _of_range(axis: tree.DrawnAxis, node: tree.Range, scope: Scope) -> Chances:
    first, stop = _exact(node.start, scope), _exact(node.stop, scope)
    step = _exact(axis.by, scope) if axis.by is not None else Fraction(1)
    if step <= 0 and axis.by is not None:
        raise scope.refuse(errors.drawing.NotAboveZero(value=axis.by.span.text, is_step=True), axis.by.span)
    count = ceil((stop - first) / step)
    if count <= 0:
        raise ProblemFound(errors.sweeps.NoValues(span=axis.span, name=axis.name.text))
    if axis.is_log and first <= 0:
        raise scope.refuse(errors.drawing.NotAboveZero(value=node.start.span.text), node.start.span)
    if axis.by is not None and count == 1:
        only = show(int(first) if first.denominator == 1 else float(first))
        problem = errors.drawing.StepTooLarge(step=axis.by.span.text, range=node.span.text, first=only)
        raise scope.refuse(problem, axis.by.span)
    values: Sequence[Value]
    if first.denominator == step.denominator == 1:
        values = range(int(first), int(first + count * step), int(step))
    elif count > _MOST_VALUES:
        raise scope.refuse(errors.files.LimitReached(what="values to draw from", limit=_MOST_VALUES), axis.span)
    else:
        values = tuple([float(first + index * step) for index in range(count)])
    return Chances(values, log_bounds(first, step, count) if axis.is_log else range(count + 1))


def _exact(node: tree.Expression, scope: Scope) -> Fraction:
    """The number as it is written: 0.1 is a tenth."""
    value = evaluate(node, scope)
    if type(value) is int or type(value) is float:
        return Fraction(repr(value))
    raise scope.refuse(errors.values.WrongType(found_value=describe(value), wanted="a number"), node.span)


def _ascending(chances: Chances, axis: tree.DrawnAxis, scope: Scope) -> Chances:
    """The same values, which can be sorted, in ascending order."""
    for value in chances.values:
        if type(value) is not int and type(value) is not float:
            raise scope.refuse(errors.drawing.NoOrder(value=describe(value)), axis.values.span)
    if isinstance(axis.values, tree.Range):
        return chances
    return Chances(tuple(sorted(chances.values)), chances.bounds)  # type: ignore[type-var]  # all are numbers
