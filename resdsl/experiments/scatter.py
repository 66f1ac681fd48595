"""A measure against a cost or a parameter of the points, with error bars and the Pareto front."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resdsl.draw.charts.marks import marking_of
from resdsl.draw.charts.scatter import ChartPoint, Quantity, scatter_scene
from resdsl.draw.scene import Scene
from resdsl.experiments.measures import Measured, reported
from resdsl.experiments.points import MeasuredPoint
from resdsl.experiments.rows import COSTS, value_text
from resdsl.experiments.views import UnsuitedView

if TYPE_CHECKING:
    from resdsl.experiments.results import Results

_COSTS = COSTS[1:]
_TITLES = {"params": "parameters", "macs": "multiply-adds", "depth": "layers"}


def scatter(results: Results, *, measure: str | None = None, by: str | None = None) -> Scene:
    """The mean of a measure against a cost, with error bars of one standard deviation.

    Args:
        results: those to show.
        measure: by default the error on the test split.
        by: a cost, by default `params`, or a parameter whose values are numbers.

    Raises:
        UnsuitedView: the parameter has values that are no numbers.
        resdsl.experiments.measures.UnknownMeasure: no run has the measure.
        resdsl.experiments.points.UnknownPoint: there is no such cost or parameter.
    """
    points = results.points
    across = by or "params"
    points.refuse_unknown(across, _COSTS)
    measured = reported(measure, points.measures)
    marked = [(point, mark) for point in points.points if (mark := _mark(point, across, measured)) is not None]
    marks = [mark for _, mark in marked]
    up = Quantity(measured.heading, "higher" if measured.more_is_better else "lower")
    title = f"{results.held.name}: {measured.title} against {_TITLES.get(across, across)}"
    marking = marking_of(
        {name: [point.value(name) for point, _ in marked] for name in points.parameters},
        {name: [value_text(point.value(name)) for point, _ in marked] for name in points.parameters},
    )
    return scatter_scene(marks, Quantity(_TITLES.get(across, across)), up, title, marking)


def _mark(point: MeasuredPoint, across: str, measured: Measured) -> ChartPoint | None:
    """The point in the chart; None if no run of it has the measure."""
    found = point.summary(measured.name)
    x = point.number(across)
    if x is None:
        raise UnsuitedView(f"scatter needs numbers, but `{across}` of {point.name} is `{point.value(across)}`")
    if found is None:
        return None
    bar = None
    if found.deviation:
        # Errors are never negative, however much they vary.
        low = max(found.mean - found.deviation, 0.0) if found.mean >= 0 else found.mean - found.deviation
        bar = (low * measured.factor, (found.mean + found.deviation) * measured.factor)
    return ChartPoint(point.name, x, found.mean * measured.factor, bar=bar)
