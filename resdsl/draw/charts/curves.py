"""Line charts: curves with bands around them and with their names at their ends, in one panel or several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from resdsl.draw.charts.axes import ChartAxis, axis, tick_texts
from resdsl.draw.charts.placing import Rect
from resdsl.draw.metrics import fitted, width_of
from resdsl.draw.scene import Area, Group, Item, Line, Point, Scene, text
from resdsl.draw.texts import clean
from resdsl.draw.themes import curve_style

_WIDTH = 480.0
_LEFT, _RIGHT = 44.0, 12.0
_PANEL, _BELOW = 228.0, 34.0
_NAME = 7.0
_LONGEST_NAME = 110.0
_GAP = 9.0
_LEADER = 8.0
_LEGEND, _ROW = 32.0, 13.0
_SAMPLES = {"bold": "identity", "dashed": "front", "band": f"{curve_style(0)}-band"}
"""Styles of lines without the colour of a curve, since they stand for those of all curves."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve.

    Attributes:
        name: the name at its end; empty for none.
        colour: a number from 0; curves with the same number have the same colour.
        points: at least one point, from left to right, in the units of the axes.
        dashed: whether it is thin and dashed rather than bold.
        band: the lowest and the highest value at each point.
    """

    name: str
    colour: int
    points: tuple[Point, ...]
    dashed: bool = False
    band: tuple[Point, ...] = ()

    @property
    def style(self) -> str:
        """The name of the style of its line."""
        return f"{curve_style(self.colour)}{'-dashed' if self.dashed else ''}"


@dataclass(frozen=True, slots=True)
class Panel:
    """Axes with curves.

    Attributes:
        x, y: what the axes show, with units.
        curves: from the lowest to the topmost.
        whole: whether values on the x axis are integers, such as numbers of layers.
    """

    x: str
    y: str
    curves: tuple[Curve, ...]
    whole: bool = False


def curves_scene(panels: Sequence[Panel], title: str, notes: Sequence[tuple[str, str]], about: str) -> Scene:
    """A chart of panels one below the other.

    Names stand at the ends of the curves if all curves end at the right, and otherwise below the title.

    Args:
        panels: at least one.
        title: the line above the chart.
        notes: samples of lines and bands with their meanings, below the title: `bold`, `dashed` or `band` each.
        about: what the chart shows in sentences, for screen readers.
    """
    named = [
        curve for curve in {curve.name: curve for panel in panels for curve in panel.curves}.values() if curve.name
    ]
    beside = all(_ends_right(panel) for panel in panels)
    widest = max([width_of(clean(curve.name), _NAME) for curve in named], default=0.0)
    margin = min(widest, _LONGEST_NAME) + _LEADER if beside else 0.0
    items: list[Item] = [text(10, 16, title, size=11, anchor="start", bold=True, width=_WIDTH - 20)]
    samples = [] if beside else [(curve.style, curve.name) for curve in named]
    samples += [(_SAMPLES[kind], meaning) for kind, meaning in notes]
    legend, top = _legend(samples)
    items += legend
    for panel in panels:
        frame = Rect(_LEFT, top + 22, _WIDTH - _RIGHT - margin, top + _PANEL)
        items += _panel(panel, frame, beside=beside)
        top += _PANEL + _BELOW
    return Scene(_WIDTH, top, title, about, tuple(_areas_first(items)))


def _ends_right(panel: Panel) -> bool:
    """Whether all curves with names end together."""
    return len({curve.points[-1][0] for curve in panel.curves if curve.name}) == 1


def _panel(panel: Panel, frame: Rect, *, beside: bool) -> list[Item]:
    across = _axis_of_x(panel, frame)
    levels = [y for curve in panel.curves for _, y in curve.points]
    levels += [y for curve in panel.curves for pair in curve.band for y in pair]
    up = axis(levels, frame.bottom, frame.top, apart=36, from_zero=True)
    items = axes_in(frame, across, up, panel.x, panel.y)
    ends: list[tuple[Curve, Point]] = []
    for curve in panel.curves:
        line = tuple((across.place(x), up.place(y)) for x, y in curve.points)
        items += _curve(curve, line, up)
        if curve.name:
            ends.append((curve, line[-1]))
    return [*items, *_names(ends, frame)] if beside else items


def _axis_of_x(panel: Panel, frame: Rect) -> ChartAxis:
    values = [x for curve in panel.curves for x, _ in curve.points]
    found = axis(values, frame.left, frame.right, from_zero=True)
    # The curves end where the axis ends, so that their names stand next to them.
    high = max(values)
    ticks = tuple(tick for tick in found.ticks if tick <= high * (1 + 1e-9) and (not panel.whole or tick == int(tick)))
    return ChartAxis(found.low, high, frame.left, frame.right, ticks) if high > found.low else found


def _curve(curve: Curve, line: tuple[Point, ...], up: ChartAxis) -> list[Item]:
    items: list[Item] = []
    if curve.band and len(line) > 1:
        lower = [(x, up.place(low)) for (x, _), (low, _) in zip(line, curve.band, strict=True)]
        upper = [(x, up.place(high)) for (x, _), (_, high) in zip(line, curve.band, strict=True)]
        items.append(Area((*lower, *reversed(upper)), f"{curve_style(curve.colour)}-band"))
    if len(line) == 1:
        (x, y) = line[0]
        line = ((x - 2, y), (x + 2, y))
    items.append(Line(line, curve.style, about=curve.name))
    return items


def axes_in(frame: Rect, across: ChartAxis, up: ChartAxis, x: str, y: str) -> list[Item]:
    """The axes of a panel with their ticks and titles."""
    items: list[Item] = []
    for tick, wording in zip(up.ticks, tick_texts(up.ticks), strict=True):
        height = up.place(tick)
        items.append(Line(((frame.left, height), (frame.right, height)), "grid"))
        items.append(text(frame.left - 5, height, wording, size=7, anchor="end", style="note"))
    for tick, wording in zip(across.ticks, tick_texts(across.ticks), strict=True):
        place = across.place(tick)
        items.append(Line(((place, frame.bottom), (place, frame.bottom + 3)), "axis"))
        items.append(text(place, frame.bottom + 10, wording, size=7, style="note"))
    items.append(Line(((frame.left, frame.top), (frame.left, frame.bottom), (frame.right, frame.bottom)), "axis"))
    items.append(text(10, frame.top - 10, y, anchor="start", bold=True, width=_WIDTH - 20))
    middle = (frame.left + frame.right) / 2
    items.append(text(middle, frame.bottom + 23, x, bold=True, width=frame.right - frame.left))
    return items


def _names(ends: Sequence[tuple[Curve, Point]], frame: Rect) -> list[Item]:
    """The names to the right of the ends of the curves, moved apart where they would touch."""
    ordered = sorted(ends, key=lambda end: end[1][1])
    heights = _apart([y for _, (_, y) in ordered], frame)
    items: list[Item] = []
    for (curve, (x, y)), height in zip(ordered, heights, strict=True):
        content, size = fitted(clean(curve.name), _NAME, _LONGEST_NAME)
        if abs(height - y) > 1:
            items.append(Line(((x + 1, y), (x + _LEADER - 1, height)), "leader"))
        items.append(text(x + _LEADER, height, content, size=size, anchor="start"))
    return [Group("names of the curves", tuple(items), "key")]


def _apart(heights: Sequence[float], frame: Rect) -> list[float]:
    """The heights moved as little as needed for a gap between all of them, from the top to the bottom."""
    found: list[float] = []
    for height in heights:
        found.append(max(height, found[-1] + _GAP) if found else height)
    lowest = frame.bottom - 4
    for index in reversed(range(len(found))):
        if found[index] > lowest:
            found[index] = lowest
        lowest = found[index] - _GAP
    return [max(height, frame.top - 4 + _GAP * index) for index, height in enumerate(found)]


def _legend(samples: Sequence[tuple[str, str]]) -> tuple[list[Item], float]:
    """Samples of styles with their meanings, wrapped to the width, and the height below them."""
    items: list[Item] = []
    left, row = 10.0, _LEGEND
    for style, meaning in samples:
        label = text(0, 0, meaning, size=_NAME, anchor="start", style="note", width=_WIDTH - 44)
        if left > 10.0 and left + 22 + label.width > _WIDTH - 10:
            left, row = 10.0, row + _ROW
        if style.endswith("-band"):
            items.append(Area(((left, row - 3), (left + 18, row - 3), (left + 18, row + 3), (left, row + 3)), style))
        else:
            items.append(Line(((left, row), (left + 18, row)), style))
        items.append(replace(label, x=left + 22, y=row))
        left += 22 + label.width + 14
    return items, row + 6


def _areas_first(items: Sequence[Item]) -> list[Item]:
    """Areas lie below everything else, in every format."""
    return sorted(items, key=lambda item: not isinstance(item, Area))
