"""Plots the points of a sweep: one cost against another, with the Pareto front marked."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from resdsl.draw.charts.marks import Marking, marking_of
from resdsl.draw.charts.scatter import ChartPoint as Mark, Quantity, scatter_scene
from resdsl.draw.scene import Scene
from resdsl.refusal import Refused
from resdsl.sweeps.point import Point
from resdsl.sweeps.ranking import cost

_TITLES = {"macs": "multiply-adds", "params": "parameters", "memory": "bytes of memory", "latency": "milliseconds"}


class NothingToDraw(Refused):
    """A sweep without points cannot be plotted."""

    def __init__(self) -> None:
        super().__init__("there are no points left to draw")


def plot_scene(points: Sequence[Point], baseline: Point | None, x: str, y: str, title: str) -> Scene:
    """The chart.

    Args:
        points: all points.
        baseline: the point to mark as the baseline.
        x, y: the costs, names of `resdsl.sweeps.ranking.FIGURES`.
        title: the line above the chart.

    Raises:
        NothingToDraw: there are no points, or none that has both.
        resdsl.sweeps.ranking.NoSuchFigure: the name of a cost is unknown.
    """
    figures = [(point, cost(point, x), cost(point, y)) for point in points]
    drawn = [each for each in figures if isfinite(each[1]) and isfinite(each[2])]
    if not drawn:
        raise NothingToDraw
    marks = [Mark(point.name, a, b, point is baseline) for point, a, b in drawn]
    return scatter_scene(marks, _quantity(x), _quantity(y), title, _marking([point for point, *_ in drawn]))


def _marking(points: Sequence[Point]) -> Marking | None:
    """Marks by the axes that all points have."""
    names = [name for name, _ in points[0].parameters]
    texts = [point.texts for point in points]
    values = [dict(point.parameters) for point in points]
    common = [name for name in names if all(name in each for each in values)]
    return marking_of(
        {name: [each[name] for each in values] for name in common},
        {name: [each[name] for each in texts] for name in common},
    )


def _quantity(name: str) -> Quantity:
    return Quantity(_TITLES.get(name, name))
