"""Number formatting, arrow heads and hatches for all formats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import hypot

from resdsl.draw.metrics import LINE, width_of
from resdsl.draw.scene import Box, Line, Point
from resdsl.draw.themes import Style

HEAD = 5.0
"""The length of an arrow head in points; its width is 0.7 times the length."""

_HATCH = 4.0


def number(value: float) -> str:
    """A length with at most two decimals: the same text on every machine, and never `-0`."""
    wording = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if wording == "-0" else wording


def shortened(line: Line) -> tuple[Point, ...]:
    """The points of a line, shortened to end where its head begins."""
    if not line.arrow:
        return line.points
    base, _ = _base(line, 0.9 * HEAD)
    return (*line.points[:-1], base)


def head(line: Line) -> tuple[Point, Point, Point]:
    """The head of a line with an arrow: the tip, and the two corners behind it."""
    (x, y), (dx, dy) = _base(line, HEAD)
    half = 0.35 * HEAD
    return line.points[-1], (x - dy * half, y + dx * half), (x + dy * half, y - dx * half)


def hatches(box: Box, style: Style) -> tuple[Point, ...]:
    """The hatch of a box as one line that zigzags between the edges; empty if it has none.

    `crossed` consists of the line in one direction followed by that in the other.
    """
    if style.hatch == "none" or box.width <= 0 or box.height <= 0:
        return ()
    points: list[Point] = []
    if style.hatch != "falling":
        points += _zigzag(box, mirrored=False)
    if style.hatch != "rising":
        points += _zigzag(box, mirrored=True)
    return tuple(points)


def plate(box: Box, style: Style) -> Box | None:
    """A plate between the hatch of a box and its label, which keeps the label legible."""
    if style.hatch == "none" or not (box.clear or any(box.label)):
        return None
    x, y = box.middle
    wide, high = box.clear or (
        max(width_of(line, box.size, bold=box.bold) for line in box.label) + box.size / 2,
        len(box.label) * box.size * LINE,
    )
    width, height = min(box.width, wide), min(box.height, high)
    return replace(box, x=x - width / 2, y=y - height / 2, width=width, height=height, label=(), radius=0.0)


def _base(line: Line, length: float) -> tuple[Point, Point]:
    """The point that lies `length` before the end of a line, and the direction of the end."""
    x, y = line.points[-1]
    for back_x, back_y in reversed(line.points[:-1]):
        far = hypot(x - back_x, y - back_y)
        if far > 1e-9:
            dx, dy = (x - back_x) / far, (y - back_y) / far
            return (x - dx * length, y - dy * length), (dx, dy)
    return (x, y), (1.0, 0.0)


def _zigzag(box: Box, *, mirrored: bool) -> Iterator[Point]:
    """The diagonals of a box in sequence, every other one reversed, joined along the edges."""
    width, height = box.width, box.height
    before: Point | None = None
    for step in range(1, int((width + height) / _HATCH) + 1):
        reach = step * _HATCH
        # From the left or lower edge to the upper or right one: x + y = reach.
        low = (max(0.0, reach - height), min(reach, height))
        high = (min(reach, width), max(0.0, reach - width))
        start, end = (low, high) if step % 2 else (high, low)
        corner = _corner_between(before, start, box)
        for x, y in (*corner, start, end):
            yield box.x + (width - x if mirrored else x), box.y + y
        before = end


def _corner_between(before: Point | None, after: Point, box: Box) -> tuple[Point, ...]:
    """The corner of the box between two points of its edges, if there is one."""
    if before is None or before[0] == after[0] or before[1] == after[1]:
        return ()
    return ((box.width, 0.0),) if before[1] < before[0] * box.height / box.width else ((0.0, box.height),)
