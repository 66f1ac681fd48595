"""Scatter chart of the points of a sweep: one figure against another, with the Pareto front and legible names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from math import hypot
from typing import Literal

from resdsl.draw.charts.axes import ChartAxis, axis, tick_texts
from resdsl.draw.charts.placing import LabelPlace, Rect, Wanted, positioned
from resdsl.draw.metrics import fitted, width_of
from resdsl.draw.scene import Circle, Group, Item, Line, Point, Scene, text
from resdsl.draw.texts import clean, figure_text

_WIDTH, _HEIGHT = 480.0, 330.0
_PLOT = Rect(52.0, 66.0, 470.0, 290.0)
_RADIUS = 2.6
_NAME = 7.0
_LONGEST_NAME = 150.0
_LEGEND = 300.0
_MOST_NAMES = 60
_SAME_SPOT = 1.5
_EACH = 4.0
_MOST_LISTED = 1000


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """A point: its name, and a figure for each axis.

    Attributes:
        bar: the ends of an error bar, if it has one.
    """

    name: str
    x: float
    y: float
    baseline: bool = False
    bar: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Quantity:
    """The meaning of an axis, and which of two values is better."""

    title: str
    better: Literal["lower", "higher"] = "lower"


def front_of(points: Sequence[ChartPoint], x: Quantity, y: Quantity) -> list[int]:
    """The indices of the points on the Pareto front, from left to right.

    No other point is at least as good in both figures and better in one. Of equal points, all or none are on it.
    """
    ways = (1 if x.better == "lower" else -1, 1 if y.better == "lower" else -1)
    order = sorted(range(len(points)), key=lambda at: (points[at].x * ways[0], points[at].y * ways[1], at))
    found: list[int] = []
    for at in order:
        point = points[at]
        if not found or point.y * ways[1] < points[found[-1]].y * ways[1] or _equal(point, points[found[-1]]):
            found.append(at)
    return sorted(found, key=lambda at: (points[at].x, points[at].y * ways[1], at))


def scatter_scene(points: Sequence[ChartPoint], x: Quantity, y: Quantity, title: str) -> Scene:
    """A chart of points. Names that do not fit beside their points are listed below the chart by number.

    If there are more than 60 points, only the front and the baselines are named, up to 60.
    """
    across = axis([point.x for point in points], _PLOT.left, _PLOT.right)
    ends = [end for point in points for end in (point.y, *(point.bar or ()))]
    up = axis(ends, _PLOT.bottom, _PLOT.top, apart=45)
    spots = [(across.place(point.x), up.place(point.y)) for point in points]
    front = front_of(points, x, y)
    line = [spots[at] for at in front]
    named = _named(points, front)
    urgent = frozenset(at for at, index in enumerate(named) if index in front or points[index].baseline)
    bars = _bars(points, spots, up)
    taken = [*spots, *(spot for bar in bars for spot in _along(*bar))]
    names, listed, nameless = _names([points[at] for at in named], [spots[at] for at in named], urgent, taken, line)
    marks = _marks(points, spots, frozenset(front), x, y)
    items: list[Item] = [text(10, 16, title, size=11, anchor="start", bold=True, width=_WIDTH - 20)]
    items += _legend(x, y, baseline=any(point.baseline for point in points), bars=bool(bars))
    items += _axes(across, up, x, y)
    if len(line) > 1:
        items.append(Line(tuple(line), "front"))
    items += [*(item for bar in bars for item in _bar(*bar)), *marks, *names]
    key, height = _key([(number, points[named[at]].name) for number, at in listed])
    items += key
    left_out = len(points) - len(named) + nameless
    below = _HEIGHT + height
    if left_out:
        note = f"{left_out} of {len(points)} points are drawn without their names"
        items.append(text(10, below - 2, note, size=7, anchor="start", style="note"))
        below += 10
    return Scene(_WIDTH, below, title, _wording(points, front, x, y, left_out), tuple(items))


def _named(points: Sequence[ChartPoint], front: Sequence[int]) -> list[int]:
    """The points to name, the most important first."""
    first = [at for at, point in enumerate(points) if point.baseline]
    some = list(dict.fromkeys([*first, *front]))
    return list(dict.fromkeys([*some, *range(len(points))])) if len(points) <= _MOST_NAMES else some[:_MOST_NAMES]


def _names(
    points: Sequence[ChartPoint],
    own: Sequence[Point],
    urgent: frozenset[int],
    taken: Sequence[Point],
    line: Sequence[Point],
) -> tuple[list[Item], list[tuple[int, int]], int]:
    """The names beside points, the numbers used instead with the indices of their points, and how many points have
    neither.

    Points on the same spot share a label made of numbers. A label that does not fit becomes a number, which takes
    precedence over all names; if it still does not fit, the labels nearest to it become numbers, too.
    """
    groups = _on_one_spot(own)
    names = [fitted(clean(points[group[0]].name), _NAME, _LONGEST_NAME) for group in groups]
    frame = Rect(_PLOT.left + 2, _PLOT.top - 8, _WIDTH - 4, _PLOT.bottom - 2)
    radius = _RADIUS + (2.6 if any(point.baseline for point in points) else 0.6)
    numbered = {at for at, group in enumerate(groups) if len(group) > 1}
    while True:
        wording = _labels(groups, names, numbered)
        wanted = [
            Wanted(own[group[0]], width_of(content, size) + 2, size + 1.5, urgent=at in numbered or group[0] in urgent)
            for at, (group, (content, size)) in enumerate(zip(groups, wording, strict=True))
        ]
        places = positioned(wanted, taken, radius, frame, line)
        failed = [at for at, place in enumerate(places) if place is None]
        more = {_nearest(at, numbered, groups, own) if at in numbered else at for at in failed}
        if more <= {None}:
            break
        numbered |= {at for at in more if at is not None}
    items: list[Item] = []
    for (content, size), place in zip(wording, places, strict=True):
        items += _name(content, size, place)
    numbers = count(1)
    listed = [(next(numbers), index, places[at] is not None) for at in sorted(numbered) for index in groups[at]]
    return (
        items,
        [(number, index) for number, index, visible in listed if visible],
        sum(not visible for *_, visible in listed),
    )


def _on_one_spot(spots: Sequence[Point]) -> list[list[int]]:
    """Indices of spots, grouped if they are visually indistinguishable."""
    groups: list[list[int]] = []
    for at, (x, y) in enumerate(spots):
        near = (group for group in groups if hypot(spots[group[0]][0] - x, spots[group[0]][1] - y) < _SAME_SPOT)
        group = next(near, None)
        if group is None:
            groups.append([at])
        else:
            group.append(at)
    return groups


def _labels(
    groups: Sequence[Sequence[int]], names: Sequence[tuple[str, float]], numbered: set[int]
) -> list[tuple[str, float]]:
    """The label at each spot, with its size."""
    wording: list[tuple[str, float]] = []
    number = 1
    for at, group in enumerate(groups):
        if at not in numbered:
            wording.append(names[at])
            continue
        wording.append((str(number) if len(group) == 1 else f"{number}-{number + len(group) - 1}", _NAME))
        number += len(group)
    return wording


def _nearest(at: int, numbered: set[int], groups: Sequence[Sequence[int]], own: Sequence[Point]) -> int | None:
    """The nearest group that still has a name."""
    x, y = own[groups[at][0]]
    rest = [other for other in range(len(groups)) if other not in numbered]
    return min(rest, key=lambda one: hypot(own[groups[one][0]][0] - x, own[groups[one][0]][1] - y), default=None)


def _name(content: str, size: float, place: LabelPlace | None) -> list[Item]:
    if place is None:
        return []
    frame = place.frame
    items: list[Item] = [Line(place.leader, "leader")] if place.leader else []
    items.append(text(frame.left + 1, (frame.top + frame.bottom) / 2, content, size=size, anchor="start"))
    return items


def _marks(
    points: Sequence[ChartPoint], spots: Sequence[Point], front: frozenset[int], x: Quantity, y: Quantity
) -> list[Item]:
    """A circle for each point, with the most important ones on top."""
    marks: list[Item] = []
    mentioned = len(points) <= _MOST_LISTED
    for at in sorted(range(len(points)), key=lambda at: (points[at].baseline, at in front)):
        point, (left, top) = points[at], spots[at]
        about = f"{point.name}: {figure_text(point.x)} {x.title}, {figure_text(point.y)} {y.title}" if mentioned else ""
        marks.append(_mark(left, top, "point-front" if at in front else "point", about))
        if point.baseline:
            marks.append(Circle(left, top, _RADIUS + 2, "ring"))
    return marks


def _bars(points: Sequence[ChartPoint], spots: Sequence[Point], up: ChartAxis) -> list[tuple[Point, Point]]:
    """The error bars, from below to above."""
    pairs = zip(points, spots, strict=True)
    return [((x, up.place(point.bar[0])), (x, up.place(point.bar[1]))) for point, (x, _) in pairs if point.bar]


def _bar(low: Point, high: Point) -> list[Item]:
    ends = [Line(((x - 2, y), (x + 2, y)), "axis") for x, y in (low, high)]
    return [Line((low, high), "axis"), *ends]


def _along(low: Point, high: Point) -> list[Point]:
    """Points along an error bar, which names must not cover."""
    (x, bottom), (_, top) = low, high
    return [(x, top + _EACH * step) for step in range(int((bottom - top) / _EACH) + 1)]


def _mark(x: float, y: float, style: str, about: str = "") -> Circle:
    return Circle(x, y, _RADIUS, style, about=about)


def _legend(x: Quantity, y: Quantity, *, baseline: bool, bars: bool) -> list[Item]:
    best = f"{x.better} {x.title} and {y.better} {y.title}" if x.better != y.better else f"{x.better} in both"
    entries = [("point-front", f"on the front: none is {best}"), ("point", "others")]
    items: list[Item] = []
    left = 14.0
    for style, meaning in entries:
        items.append(_mark(left, 32, style))
        label = text(left + 7, 32, meaning, size=7, anchor="start", style="note", width=_LEGEND)
        items.append(label)
        left += label.width + 24
    if baseline:
        items += [_mark(left, 32, "point"), Circle(left, 32, _RADIUS + 2, "ring")]
        items.append(text(left + 8, 32, "baseline", size=7, anchor="start", style="note"))
        left += 56
    if bars:
        items += _bar((left, 36), (left, 28))
        items.append(text(left + 7, 32, "mean ± standard deviation", size=7, anchor="start", style="note"))
    return items


def _axes(across: ChartAxis, up: ChartAxis, x: Quantity, y: Quantity) -> list[Item]:
    items: list[Item] = []
    for tick, wording in zip(up.ticks, tick_texts(up.ticks), strict=True):
        place = up.place(tick)
        items.append(Line(((_PLOT.left, place), (_PLOT.right, place)), "grid"))
        items.append(text(_PLOT.left - 5, place, wording, size=7, anchor="end", style="note"))
    for tick, wording in zip(across.ticks, tick_texts(across.ticks), strict=True):
        place = across.place(tick)
        items.append(Line(((place, _PLOT.top), (place, _PLOT.bottom)), "grid"))
        items.append(text(place, _PLOT.bottom + 9, wording, size=7, style="note"))
    items.append(Line(((_PLOT.left, _PLOT.top), (_PLOT.left, _PLOT.bottom), (_PLOT.right, _PLOT.bottom)), "axis"))
    logs = [", logarithmic" if one.log else "" for one in (across, up)]
    items.append(text(10, 50, f"{y.title}{logs[1]}", anchor="start", bold=True, width=_WIDTH - 20))
    items.append(
        text(_PLOT.right, _PLOT.bottom + 24, f"{x.title}{logs[0]}", anchor="end", bold=True, width=_PLOT.right - 20)
    )
    return items


def _key(entries: Sequence[tuple[int, str]]) -> tuple[list[Item], float]:
    """The names of the numbered points in columns below the chart, and their total height."""
    if not entries:
        return [], 0.0
    widest = max(width_of(clean(name), _NAME) for _, name in entries) + 26
    columns = max(1, min(4, int((_WIDTH - 20) / widest)))
    wide = (_WIDTH - 20) / columns
    lines = -(-len(entries) // columns)
    items: list[Item] = []
    for index, (number, name) in enumerate(entries):
        left, top = 10 + wide * (index // lines), _HEIGHT + 4 + 10 * (index % lines)
        items.append(text(left + 12, top, str(number), size=_NAME, anchor="end", bold=True))
        items.append(text(left + 16, top, name, size=_NAME, anchor="start", width=wide - 22))
    return [Group("names of the numbered points", tuple(items), "key")], 10.0 * lines + 6


def _wording(points: Sequence[ChartPoint], front: Sequence[int], x: Quantity, y: Quantity, left_out: int) -> str:
    visible = ", ".join(clean(points[at].name) for at in front[:12])
    more = f" and {len(front) - 12} more" if len(front) > 12 else ""
    unnamed = f" {left_out} points have no name in the chart." if left_out else ""
    return (
        f"Scatter chart of {len(points)} points: {x.title} to the right against {y.title} upwards. "
        f"On the Pareto front: {visible}{more}.{unnamed}"
    )


def _equal(one: ChartPoint, other: ChartPoint) -> bool:
    return (one.x, one.y) == (other.x, other.y)
