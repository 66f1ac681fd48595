"""Scatter chart of the points of a sweep: one figure against another, with the Pareto front and legible names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from resdsl.draw.charts.axes import ChartAxis, axis, tick_texts
from resdsl.draw.charts.marks import Marking
from resdsl.draw.charts.naming import Naming, Surroundings, fitting_names, key_of, numbered_names, on_one_spot
from resdsl.draw.charts.placing import Rect
from resdsl.draw.scene import Circle, Item, Line, Point, Scene, text
from resdsl.draw.texts import clean, figure_text

_WIDTH, _HEIGHT = 480.0, 330.0
_PLOT = Rect(52.0, 66.0, 470.0, 290.0)
_NAMES = Rect(_PLOT.left + 2, _PLOT.top - 8, _WIDTH - 4, _PLOT.bottom - 2)
_RADIUS, _MARK = 2.6, 2.2
_LEGEND = 300.0
_MOST_NAMES = 60
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


def scatter_scene(
    points: Sequence[ChartPoint], x: Quantity, y: Quantity, title: str, marking: Marking | None = None
) -> Scene:
    """A chart of points. Names that do not fit beside their points are listed below the chart by number.

    If there are more than 60 points, only the front and the baselines are named, up to 60. If not all names fit and
    there is a marking, colours and shapes take the place of numbers.

    Args:
        points: the points.
        x, y: what the axes show.
        title: the line above the chart.
        marking: what colours and shapes may show of the points.
    """
    across = axis([point.x for point in points], _PLOT.left, _PLOT.right)
    ends = [end for point in points for end in (point.y, *(point.bar or ()))]
    up = axis(ends, _PLOT.bottom, _PLOT.top, apart=45)
    spots = [(across.place(point.x), up.place(point.y)) for point in points]
    front = front_of(points, x, y)
    line = [spots[at] for at in front]
    bars = _bars(points, spots, up)
    taken = [*spots, *(spot for bar in bars for spot in _along(*bar))]
    naming, named = _naming(points, spots, front, taken)
    if len(named) == len(points) and not naming.listed and not naming.nameless:
        marking = None
    if marking is not None:
        naming, named = _fitting(points, spots, front, taken)
    items: list[Item] = [text(10, 16, title, size=11, anchor="start", bold=True, width=_WIDTH - 20)]
    items += _legend(
        x, y, baseline=any(point.baseline for point in points), bars=bool(bars), outlined=marking is not None
    )
    items += _axes(across, up, x, y)
    if len(line) > 1:
        items.append(Line(tuple(line), "front"))
    items += [item for bar in bars for item in _bar(*bar)]
    items += [*_marks(points, spots, frozenset(front), (x, y), marking), *naming.items]
    left_out = len(points) - len(named) + naming.nameless
    more, below = _below(points, spots, [(number, named[at]) for number, at in naming.listed], left_out, marking)
    about = _wording(points, front, x, y, left_out, marking)
    return Scene(_WIDTH, below, title, about, (*items, *more))


def _below(
    points: Sequence[ChartPoint],
    spots: Sequence[Point],
    listed: Sequence[tuple[int, int]],
    left_out: int,
    marking: Marking | None,
) -> tuple[list[Item], float]:
    """What stands below the chart: numbered names, or what the marks mean; and the height of the whole."""
    items, height = key_of([(number, points[at].name) for number, at in listed], 10, _HEIGHT + 4, _WIDTH - 20)
    notes = [f"{left_out} of {len(points)} points are drawn without their names"] if left_out else []
    if marking is not None:
        items, height = marking.legend(14, _HEIGHT + 4, _WIDTH - 24, _MARK)
        height += 4
        hidden = len(points) - len(on_one_spot(spots))
        notes += [f"{hidden} lie where another one is drawn"] if hidden else []
    if notes:
        items.append(text(10, _HEIGHT + height - 2, "; ".join(notes), size=7, anchor="start", style="note"))
        height += 10
    return items, _HEIGHT + height


def _naming(
    points: Sequence[ChartPoint], spots: Sequence[Point], front: Sequence[int], taken: Sequence[Point]
) -> tuple[Naming, list[int]]:
    """Names and numbers, and the indices of the points that they are of."""
    named = _named(points, front)
    urgent = frozenset(at for at, index in enumerate(named) if index in front or points[index].baseline)
    radius = _RADIUS + (2.6 if any(point.baseline for point in points) else 0.6)
    around = Surroundings(_NAMES, taken, radius, [spots[at] for at in front])
    return numbered_names([points[at].name for at in named], [spots[at] for at in named], urgent, around), named


def _fitting(
    points: Sequence[ChartPoint], spots: Sequence[Point], front: Sequence[int], taken: Sequence[Point]
) -> tuple[Naming, list[int]]:
    """The names of the front and of the baselines that fit, and the indices of the points that they are of."""
    named = _important(points, front)[:_MOST_NAMES]
    around = Surroundings(_NAMES, taken, _MARK + 2.6, [spots[at] for at in front])
    return fitting_names([points[at].name for at in named], [spots[at] for at in named], around), named


def _named(points: Sequence[ChartPoint], front: Sequence[int]) -> list[int]:
    """The points to name, the most important first."""
    some = _important(points, front)
    return list(dict.fromkeys([*some, *range(len(points))])) if len(points) <= _MOST_NAMES else some[:_MOST_NAMES]


def _important(points: Sequence[ChartPoint], front: Sequence[int]) -> list[int]:
    """The baselines, then the front."""
    return list(dict.fromkeys([*(at for at, point in enumerate(points) if point.baseline), *front]))


def _marks(
    points: Sequence[ChartPoint],
    spots: Sequence[Point],
    front: frozenset[int],
    axes: tuple[Quantity, Quantity],
    marking: Marking | None,
) -> list[Item]:
    """A circle for each point, or its mark, with the most important ones on top."""
    x, y = axes
    marks: list[Item] = []
    mentioned = len(points) <= _MOST_LISTED
    for at in sorted(range(len(points)), key=lambda at: (points[at].baseline, at in front)):
        point, (left, top) = points[at], spots[at]
        about = f"{point.name}: {figure_text(point.x)} {x.title}, {figure_text(point.y)} {y.title}" if mentioned else ""
        if marking is not None:
            marks.append(marking.mark(at, left, top, _MARK, about, front=at in front))
        else:
            marks.append(_mark(left, top, "point-front" if at in front else "point", about))
        if point.baseline:
            marks.append(Circle(left, top, _RADIUS + (2 if marking is None else 3), "ring"))
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


def _legend(x: Quantity, y: Quantity, *, baseline: bool, bars: bool, outlined: bool) -> list[Item]:
    best = f"{x.better} {x.title} and {y.better} {y.title}" if x.better != y.better else f"{x.better} in both"
    of_front = "mark-front" if outlined else "point-front"
    entries = [(of_front, f"on the front: none is {best}"), ("point", "others")]
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


def _wording(
    points: Sequence[ChartPoint], front: Sequence[int], x: Quantity, y: Quantity, left_out: int, marking: Marking | None
) -> str:
    visible = ", ".join(clean(points[at].name) for at in front[:12])
    more = f" and {len(front) - 12} more" if len(front) > 12 else ""
    unnamed = f" {left_out} points have no name in the chart." if left_out else ""
    marks = f" {marking.wording}" if marking is not None else ""
    return (
        f"Scatter chart of {len(points)} points: {x.title} to the right against {y.title} upwards. "
        f"On the Pareto front: {visible}{more}.{unnamed}{marks}"
    )


def _equal(one: ChartPoint, other: ChartPoint) -> bool:
    return (one.x, one.y) == (other.x, other.y)
