"""Builds lines from strokes: straight down, to a side, around a corner, to another lane."""

from __future__ import annotations

from resdsl.draw.scene import Point


class Stroke:
    """A line under construction, which becomes a chain of cubic curves unless it is straight."""

    def __init__(self, start: Point) -> None:
        self.points: list[Point] = [start]
        self.curved = False

    def down(self, y: float) -> None:
        """Straight down to a height."""
        if abs(y - self.points[-1][1]) > 0.01:
            self._straight((self.points[-1][0], y))

    def across(self, x: float) -> None:
        """Straight to a side."""
        if abs(x - self.points[-1][0]) > 0.01:
            self._straight((x, self.points[-1][1]))

    def bend(self, corner: Point, end: Point) -> None:
        """Roughly a quarter of a circle around a corner."""
        start = self.points[-1]
        share = 0.5523
        self._curve(_between(start, corner, share), _between(end, corner, share), end)

    def slant(self, end: Point) -> None:
        """To another lane, vertical at both ends."""
        (x, y), (to_x, to_y) = self.points[-1], end
        middle = (y + to_y) / 2
        self._curve((x, middle), (to_x, middle), end)

    def level(self, end: Point) -> None:
        """To another lane, horizontal at both ends."""
        (x, y), (to_x, to_y) = self.points[-1], end
        middle = (x + to_x) / 2
        self._curve((middle, y), (middle, to_y), end)

    def _straight(self, end: Point) -> None:
        if self.curved:
            self._curve(_between(self.points[-1], end, 1 / 3), _between(self.points[-1], end, 2 / 3), end)
        elif len(self.points) > 1 and self.points[-2][0] == self.points[-1][0] == end[0]:
            self.points[-1] = end
        else:
            self.points.append(end)

    def _curve(self, first: Point, second: Point, end: Point) -> None:
        if not self.curved:
            self.curved = True
            bare, self.points = self.points, self.points[:1]
            for point in bare[1:]:
                self._straight(point)
        self.points += [first, second, end]


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
