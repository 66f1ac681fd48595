"""The table of an experiment: a line for each point, with costs, statistics of each measure, and changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resdsl.experiments.folder import Contents
from resdsl.experiments.measures import Measured, chosen
from resdsl.experiments.points import MeasuredPoint, MeasuredPoints
from resdsl.experiments.rows import value_text
from resdsl.experiments.statistics import CONFIDENCE, FEWEST, PairedChange, paired
from resdsl.printable import one_line
from resdsl.report.table import Cell, Column, Table, TableLine

if TYPE_CHECKING:
    from resdsl.experiments.results import Results

_COSTS = (Column("params", "params"), Column("macs", "macs"))
_DEPTH = Column("depth", "depth", "number")
_MOST_NAMED = 6


@dataclass(frozen=True)
class Comparisons:
    """Which point each point is compared with.

    Attributes:
        baselines: the baseline of each point, by the names of both; a point without one is not compared.
        note: a sentence that says which they are.
    """

    baselines: Mapping[str, MeasuredPoint]
    note: str

    def change(self, point: MeasuredPoint, measure: str) -> PairedChange | None:
        """The change of a measure; None for a baseline itself, and without a common seed."""
        base = self.baselines.get(point.name)
        return paired(point.by_seed(measure), base.by_seed(measure)) if base is not None and base != point else None


def comparisons(points: MeasuredPoints, baseline: str | None, by: str | None) -> Comparisons | None:
    """What points are compared with; None if there is a single one.

    Args:
        points: all points.
        baseline: the name of the point that all others, or those with other values of `by`, are compared with; by
            default the first one.
        by: the parameter along which points are compared: each with the point that has the baseline's value of it,
            and the same values of all others.

    Raises:
        resdsl.experiments.points.UnknownPoint: there is no such point or parameter.
    """
    base = points.named(baseline) if baseline is not None else points.points[0]
    if by is None:
        if len(points.points) == 1:
            return None
        return Comparisons({point.name: base for point in points.points}, f"Changes are against {base.name}.")
    points.refuse_unknown(by)
    wanted = value_text(base.value(by))
    bases = {points.apart_from(by, one): one for one in points.points if value_text(one.value(by)) == wanted}
    found = {one.name: bases.get(points.apart_from(by, one)) for one in points.points}
    return Comparisons(
        {name: one for name, one in found.items() if one is not None},
        f"Changes are against the point with {by} = {wanted} and the same other parameters.",
    )


def table(
    results: Results, *, measure: str | None = None, baseline: str | None = None, by: str | None = None
) -> tuple[Table, Table]:
    """A line for each point.

    Args:
        results: those to show.
        measure: the only measure; by default those of the training and the test split.
        baseline, by: what points are compared with, as for `comparisons`.

    Returns:
        The table for people, and one with every figure in a column of its own.

    Raises:
        resdsl.experiments.measures.UnknownMeasure: no run has the measure.
        resdsl.experiments.points.UnknownPoint: there is no such point or parameter.
    """
    points = results.points
    measures = chosen(measure, points.measures)
    against = comparisons(points, baseline, by)
    parameters = _visible(points)
    identity = (Column("point", "point", "text", whole=True), *(Column(name, name, "text") for name in parameters))
    people, programs = [], []
    for point in points.points:
        texts = [value_text(point.value(name)) for name in parameters]
        costs = [point.number(column.name) for column in _COSTS]
        people.append(TableLine((point.name, *texts, *costs, *_cells(point, measures, against))))
        exact = (point.number(_DEPTH.name), *costs, *_exact_cells(point, measures, against))
        programs.append(TableLine((point.name, *texts, *exact)))
    title, notes = title_of(results.held, points), tuple(notes_of(results.held, against))
    return (
        Table(title, (*identity, *_COSTS, *_columns(measures, against)), tuple(people), notes),
        Table(title, (*identity, _DEPTH, *_COSTS, *_exact_columns(measures, against)), tuple(programs), notes),
    )


def title_of(held: Contents, points: MeasuredPoints) -> str:
    """One line that says how much there is."""
    return f"{held.name}: {_several(len(points.points), 'point')}, {_several(len(held.rows), 'run')}"


def notes_of(held: Contents, against: Comparisons | None = None) -> Iterator[str]:
    """The sentences that qualify results: what they are, what is missing, and what the lint of the sweep found."""
    if len({str(row["point"]) for row in held.rows}) < len(held.rows):
        yield "± is the sample standard deviation over the seeds of a point."
    if against is not None:
        yield (
            f"{against.note} A change is the mean difference between runs of the same seed, in brackets with its "
            f"{CONFIDENCE:.0%} interval by Student's t if at least {FEWEST} seeds are common."
        )
    yield from _incomplete(held)
    yield from (one_line(finding) for finding in held.findings)
    if held.caveat:
        yield f"{one_line(held.name)}: {held.caveat}"


def _incomplete(held: Contents) -> Iterator[str]:
    """What failed, has not finished, or is missing."""
    yield from (one_line(str(run)) for run in held.stopped if run.reason is not None)
    going = [f"{run.point}, seed {run.seed}" for run in held.stopped if run.reason is None]
    absent = [*going, *held.missing]
    if absent:
        more = f" and {len(absent) - _MOST_NAMED} more" if len(absent) > _MOST_NAMED else ""
        yield f"Missing: {one_line('; '.join(absent[:_MOST_NAMED]))}{more}."


def _visible(points: MeasuredPoints) -> list[str]:
    """The parameters that differ, except for one that the names of the points already are."""
    return [
        name for name in points.varying if any(value_text(point.value(name)) != point.name for point in points.points)
    ]


def _columns(measures: Sequence[Measured], against: Comparisons | None) -> Iterator[Column]:
    yield Column("runs", "runs", "number")
    yield from (Column(measure.name, measure.heading, "number") for measure in measures)
    if against is not None:
        yield Column(f"{measures[-1].name}_change", "change", "number")


def _cells(point: MeasuredPoint, measures: Sequence[Measured], against: Comparisons | None) -> Iterator[Cell]:
    runs = len(point.rows)
    yield runs
    for measure in measures:
        found = point.summary(measure.name, more_is_better=measure.more_is_better)
        fewer = f" (n = {found.n})" if found is not None and found.n != runs else ""
        yield measure.spread(found) + fewer if found is not None else None
    if against is not None:
        change = against.change(point, measures[-1].name)
        fewer = f" (n = {change.n})" if change is not None and change.n != runs else ""
        yield measures[-1].change(change) + fewer if change is not None else None


def _exact_columns(measures: Sequence[Measured], against: Comparisons | None) -> Iterator[Column]:
    for measure in measures:
        yield Column(f"{measure.name}_n", f"{measure.title} n", "number")
        for figure in ("mean", "std", "best"):
            yield Column(f"{measure.name}_{figure}", f"{measure.title} {figure}", "number")
        if against is not None:
            for figure in ("change", "change_low", "change_high", "change_n"):
                yield Column(f"{measure.name}_{figure}", f"{measure.title} {figure}", "number")


def _exact_cells(point: MeasuredPoint, measures: Sequence[Measured], against: Comparisons | None) -> Iterator[Cell]:
    for measure in measures:
        found = point.summary(measure.name, more_is_better=measure.more_is_better)
        yield from (found.n, found.mean, found.deviation, found.best) if found is not None else (0, None, None, None)
        if against is not None:
            change = against.change(point, measure.name)
            low, high = change.interval if change is not None and change.interval is not None else (None, None)
            yield from (change.mean, low, high, change.n) if change is not None else (None, None, None, None)


def _several(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
