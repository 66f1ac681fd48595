"""Bars: figures of named parts side by side, and the same for many small parts in a row.

Of every figure a share may be marked (that of the shortcuts): hatched in wide bars, hollow in thin ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from resdsl.draw.charts.axes import ChartAxis, axis, tick_texts
from resdsl.draw.metrics import width_of
from resdsl.draw.scene import Box, Group, Item, Line, text
from resdsl.draw.texts import figure_text
from resdsl.report.figures import share_text

_ROW = 15.0
_BAR = 10.0
_FIGURE = 7.0
_LINE = 9.0
_MOST_BARS = 240

STRIP_TITLE = 14.0
"""How high the title of a strip is, in points."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A named part.

    Attributes:
        values: a figure for each measure, none below zero.
        marked: how much of each is marked.
    """

    name: str
    values: tuple[float, ...]
    marked: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """What bars show.

    Attributes:
        title: what it is: `multiply-adds`.
        total: the sum of which the values are parts.
    """

    title: str
    total: float


@dataclass(frozen=True, slots=True)
class Section:
    """Small parts in a row that belong together."""

    name: str
    bars: tuple[Bar, ...]


def panels(
    bars: Sequence[Bar], measures: Sequence[Measure], x: float, y: float, width: float
) -> tuple[list[Item], float]:
    """A row for each part, and in it a bar for each measure with its figure and its share of the total.

    Returns:
        The items, and how high they are.
    """
    names = min(110.0, max([width_of(bar.name, 8.0) for bar in bars], default=0.0)) + 8
    panel = (width - names) / len(measures)
    items: list[Item] = []
    for index, measure in enumerate(measures):
        items.append(text(x + names + index * panel, y + 5, measure.title, anchor="start", bold=True, width=panel - 6))
    top = y + 14
    for row, bar in enumerate(bars):
        middle = top + row * _ROW + _ROW / 2
        parts: list[Item] = [text(x + names - 5, middle, bar.name, anchor="end", width=names - 5)]
        wording = []
        for index, measure in enumerate(measures):
            left = x + names + index * panel
            most = max(each.values[index] for each in bars)
            parts += _row_of(bar, index, measure, most, left, middle, panel - 10)
            wording.append(f"{_figure(bar, index, measure)} {measure.title}")
        items.append(Group(f"{bar.name}: {', '.join(wording)}", tuple(parts), "part"))
    for index in range(len(measures)):
        left = x + names + index * panel
        items.append(Line(((left, top), (left, top + len(bars) * _ROW)), "axis"))
    return items, 14 + len(bars) * _ROW


def strip(
    sections: Sequence[Section], index: int, title: str, x: float, y: float, width: float, height: float
) -> list[Item]:
    """Thin bars for all small parts, section by section, over a scale; `x` is where the bars begin.

    More than 240 parts are drawn as the means of equally many neighbours; the title says so.
    """
    each = bars_together(sections)
    if each > 1:
        title = f"{title}; a bar is the mean of {each}"
    values = [
        [sum(bar.values[index] for bar in some) / len(some) for some in _chunks(one.bars, each)] for one in sections
    ]
    marked = [
        [sum(bar.marked[index] for bar in some) / len(some) for some in _chunks(one.bars, each)] for one in sections
    ]
    bottom = y + STRIP_TITLE + height
    scale = axis([value for section in values for value in section], bottom, y + STRIP_TITLE, apart=20, from_zero=True)
    items: list[Item] = [text(x, y + 5, title, anchor="start", bold=True, width=width)]
    items += _scale(scale, x, width)
    step = width / max(1, sum(map(len, values)))
    left = x
    for section, tall, hollow in zip(sections, values, marked, strict=True):
        parts: list[Item] = []
        for at, (value, part) in enumerate(zip(tall, hollow, strict=True)):
            parts += _thin(left + at * step, step, scale, value, part)
        items.append(Group(f"{section.name}: {title}", tuple(parts), "section"))
        left += len(tall) * step
    items.append(Line(((x, bottom), (x + width, bottom)), "axis"))
    return items


def section_names(sections: Sequence[Section], x: float, y: float, width: float) -> tuple[list[Item], float]:
    """The names of the sections below their bars, with a mark where each ends.

    A name that would meet another stands a line or two lower, with a thin line up to its section; one that
    has no room there either is left out.

    Returns:
        The items, and how high they are.
    """
    each = bars_together(sections)
    counts = [len(_chunks(section.bars, each)) for section in sections]
    step = width / max(1, sum(counts))
    items: list[Item] = []
    below = _Below(x - 28, x + width)
    left = x
    for section, count in zip(sections, counts, strict=True):
        right = left + count * step
        middle = (left + right) / 2
        items.append(Line(((right, y), (right, y + 4)), "axis"))
        name = text(middle, y + 8, section.name, size=7.0, width=max(60.0, right - left))
        spot = below.spot(middle, name.width) if name.text else None
        if spot is not None:
            at, level = spot
            items.append(replace(name, x=at, y=y + 8 + _LINE * level))
            if level:
                items.append(Line(((middle, y + 1), (middle, y + 4 + _LINE * level)), "leader"))
        left = right
    return items, 4 + _LINE * (below.lowest + 1)


class _Below:
    """Which stretches of the lines below a strip are taken, from left to right."""

    def __init__(self, left: float, right: float) -> None:
        self._left, self._right = left, right
        self._ends = [left] * 3
        self._leaders: list[tuple[float, int]] = []
        self.lowest = 0

    def spot(self, middle: float, width: float) -> tuple[float, int] | None:
        """Where the middle of a name may stand, as near as can be to that of its section, and on which line."""
        at = min(max(middle, self._left + width / 2), self._right - width / 2)
        for level, end in enumerate(self._ends):
            crossed = any(
                at - width / 2 - 1 < leader < at + width / 2 + 1 for leader, low in self._leaders if low > level
            )
            if at - width / 2 < end + 4 or crossed or any(above > middle - 1 for above in self._ends[:level]):
                continue
            self._ends[level] = at + width / 2
            self._leaders.append((middle, level))
            self.lowest = max(self.lowest, level)
            return at, level
        return None


def bars_together(sections: Sequence[Section]) -> int:
    """How many neighbours are drawn as one, so that there are no more bars than can be seen."""
    return -(-sum(len(section.bars) for section in sections) // _MOST_BARS)


def legend(entries: Sequence[tuple[str, str]], x: float, y: float) -> list[Item]:
    """Samples of styles with what they stand for, in a row from `x` on around the height `y`."""
    items: list[Item] = []
    for style, meaning in entries:
        items.append(Box(x, y - 4, 14, 8, style))
        label = text(x + 18, y, meaning, size=7.0, anchor="start", style="note")
        items.append(label)
        x += 18 + label.width + 14
    return items


def _row_of(bar: Bar, index: int, measure: Measure, most: float, x: float, y: float, width: float) -> list[Item]:
    figure = _figure(bar, index, measure)
    room = width - width_of("88.88M (88.8 %)", _FIGURE) - 4
    value, marked = bar.values[index], bar.marked[index]
    long = room * value / most if most else 0.0
    plain = long * (value - marked) / value if value else 0.0
    items: list[Item] = []
    if plain > 0:
        items.append(Box(x, y - _BAR / 2, plain, _BAR, "bar"))
    if long - plain > 0:
        items.append(Box(x + plain, y - _BAR / 2, long - plain, _BAR, "bar-shortcut"))
    items.append(text(x + long + 3, y, figure, size=_FIGURE, anchor="start"))
    return items


def _figure(bar: Bar, index: int, measure: Measure) -> str:
    value = bar.values[index]
    return f"{figure_text(value)} ({share_text(value / measure.total)})" if measure.total else figure_text(value)


def _scale(scale: ChartAxis, x: float, width: float) -> list[Item]:
    items: list[Item] = []
    for tick, wording in zip(scale.ticks, tick_texts(scale.ticks), strict=True):
        y = scale.place(tick)
        items.append(Line(((x, y), (x + width, y)), "grid"))
        items.append(text(x - 4, y, wording, size=7.0, anchor="end", style="note"))
    return items


def _thin(x: float, step: float, scale: ChartAxis, value: float, marked: float) -> list[Item]:
    gap = min(0.8, step / 4)
    base, middle, top = scale.place(0), scale.place(value - marked), scale.place(value)
    items: list[Item] = []
    if base - middle > 0.01:
        items.append(Box(x + gap / 2, middle, step - gap, base - middle, "strip"))
    if middle - top > 0.01:
        items.append(Box(x + gap / 2, top, step - gap, middle - top, "strip-shortcut"))
    return items


def _chunks(bars: Sequence[Bar], size: int) -> list[Sequence[Bar]]:
    return [bars[start : start + size] for start in range(0, len(bars), max(1, size))]
