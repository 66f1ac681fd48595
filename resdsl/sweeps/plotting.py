"""Plots the points of a sweep: one cost against another, with the Pareto front marked, or the distribution of one."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from math import isfinite

from resdsl.draw.charts.marks import Marking, marking_of
from resdsl.draw.charts.scatter import ChartPoint as Mark, Quantity, scatter_scene
from resdsl.draw.scene import Scene
from resdsl.draw.texts import figure_text
from resdsl.refusal import Refused
from resdsl.sweeps.distribution import Distribution
from resdsl.sweeps.distribution_chart import Charted, distributions_scene
from resdsl.sweeps.point import Point
from resdsl.sweeps.ranking import cost, refuse_unknown

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


class CostsByNetwork:
    """A cost of the points of a sweep, by the network definitions that they are of; the points are not kept.

    Attributes:
        figure: the name of the cost.
    """

    def __init__(self, figure: str) -> None:
        self.figure = figure
        self._costs: dict[str, array[float]] = {}

    def noting(self, points: Iterable[Point]) -> Iterator[Point]:
        """The points as they come, each with its cost noted.

        Raises:
            resdsl.sweeps.ranking.NoSuchFigure: the name of the cost is unknown.
        """
        for point in points:
            self._costs.setdefault(point.network, array("d")).append(cost(point, self.figure))
            yield point

    def distributions(self) -> dict[str, Distribution]:
        """The distribution of the cost for each definition.

        Raises:
            NothingToDraw: there are no points, or a definition has none with the cost.
        """
        found = {name: _distribution(each) for name, each in self._costs.items()}
        if not found or not all(each.values for each in found.values()):
            raise NothingToDraw
        return found


def edf_scene(costs: CostsByNetwork, title: str, bound: float | None = None) -> Scene:
    """The empirical distribution of a cost, with a curve for each network definition.

    Args:
        costs: those of all points.
        title: the line above the chart.
        bound: the cost below which the table has the share of points.

    Raises:
        NothingToDraw: there are no points, or a curve would have none with the cost.
        resdsl.sweeps.distribution_chart.TooManyCurves: there are more definitions than can be told apart.
    """
    heading = _TITLES.get(costs.figure, costs.figure)
    charted = Charted(f"{title}: {heading}", heading, figure_text, bound=bound, unvalued="cannot be run")
    return distributions_scene(costs.distributions(), charted)


def edf_of_points(points: Iterable[Point], figure: str, title: str, bound: float | None = None) -> Scene:
    """The same of points as they come, none of which is kept.

    Raises:
        NothingToDraw: there are no points.
        resdsl.sweeps.ranking.NoSuchFigure: the name of the cost is unknown.
    """
    refuse_unknown((figure,))
    costs = CostsByNetwork(figure)
    deque(costs.noting(points), maxlen=0)
    return edf_scene(costs, title, bound)


def _distribution(costs: Iterable[float]) -> Distribution:
    """The distribution of costs; an infinite one, of a network that cannot be run, is above all others."""
    every = sorted(costs)
    finite = tuple(each for each in every if isfinite(each))
    return Distribution(finite, above=len(every) - len(finite))


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
