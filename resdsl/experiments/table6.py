"""Networks by depth and size with their errors, as in He et al. 2015, Table 6."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resdsl.experiments.measures import Measured, reported
from resdsl.experiments.points import MeasuredPoint
from resdsl.experiments.table import notes_of
from resdsl.report.table import Cell, Column, Table, TableLine

if TYPE_CHECKING:
    from resdsl.experiments.results import Results


def table6(results: Results, *, measure: str | None = None) -> tuple[Table, Table]:
    """A line for each point: layers, parameters, and the best run with mean and deviation, as `6.43 (6.61 ± 0.16)`.

    Args:
        results: those to show.
        measure: by default the error on the test split.

    Returns:
        The table for people, and one with every figure in a column of its own.

    Raises:
        resdsl.experiments.measures.UnknownMeasure: no run has the measure.
    """
    measured = reported(measure, results.points.measures)
    points = results.points.points
    costs = (
        Column("network", "network", "text", whole=True),
        Column("layers", "layers", "number"),
        Column("params", "params"),
        Column("runs", "runs", "number"),
    )
    title = f"{results.held.name}: {measured.heading}"
    notes = (
        "Of several runs the best one, and in parentheses mean and deviation.",
        *notes_of(results.held),
    )
    people = (*costs, Column(measured.name, measured.heading, "number"))
    programs = (
        *costs,
        *(
            Column(f"{measured.name}_{figure}", f"{measured.title} {figure}", "number")
            for figure in ("best", "mean", "std")
        ),
    )
    return (
        Table(title, people, tuple(TableLine((*_costs(point), _best(point, measured))) for point in points), notes),
        Table(title, programs, tuple(TableLine((*_costs(point), *_exact(point, measured))) for point in points), notes),
    )


def _costs(point: MeasuredPoint) -> tuple[Cell, ...]:
    return point.name, point.number("depth"), point.number("params"), len(point.rows)


def _best(point: MeasuredPoint, measured: Measured) -> Cell:
    found = point.summary(measured.name, more_is_better=measured.more_is_better)
    if found is None:
        return None
    best = measured.text(found.best)
    return best if found.deviation is None else f"{best} ({measured.spread(found)})"


def _exact(point: MeasuredPoint, measured: Measured) -> tuple[Cell, ...]:
    found = point.summary(measured.name, more_is_better=measured.more_is_better)
    return (found.best, found.mean, found.deviation) if found is not None else (None, None, None)
