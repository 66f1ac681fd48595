"""The points of a sweep as a chart: one cost against another, the front marked."""

from __future__ import annotations

from collections.abc import Sequence

from resdsl.draw.charts.scatter import ChartPoint as Mark, Quantity, scatter_scene
from resdsl.draw.scene import Scene
from resdsl.refusal import Refused
from resdsl.sweeps.point import Point
from resdsl.sweeps.ranking import cost

_TITLES = {"macs": "multiply-adds", "params": "parameters", "memory": "bytes of memory"}


class NothingToDraw(Refused):
    """A sweep of which no point is left has no figure."""

    def __init__(self) -> None:
        super().__init__("no point is left, so that there is nothing to draw")


def plot_scene(points: Sequence[Point], baseline: Point | None, x: str, y: str, title: str) -> Scene:
    """The chart.

    Args:
        points: all points.
        baseline: the one that is drawn as such.
        x, y: the costs, names of `resdsl.sweeps.ranking.FIGURES`.
        title: the line above.

    Raises:
        NothingToDraw: there are no points.
        resdsl.sweeps.ranking.NoSuchFigure: points have no such cost.
    """
    if not points:
        raise NothingToDraw
    marks = [Mark(point.name, cost(point, x), cost(point, y), point is baseline) for point in points]
    return scatter_scene(marks, _quantity(x), _quantity(y), title)


def _quantity(name: str) -> Quantity:
    return Quantity(_TITLES.get(name, name))
