"""The points of a sweep that are linted: all of them, or a sample where there are many.

The lint compares points that differ in one axis, of which few would be left among points picked at random. A sample
therefore has some values of each axis, in all combinations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from resdsl.sweeps.costing import Costed
from resdsl.sweeps.lint.findings import LintedPoint, axis_text, figures_of
from resdsl.sweeps.plan import Axis
from resdsl.sweeps.point import Point

MOST_LINTED = 10_000
"""The maximum number of points in a sample, which together take some 20 MB."""


@dataclass(frozen=True, slots=True)
class LintGrid:
    """Some values of each axis.

    Attributes:
        lengths: how many values each axis has, the slowest first, and how many draws there may be.
        steps: for each axis, every how many values one is taken.
        is_closed: whether no further points are taken.
    """

    lengths: tuple[int, ...]
    steps: tuple[int, ...]
    is_closed: bool = False

    def holds(self, index: int) -> bool:
        """Whether the combination with this index has only such values."""
        if self.is_closed:
            return False
        for length, step in zip(reversed(self.lengths), reversed(self.steps), strict=True):
            index, place = divmod(index, length)
            if place % step:
                return False
        return True

    def thinned(self) -> LintGrid:
        """Without every other value of the axis that has the most; closed if all axes have a single one."""
        left = [-(-length // step) for length, step in zip(self.lengths, self.steps, strict=True)]
        if max(left, default=1) == 1:
            return replace(self, is_closed=True)
        steps = list(self.steps)
        steps[left.index(max(left))] *= 2
        return replace(self, steps=tuple(steps))


class LintSample:
    """A sample of the points of a sweep, which gets sparser as points come.

    Attributes:
        grid: the combinations that belong to the sample, as far as is known.
        points: the points of the sample.
        linted: the same points as the lint sees them.
        count: how many points there were in all.
    """

    def __init__(self, axes: tuple[Axis, ...], draws: int = 1) -> None:
        """An empty sample of points with these axes, the slowest first, and at most so many draws at each."""
        lengths = (*[len(axis.rows) for axis in axes], draws)
        self.grid = LintGrid(lengths, (1,) * len(lengths))
        self.points: list[Point] = []
        self.linted: list[LintedPoint] = []
        self.count = 0
        self._axes = axes

    def noting(self, found: Iterable[Costed]) -> Iterator[Point]:
        """The points among what was found, each noted on its way."""
        for costed in found:
            point = costed.point
            if point is None:
                continue
            self.count += 1
            if self.grid.holds(point.index):
                self._add(point, LintedPoint(point.name, point.texts, costed.digest, figures_of(point.costs)))
            yield point

    def _add(self, point: Point, linted: LintedPoint) -> None:
        self.points.append(point)
        self.linted.append(linted)
        while len(self.points) > MOST_LINTED:
            self.grid = self.grid.thinned()
            if self.grid.is_closed:
                del self.points[MOST_LINTED:], self.linted[MOST_LINTED:]
                return
            pairs = zip(self.points, self.linted, strict=True)
            both = [pair for pair in pairs if self.grid.holds(pair[0].index)]
            self.points, self.linted = [point for point, _ in both], [linted for _, linted in both]

    @property
    def note(self) -> str | None:
        """A sentence that says what was linted; None if all points were."""
        if len(self.points) == self.count:
            return None
        what = (*[f"value of {axis_text(axis.names)}" for axis in self._axes], "draw")
        pairs = zip(what, self.grid.steps, strict=True)
        values = [f"every {_ordinal(step)} {each}" for each, step in pairs if step > 1]
        which = " and ".join([", ".join(values[:-1]), values[-1]] if len(values) > 1 else values) or "the first ones"
        return f"{len(self.points):,} of {self.count:,} points were linted: {which}"


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
