"""Networks without shortcuts against residual ones, as in He et al. 2015, Table 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resdsl.experiments.measures import Measured, reported
from resdsl.experiments.points import MeasuredPoint, MeasuredPoints
from resdsl.experiments.rows import value_text
from resdsl.experiments.table import notes_of
from resdsl.experiments.views import UnsuitedView
from resdsl.report.table import Cell, Column, Table, TableLine

if TYPE_CHECKING:
    from resdsl.experiments.results import Results

_SHORTCUT, _NONE = "shortcut", "none"
_Line = dict[str, MeasuredPoint]
"""The points of a line, by their value of the parameter that makes the columns."""


def table2(results: Results, *, measure: str | None = None, by: str | None = None) -> tuple[Table, Table]:
    """A line for each setting of all other parameters, and a column for each value of one: mean and deviation.

    Args:
        results: those to show.
        measure: by default the error on the test split.
        by: the parameter that makes the columns, by default `shortcut`, of which one must be `none`.

    Returns:
        The table for people, and one with every figure in a column of its own.

    Raises:
        UnsuitedView: the parameter does not vary, or no network is plain.
        resdsl.experiments.measures.UnknownMeasure: no run has the measure.
    """
    points = results.points
    column = by or _SHORTCUT
    values = _values(points, column, named=by is not None)
    measured = reported(measure, points.measures)
    lines: dict[tuple[str, ...], _Line] = {}
    for point in points.points:
        lines.setdefault(points.apart_from(column, point), {})[value_text(point.value(column))] = point
    heads = {value: _head(column, value) for value in values}
    title = f"{results.held.name}: {measured.heading}, by {column}"
    label = Column("network", "network", "text", whole=True)
    names = _names(points, column, list(lines.values()))
    spread = [
        TableLine((name, *(_spread(line.get(value), measured) for value in values), _runs(line, values)))
        for name, line in zip(names, lines.values(), strict=True)
    ]
    exact = [
        TableLine((name, *(cell for value in values for cell in _exact(line.get(value), measured.name))))
        for name, line in zip(names, lines.values(), strict=True)
    ]
    people = (label, *(Column(value, head, "number") for value, head in heads.items()), Column("runs", "runs", "text"))
    programs = tuple(
        Column(f"{value}_{figure}", f"{head} {figure}", "number")
        for value, head in heads.items()
        for figure in ("mean", "std", "n")
    )
    notes = tuple(notes_of(results.held))
    return Table(title, people, tuple(spread), notes), Table(title, (label, *programs), tuple(exact), notes)


def _values(points: MeasuredPoints, column: str, *, named: bool) -> list[str]:
    """The values of the parameter, `none` first."""
    if column not in points.parameters:
        more = "" if named else "; name another parameter with `by`"
        raise UnsuitedView(f"table2 has a column for each `{column}`, but the runs have no such parameter{more}")
    values = list(dict.fromkeys(value_text(point.value(column)) for point in points.points))
    if len(values) == 1:
        raise UnsuitedView(f"table2 compares values of `{column}`, but all runs have `{column} = {values[0]}`")
    if not named and _NONE not in values:
        raise UnsuitedView("table2 sets plain networks beside residual ones, but no run has `shortcut = none`")
    return sorted(values, key=lambda value: value != _NONE)


def _head(column: str, value: str) -> str:
    if column != _SHORTCUT:
        return f"{column} = {value}"
    return "no shortcut" if value == _NONE else f"shortcut {value}"


def _names(points: MeasuredPoints, column: str, lines: list[_Line]) -> list[str]:
    """The depth of each line's networks where that tells them apart, else their parameters."""
    depths = [{point.value("depth") for point in line.values()} for line in lines]
    if all(len(each) == 1 for each in depths) and len({str(each) for each in depths}) == len(lines):
        return [f"{next(iter(each))} layers" for each in depths]
    others = [name for name in points.varying if name != column]
    texts = [
        ", ".join(f"{name} = {value_text(next(iter(line.values())).value(name))}" for name in others) for line in lines
    ]
    return [text or str(next(iter(line.values())).value("network")) for text, line in zip(texts, lines, strict=True)]


def _spread(point: MeasuredPoint | None, measured: Measured) -> Cell:
    found = point.summary(measured.name) if point is not None else None
    return measured.spread(found) if found is not None else None


def _runs(line: _Line, values: list[str]) -> str:
    counts = [len(line[value].rows) if value in line else 0 for value in values]
    return str(counts[0]) if len(set(counts)) == 1 else ", ".join(map(str, counts))


def _exact(point: MeasuredPoint | None, measure: str) -> tuple[Cell, Cell, Cell]:
    found = point.summary(measure) if point is not None else None
    return (found.mean, found.deviation, found.n) if found is not None else (None, None, 0)
