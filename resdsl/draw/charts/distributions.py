"""Charts of empirical distributions: the share of networks with at most a value, as curves of steps, with a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from resdsl.draw.charts.axes import ChartAxis, axis
from resdsl.draw.charts.curves import axes_in
from resdsl.draw.charts.marks import SHAPES
from resdsl.draw.charts.placing import Rect
from resdsl.draw.metrics import width_of, wrapped
from resdsl.draw.scene import Area, ChartMark, Group, Item, Line, Point, Scene, text
from resdsl.draw.texts import clean
from resdsl.draw.themes import CURVES, curve_style

MOST_CURVES = min(CURVES, len(SHAPES))
"""More could not be told apart."""
_WIDTH, _TOP = 480.0, 46.0
_PLOT = Rect(44.0, _TOP, 468.0, _TOP + 210.0)
_TABLE = _PLOT.bottom + 42
_SIZE, _ROW, _SAMPLE = 7.0, 12.0, 22.0
_NAME, _GAP = 130.0, 16.0
_RADIUS = 2.4
_MARKS = 4
"""How many marks a curve has that say which one it is."""


@dataclass(frozen=True, slots=True)
class StepCurve:
    """The distribution of a figure over some networks.

    Attributes:
        name: what they are.
        start: the share of them left of the first step.
        steps: values from low to high, each with the share of networks that do not exceed it, and the ends of its
            interval.
        cells: what the table says of them.
    """

    name: str
    start: float
    steps: tuple[tuple[float, float, float, float], ...]
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DistributionTexts:
    """What a chart of distributions says.

    Attributes:
        title: the line above it.
        x: what the axis shows, with its unit.
        columns: the headings of the table's cells.
        notes: sentences below the table.
        about: what the chart shows, for screen readers.
    """

    title: str
    x: str
    columns: tuple[str, ...]
    notes: tuple[str, ...]
    about: str


def distribution_scene(curves: Sequence[StepCurve], texts: DistributionTexts) -> Scene:
    """A chart of one to six distributions.

    The interval of a single curve is a band around it; those of several are thin dashed lines, which do not hide each
    other.
    """
    across = axis([value for curve in curves for value, *_ in curve.steps], _PLOT.left, _PLOT.right)
    up = replace(axis([0.0, 1.0], _PLOT.bottom, _PLOT.top, apart=42), ticks=(0.0, 0.25, 0.5, 0.75, 1.0))
    log = ", logarithmic" if across.log else ""
    items: list[Item] = []
    if len(curves) == 1:
        items += _band(curves[0], across, up)
    items.append(text(10, 16, texts.title, size=11, anchor="start", bold=True, width=_WIDTH - 20))
    items += axes_in(_PLOT, across, up, f"{texts.x}{log}", "share of networks with at most this value")
    for number, curve in enumerate(curves):
        items += _curve(curve, number, across, up, alone=len(curves) == 1)
        if len(curves) > 1:
            items += _marks(curve, number, len(curves), across, up)
    table, below = _table(curves, texts.columns)
    items += table
    for line in [line for note in texts.notes for line in wrapped(clean(note), _SIZE, _WIDTH - 20)]:
        items.append(text(10, below, line, size=_SIZE, anchor="start", style="note", width=_WIDTH - 20))
        below += 10
    return Scene(_WIDTH, below + 2, texts.title, texts.about, tuple(items))


def _band(curve: StepCurve, across: ChartAxis, up: ChartAxis) -> Iterator[Item]:
    low, high = (_line(curve, at, across, up) for at in (2, 3))
    if low != high:
        yield Area((*low, *reversed(high)), f"{curve_style(0)}-band")


def _curve(curve: StepCurve, number: int, across: ChartAxis, up: ChartAxis, *, alone: bool) -> Iterator[Item]:
    style = curve_style(number)
    line = _line(curve, 1, across, up)
    if not alone:
        bounds = (_line(curve, at, across, up) for at in (2, 3))
        yield from (Line(bound, f"{style}-dashed") for bound in bounds if bound != line)
    yield Line(line, style, about=curve.name)


def _marks(curve: StepCurve, number: int, count: int, across: ChartAxis, up: ChartAxis) -> Iterator[Item]:
    """Marks along a curve, at other shares than those of the other curves, so that equal ones are seen."""
    for at in range(_MARKS):
        level = (at + (number + 1) / (count + 1)) / _MARKS
        value = next((value for value, share, *_ in curve.steps if share >= level), None)
        if value is not None and curve.start < level:
            yield ChartMark(across.place(value), up.place(level), _RADIUS, SHAPES[number], "point")


def _line(curve: StepCurve, of: int, across: ChartAxis, up: ChartAxis) -> tuple[Point, ...]:
    """The steps of the share, or of an end of its interval, from the left of the chart to its right."""
    points = [(_PLOT.left, up.place(curve.start))]
    for step in curve.steps:
        place, height = across.place(step[0]), up.place(step[of])
        if height != points[-1][1]:
            points += [(place, points[-1][1]), (place, height)]
    return (*points, (_PLOT.right, points[-1][1]))


def _table(curves: Sequence[StepCurve], columns: Sequence[str]) -> tuple[list[Item], float]:
    """A line for each curve, and the height below all."""
    widths = _widths([(heading, *(curve.cells[at] for curve in curves)) for at, heading in enumerate(columns)])
    ends = [_WIDTH - 10 - sum(widths[at + 1 :]) for at in range(len(columns))]

    def cells(texts: Sequence[str], y: float, style: str) -> Iterator[Item]:
        for each, end, width in zip(texts, ends, widths, strict=True):
            yield text(end, y, each, size=_SIZE, anchor="end", style=style, width=width - _GAP)

    items: list[Item] = [*cells(columns, _TABLE, "note")]
    items.append(Line(((10, _TABLE + 7), (_WIDTH - 10, _TABLE + 7)), "rule"))
    for number, curve in enumerate(curves):
        row = _TABLE + 16 + _ROW * number
        name = text(10 + _SAMPLE, row, curve.name, size=_SIZE, anchor="start", width=_NAME)
        parts = (*_sample(number, row, alone=len(curves) == 1), name, *cells(curve.cells, row, "text"))
        items.append(Group(f"{curve.name}: {', '.join(curve.cells)}", parts, "row"))
    return items, _TABLE + 20 + _ROW * len(curves)


def _sample(number: int, row: float, *, alone: bool) -> Iterator[Item]:
    """The line of a curve in the table, with its mark if there are others."""
    yield Line(((10, row), (10 + _SAMPLE - 6, row)), curve_style(number))
    if not alone:
        yield ChartMark(10 + (_SAMPLE - 6) / 2, row, _RADIUS, SHAPES[number], "point")


def _widths(columns: Sequence[Sequence[str]]) -> list[float]:
    """The widths of columns with the texts in them, which share the room beside the names."""
    wide = [max(width_of(clean(each), _SIZE) for each in texts) + _GAP for texts in columns]
    room = _WIDTH - 20 - _SAMPLE - _NAME
    return [width * min(1.0, room / sum(wide)) for width in wide]
