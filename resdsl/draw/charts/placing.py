"""Names beside points so that no two meet: each takes the best place that is still free.

Names are placed one by one, the urgent ones first, of these the ones with the fewest free places. A place
is better the nearer it is to the point; further out a thin line leads from the name to it. A name covers
no point, no other name and no such line, and lies within the frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot

from resdsl.draw.scene import Point

_DISTANCES = (2.0, 9.0, 18.0, 30.0, 45.0, 64.0, 90.0)

# Sixteenths of a turn with their cosines, the best direction first: right, left, below, above, between.
_FAR, _NEAR, _HALF = 0.9238795, 0.3826834, 0.7071068
_DIRECTIONS = (
    *((1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)),
    *((_HALF, _HALF), (_HALF, -_HALF), (-_HALF, _HALF), (-_HALF, -_HALF)),
    *((_FAR, _NEAR), (_FAR, -_NEAR), (_NEAR, _FAR), (_NEAR, -_FAR)),
    *((-_NEAR, _FAR), (-_NEAR, -_FAR), (-_FAR, _NEAR), (-_FAR, -_NEAR)),
)
_CELL = 12.0


@dataclass(frozen=True, slots=True)
class Rect:
    """An upright rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Rect) -> bool:
        """Whether the two have some area in common."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def within(self, other: Rect) -> bool:
        """Whether it lies in the other."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.top >= other.top
            and self.bottom <= other.bottom
        )

    def crossed(self, start: Point, end: Point) -> bool:
        """Whether a straight line runs through it."""
        enters, leaves = 0.0, 1.0
        for low, high, at, to in ((self.left, self.right, start[0], end[0]), (self.top, self.bottom, start[1], end[1])):
            step = to - at
            if abs(step) < 1e-9:
                if not low < at < high:
                    return False
                continue
            first, second = sorted(((low - at) / step, (high - at) / step))
            enters, leaves = max(enters, first), min(leaves, second)
        return enters < leaves


@dataclass(frozen=True, slots=True)
class Wanted:
    """A name that wants a place: the middle of its point, how large it is, and whether it comes before others."""

    point: Point
    width: float
    height: float
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class LabelPlace:
    """Where a name stands, and the line that leads from there to its point, if it stands away from it."""

    frame: Rect
    leader: tuple[Point, Point] | None


def positioned(
    wanted: Sequence[Wanted], points: Iterable[Point], radius: float, frame: Rect, lines: Sequence[Point] = ()
) -> list[LabelPlace | None]:
    """A place for each name, or None for those that find none.

    Args:
        wanted: the names, the more important first.
        points: middles of everything that must stay visible.
        radius: how far it reaches around its middle.
        frame: within which names stand.
        lines: a line through points, which names avoid while they can.
    """
    return _Placing(points, radius, frame, lines).all(wanted)


class _Placing:
    """Names placed so far, and what they must not cover."""

    def __init__(self, points: Iterable[Point], radius: float, frame: Rect, lines: Sequence[Point]) -> None:
        self._radius = radius
        self._frame = frame
        self._lines = list(pairwise(lines))
        self._names: list[Rect] = []
        self._leaders: list[tuple[Point, Point]] = []
        self._cells: dict[tuple[int, int], list[Point]] = {}
        for x, y in dict.fromkeys(points):
            self._cells.setdefault((int(x // _CELL), int(y // _CELL)), []).append((x, y))

    def all(self, wanted: Sequence[Wanted]) -> list[LabelPlace | None]:
        found: list[LabelPlace | None] = [None] * len(wanted)
        possible = [[place for place in self._places(each) if self._covers_nothing(place)] for each in wanted]
        waiting = sorted(range(len(wanted)), key=lambda at: (not wanted[at].urgent, len(possible[at]), at))
        for index in waiting:
            free = [place for place in possible[index] if self._is_free(place)]
            if not free:
                continue
            best = min(range(len(free)), key=lambda at: (self._crossings(free[at]), at))
            place = found[index] = free[best]
            self._names.append(place.frame)
            if place.leader:
                self._leaders.append(place.leader)
        return found

    def _places(self, each: Wanted) -> Iterator[LabelPlace]:
        """All places of a name, the best first."""
        x, y = each.point
        for distance in _DISTANCES:
            reach = self._radius + distance
            for across, down in _DIRECTIONS:
                at_x, at_y = x + across * reach, y + down * reach
                left = at_x - each.width * (1 - across) / 2
                top = at_y - each.height * (1 - down) / 2
                frame = Rect(left, top, left + each.width, top + each.height)
                if frame.within(self._frame):
                    yield LabelPlace(frame, self._leader(each.point, frame) if distance > _DISTANCES[0] else None)

    def _leader(self, point: Point, frame: Rect) -> tuple[Point, Point]:
        end = (min(max(point[0], frame.left), frame.right), min(max(point[1], frame.top), frame.bottom))
        far = hypot(end[0] - point[0], end[1] - point[1]) or 1.0
        share = self._radius / far
        return (point[0] + (end[0] - point[0]) * share, point[1] + (end[1] - point[1]) * share), end

    def _covers_nothing(self, place: LabelPlace) -> bool:
        """Whether no point lies under the name or on its line."""
        for x, y in self._points_near(place):
            around = Rect(x - self._radius, y - self._radius, x + self._radius, y + self._radius)
            if place.frame.meets(around):
                return False
            if place.leader and around.crossed(*place.leader) and not _touches(place.leader[0], around):
                return False
        return True

    def _points_near(self, place: LabelPlace) -> Iterator[Point]:
        frame, more = place.frame, (place.leader[0] if place.leader else (place.frame.left, place.frame.top))
        left, right = min(frame.left, more[0]) - self._radius, max(frame.right, more[0]) + self._radius
        top, bottom = min(frame.top, more[1]) - self._radius, max(frame.bottom, more[1]) + self._radius
        for column in range(int(left // _CELL), int(right // _CELL) + 1):
            for row in range(int(top // _CELL), int(bottom // _CELL) + 1):
                yield from self._cells.get((column, row), ())

    def _is_free(self, place: LabelPlace) -> bool:
        """Whether the name meets no name or line that is there, and its line none of them."""
        if any(place.frame.meets(other) for other in self._names):
            return False
        if any(place.frame.crossed(*leader) for leader in self._leaders):
            return False
        if place.leader is None:
            return True
        start, end = place.leader
        return not any(other.crossed(start, end) for other in self._names) and not any(
            _cross(start, end, *leader) for leader in self._leaders
        )

    def _crossings(self, place: LabelPlace) -> int:
        return sum(place.frame.crossed(*line) for line in self._lines)


def _touches(point: Point, frame: Rect) -> bool:
    """Whether a point lies in a frame or on its edge."""
    slack = 0.01
    return (
        frame.left - slack <= point[0] <= frame.right + slack and frame.top - slack <= point[1] <= frame.bottom + slack
    )


def _cross(start: Point, end: Point, other_start: Point, other_end: Point) -> bool:
    """Whether two straight lines cross."""

    def side(a: Point, b: Point, c: Point) -> float:
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    apart = side(start, end, other_start) * side(start, end, other_end) < 0
    return apart and side(other_start, other_end, start) * side(other_start, other_end, end) < 0
