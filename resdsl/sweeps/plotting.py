"""Plots the points of a sweep: one cost against another, with the Pareto front marked."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

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
    marks = [Mark(point.name, a, b, point is baseline) for point, a, b in figures if isfinite(a) and isfinite(b)]
    if not marks:
        raise NothingToDraw
    return scatter_scene(marks, _quantity(x), _quantity(y), title)


def _quantity(name: str) -> Quantity:
    return Quantity(_TITLES.get(name, name))
