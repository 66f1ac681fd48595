"""Cuts a lattice into pieces, one below the other: each has the lanes that it needs, and lines go on in the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf

from resdsl.draw.errors import NotDrawn
from resdsl.draw.lattice.wires import BETWEEN_LANES, BETWEEN_ROWS, Layout, ValueLine
from resdsl.draw.scene import Point

_LEAD = 9.0
_CROSSING = 12.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A line, or what a piece has of it.

    Attributes:
        source: the index of the part where it starts; None if it comes from the piece before.
        target: the index of the part where it ends; None if it goes on in the next piece.
        ends: the parts at the ends of the whole line.
    """

    points: tuple[Point, ...]
    source: int | None
    target: int | None
    ends: tuple[int, int]
    arrow: bool


@dataclass(frozen=True, slots=True)
class LatticePiece:
    """A part of a lattice from one column to another, with its upper left corner at the origin.

    Attributes:
        middles: the middle of each part in it.
        rows: the index of each row that it has, with its upper and its lower edge.
    """

    middles: Mapping[int, Point]
    lines: tuple[Stretch, ...]
    forks: tuple[Point, ...]
    rows: tuple[tuple[int, float, float], ...]
    width: float
    height: float


def pieces_of(layout: Layout, count: int) -> list[LatticePiece]:
    """A lattice in so many pieces of about the same width.

    Raises:
        NotDrawn: it has fewer columns.
    """
    edges = [-inf, *_cuts(layout, count), inf]
    return [_Cutting(layout, left, right).piece() for left, right in pairwise(edges)]


def _cuts(layout: Layout, count: int) -> list[float]:
    """Where to cut: close to even pieces, and where few lines pass."""
    free = list(layout.cuts)
    if len(free) < count - 1:
        raise NotDrawn(f"this lattice can be wrapped into {len(free) + 1} pieces at most: it has no more columns")
    cuts: list[float] = []
    for number in range(1, count):
        first = free.index(cuts[-1]) + 1 if cuts else 0
        left = free[first : len(free) - (count - 1 - number)]
        even = layout.width * number / count
        cuts.append(min(left, key=lambda x: abs(x - even) + _CROSSING * _passing(layout, x)))
    return cuts


def _passing(layout: Layout, x: float) -> int:
    """How many lines pass an x."""
    level = [(start, end) for wire in layout.wires for start, end in pairwise(wire.points)]
    return sum(min(start[0], end[0]) < x < max(start[0], end[0]) for start, end in level)


class _Cutting:
    """Takes what a lattice has between two places."""

    def __init__(self, layout: Layout, left: float, right: float) -> None:
        self._layout = layout
        self._left = left
        self._right = right
        self._start = max(0.0, left - _LEAD)
        self._lines = [line for line in map(self._stretch, layout.wires) if line]
        self._middles = {part: middle for part, middle in layout.middles.items() if left < middle[0] < right}
        heights = [y for line in self._lines for _, y in line.points] + [y for _, y in self._middles.values()]
        self._lanes = sorted(set(map(self._lane, heights)))
        self._tops: dict[int, float] = {}

    def piece(self) -> LatticePiece:
        """The piece, moved to the origin."""
        rows: dict[int, tuple[float, float]] = {}
        y = 0.0
        for index in self._lanes:
            row, top, bottom = self._layout.lanes[index]
            if rows:
                y += BETWEEN_LANES if row in rows else BETWEEN_ROWS
            self._tops[index] = y
            rows[row] = (rows.get(row, (y, y))[0], y + bottom - top)
            y += bottom - top
        middles = {part: self._at(middle) for part, middle in self._middles.items()}
        lines = tuple([replace(line, points=tuple(map(self._at, line.points))) for line in self._lines])
        forks = tuple([self._at(fork) for fork in self._layout.forks if self._left < fork[0] < self._right])
        width = min(self._layout.width, self._right + _LEAD) - self._start
        return LatticePiece(middles, lines, forks, tuple([(row, *edges) for row, edges in rows.items()]), width, y)

    def _at(self, point: Point) -> Point:
        x, y = point
        lane = self._lane(y)
        return x - self._start, y - self._layout.lanes[lane][1] + self._tops[lane]

    def _lane(self, y: float) -> int:
        """The index of the lane of a height, or of the closest one."""
        lanes = enumerate(self._layout.lanes)
        return min(lanes, key=lambda lane: max(lane[1][1] - y, y - lane[1][2], 0.0))[0]

    def _stretch(self, wire: ValueLine) -> Stretch | None:
        """What there is of a line between both places; lines lead up, down and to the right."""
        points = wire.points
        comes, goes = points[0][0] < self._left, points[-1][0] > self._right
        if points[-1][0] < self._left or points[0][0] > self._right:
            return None
        inside = [point for point in points if self._left < point[0] < self._right]
        first = next(y for x, y in points if x > self._left)
        last = inside[-1][1] if inside else first
        before = [(self._left - _LEAD, first)] if comes else []
        after = [(self._right + _LEAD, last)] if goes else []
        source, target = None if comes else wire.source, None if goes else wire.target
        ends = (wire.source, wire.target)
        return Stretch((*before, *inside, *after), source, target, ends, goes or wire.arrow)
