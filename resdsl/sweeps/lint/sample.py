"""The points of a sweep that are linted: all of them, or a sample where there are many.

The lint compares points that differ in one axis, of which few would be left among points picked at random. A sample
therefore has some values of each axis, in all combinations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from resdsl.ir.network import Network
from resdsl.sweeps.lint.findings import LintedPoint, axis_text, look_of
from resdsl.sweeps.plan import Axis
from resdsl.sweeps.point import Point

MOST_LINTED = 10_000
"""The maximum number of points in a sample, which together take some 20 MB."""


class LintSample:
    """A sample of the points of a sweep, which gets sparser as points come.

    Attributes:
        points: the points of the sample.
        linted: the same points as the lint sees them.
        count: how many points there were in all.
    """

    def __init__(self, axes: tuple[Axis, ...]) -> None:
        """An empty sample of points with these axes, the slowest first."""
        self.points: list[Point] = []
        self.linted: list[LintedPoint] = []
        self.count = 0
        self._axes = axes
        self._steps = [1] * len(axes)
        self._full = False

    def noting(self, built: Iterable[tuple[Point, Network]]) -> Iterator[Point]:
        """The same points, each noted on its way."""
        for point, network in built:
            self.count += 1
            if self.wants(point.index):
                self.add(point, look_of(point.name, point.texts, network, point.costs))
            yield point

    def wants(self, index: int) -> bool:
        """Whether the point with this index belongs to the sample, as far as is known."""
        if self._full:
            return False
        for axis, step in zip(reversed(self._axes), reversed(self._steps), strict=True):
            index, place = divmod(index, len(axis.rows))
            if place % step:
                return False
        return True

    def add(self, point: Point, linted: LintedPoint) -> None:
        """Add a point that belongs to the sample."""
        self.points.append(point)
        self.linted.append(linted)
        while len(self.points) > MOST_LINTED and not self._full:
            self._thin()

    def _thin(self) -> None:
        """Leave out every other value of the axis that has the most; without such an axis, take no more points."""
        left = [-(-len(axis.rows) // step) for axis, step in zip(self._axes, self._steps, strict=True)]
        if max(left, default=1) == 1:
            self._full = True
            del self.points[MOST_LINTED:], self.linted[MOST_LINTED:]
            return
        self._steps[left.index(max(left))] *= 2
        both = [pair for pair in zip(self.points, self.linted, strict=True) if self.wants(pair[0].index)]
        self.points, self.linted = [point for point, _ in both], [linted for _, linted in both]

    @property
    def note(self) -> str | None:
        """A sentence that says what was linted; None if all points were."""
        if len(self.points) == self.count:
            return None
        values = [
            f"every {_ordinal(step)} value of {axis_text(axis.names)}"
            for axis, step in zip(self._axes, self._steps, strict=True)
            if step > 1
        ]
        which = " and ".join([", ".join(values[:-1]), values[-1]] if len(values) > 1 else values) or "the first ones"
        return f"{len(self.points):,} of {self.count:,} points were linted: {which}"


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
