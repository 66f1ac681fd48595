"""Splits dashed lines into separate pieces, for a format whose own dashes differ.

Lines are chains of cubic curves with 1 + 3n points, as in DOT.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import count, pairwise
from math import hypot

from resdsl.draw.scene import Box, Circle, Point
from resdsl.draw.themes import Style

Chain = tuple[Point, ...]

_PATTERNS = {"solid": (), "dashed": (4.0, 2.4), "dotted": (1.0, 1.8)}
_THINNEST = 0.7
_STEPS = 16
_QUARTER = 0.5523
"""The distance of the control points of a quarter circle from its ends, as a fraction of the radius."""


def pattern(style: Style) -> tuple[float, ...]:
    """The lengths of a dash of a style and the gap after it in points; None for solid lines."""
    return tuple([each * max(style.width, _THINNEST) for each in _PATTERNS[style.dash]])


def as_curves(points: Sequence[Point]) -> Chain:
    """A line through points as a chain of curves."""
    found = [points[0]]
    for (x, y), (to_x, to_y) in pairwise(points):
        found += [(x + (to_x - x) / 3, y + (to_y - y) / 3), (x + (to_x - x) * 2 / 3, y + (to_y - y) * 2 / 3)]
        found.append((to_x, to_y))
    return tuple(found)


def outline(item: Box | Circle) -> Chain:
    """The edge of a box or circle, with the same start and direction as in SVG."""
    if isinstance(item, Circle):
        around = Box(item.x - item.radius, item.y - item.radius, 2 * item.radius, 2 * item.radius, item.style)
        first, *others = _corners(around)
        return _rounded((*others, first), item.radius)
    return _rounded(_corners(item), item.radius)


def dashes(chain: Chain, dash: float, gap: float) -> Iterator[Chain]:
    """The visible pieces of a chain, each as a chain."""
    lengths = _lengths(chain)
    for number in count():
        start = number * (dash + gap)
        if start >= lengths[-1]:
            return
        yield _cut(chain, _share(lengths, start), _share(lengths, min(start + dash, lengths[-1])))


def _lengths(chain: Chain) -> list[float]:
    """The arc length up to each of the steps into which every curve is divided."""
    found, before = [0.0], chain[0]
    for index in range(0, len(chain) - 1, 3):
        for step in range(1, _STEPS + 1):
            x, y = _split(chain[index : index + 4], step / _STEPS)[0][-1]
            found.append(found[-1] + hypot(x - before[0], y - before[1]))
            before = (x, y)
    return found


def _share(lengths: Sequence[float], length: float) -> float:
    """The position at an arc length: the number of whole curves, and the fraction of the next one."""
    after = max(1, bisect_left(lengths, length))
    low, high = lengths[after - 1 : after + 1]
    return (after - 1 + ((length - low) / (high - low) if high > low else 0.0)) / _STEPS


def _cut(chain: Chain, start: float, end: float) -> Chain:
    """The part of a chain between two positions, each a number of whole curves and a fraction of the next one."""
    found: list[Point] = []
    for index in range(int(start), len(chain) // 3):
        if index >= end:
            break
        curve = chain[3 * index : 3 * index + 4]
        curve, _ = _split(curve, min(1.0, end - index))
        if start > index:
            _, curve = _split(curve, (start - index) / min(1.0, end - index))
        found += curve[1:] if found else curve
    return tuple(found)


def _split(curve: Sequence[Point], share: float) -> tuple[Chain, Chain]:
    """Split a curve at a fraction of its parameter (de Casteljau)."""
    left, right = [curve[0]], [curve[-1]]
    points = curve
    while len(points) > 1:
        points = [(x + (to_x - x) * share, y + (to_y - y) * share) for (x, y), (to_x, to_y) in pairwise(points)]
        left.append(points[0])
        right.insert(0, points[-1])
    return tuple(left), tuple(right)


def _corners(box: Box) -> Chain:
    """Clockwise, starting with the upper right one."""
    return (box.right, box.y), (box.right, box.bottom), (box.x, box.bottom), (box.x, box.y)


def _rounded(corners: Chain, radius: float) -> Chain:
    """The closed path along rounded corners, starting after the last of them."""
    points = [_towards(corners[-1], corners[0], radius)]
    for before, corner, after in zip((corners[-1], *corners), corners, (*corners[1:], corners[0]), strict=False):
        start, end = _towards(corner, before, radius), _towards(corner, after, radius)
        bend = _QUARTER * radius
        points += as_curves([points[-1], start])[1:]
        points += [_towards(start, corner, bend), _towards(end, corner, bend), end]
    return tuple(points)


def _towards(point: Point, other: Point, length: float) -> Point:
    (x, y), (to_x, to_y) = point, other
    far = hypot(to_x - x, to_y - y)
    return (x + (to_x - x) * length / far, y + (to_y - y) * length / far) if far else point
