"""Number formatting, arrow heads and hatches for all formats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import hypot

from resdsl.draw.metrics import LINE, width_of
from resdsl.draw.scene import Box, ChartMark, Line, Point
from resdsl.draw.themes import Style

HEAD = 5.0
"""The length of an arrow head in points; its width is 0.7 times the length."""

_HATCH = 4.0

# Half the width of each shape and its reach above and below its middle, for shapes of about equal area.
_EXTENTS = {"square": (0.89, 0.89), "diamond": (1.25, 1.25), "triangle": (1.25, 1.45), "invtriangle": (1.25, 1.45)}
_STAR, _NOTCH, _LOW = 1.6, 0.3819660, 0.0954915
# The sine and cosine of tenths of a turn.
_TURNS = ((0.0, 1.0), (0.5877853, 0.8090170), (0.9510565, 0.3090170), (0.9510565, -0.3090170), (0.5877853, -0.8090170))


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


def corners_of(mark: ChartMark) -> tuple[Point, ...]:
    """The corners of a mark, in order; none of a circle."""
    x, y, radius = mark.x, mark.y, mark.radius
    if mark.shape == "circle":
        return ()
    if mark.shape == "star":
        return tuple([(x + across * radius, y - up * radius) for across, up in _star()])
    wide, high = (extent * radius for extent in _EXTENTS[mark.shape])
    match mark.shape:
        case "square":
            return (x - wide, y - high), (x + wide, y - high), (x + wide, y + high), (x - wide, y + high)
        case "diamond":
            return (x, y - high), (x + wide, y), (x, y + high), (x - wide, y)
        case "triangle":
            return (x, y - high), (x + wide, y + high / 2), (x - wide, y + high / 2)
        case _:
            return (x, y + high), (x - wide, y - high / 2), (x + wide, y - high / 2)


def extent(mark: ChartMark) -> tuple[float, float]:
    """The width and height of a mark, twice its farthest reach from its middle."""
    points = corners_of(mark)
    if not points:
        return 2 * mark.radius, 2 * mark.radius
    return 2 * max(abs(x - mark.x) for x, _ in points), 2 * max(abs(y - mark.y) for _, y in points)


def _star() -> Iterator[Point]:
    """A star with five tips around 0 whose upper tip is as far from the middle as its lower ones."""
    turns = [*_TURNS, *((-across, -up) for across, up in _TURNS)]
    for at, (across, up) in enumerate(turns):
        reach = _STAR * (1.0 if at % 2 == 0 else _NOTCH)
        yield across * reach, up * reach - _STAR * _LOW


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
