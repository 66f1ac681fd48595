"""The table of a sweep: which points it shows, in which format, and what is drawn beside it."""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import click

from resdsl.cli.edf_options import bound_of, refuse_edf_alone
from resdsl.cli.messages import say
from resdsl.cli.sweep_charts import put_distribution, put_plot, put_sheet
from resdsl.cli.timing import Timing
from resdsl.cli.writing import on_a_terminal, put_rows, put_text
from resdsl.printable import one_line
from resdsl.report.formats import FORMATS

if TYPE_CHECKING:
    from resdsl.latency.of_points import Latencies
    from resdsl.report.formats import Format
    from resdsl.sweeps.point import Point
    from resdsl.sweeps.sweep import Sweep

TABLE_FORMATS = (*(form for form in FORMATS if form != "html"), "json", "jsonl", "parquet")
_STREAMED = ("csv", "jsonl", "parquet")
"""Formats that are written row by row while points are costed."""
_PLOTTED = ("macs", "params")
_WIDTH = 100
"""The width of tables in characters if the output is not a terminal."""


@dataclass(frozen=True)
class SweepTable:
    """The points to show, their order, and where they go."""

    form: str
    output: str | None
    sort: str | None
    top: int | None
    baseline: str | None
    pareto: tuple[str, ...] | None
    plot: str | None
    sheet: str | None
    timing: Timing
    edf: str | None
    below: str | None

    @property
    def given(self) -> list[str]:
        """The given options that choose, draw or time points."""
        names = ("sort", "top", "baseline", "pareto", "plot", "edf", "below", "sheet")
        return [*(f"--{name}" for name in names if getattr(self, name) is not None), *self.timing.given]

    def refuse_impossible(self) -> None:
        """Refuse impossible charts and comparisons before building all points for them.

        Raises:
            click.UsageError: a chart does not have exactly two figures.
            resdsl.refusal.Refused: a figure, or the format of a file, is unknown.
        """
        if self.form == "parquet":
            from resdsl.sweeps.parquet import refuse_missing

            refuse_missing()
            if self.output in (None, "-"):
                raise click.UsageError("--format parquet needs a file: name it with -o")
        refuse_edf_alone(self.plot, self.edf, self.below)
        if self.plot is not None and self.edf is None and self.pareto is not None and len(set(self.pareto)) != 2:
            raise click.UsageError("--plot draws one figure against another: --pareto must name two")
        from resdsl.sweeps.ranking import MEASURED, refuse_unknown

        sorted_by = (self.sort or "").removeprefix("-")
        measured = (sorted_by,) if sorted_by in MEASURED else ()
        drawn = (self.edf,) if self.edf is not None else ()
        refuse_unknown((*(self.pareto or ()), *measured, *drawn), self.timing.figures)
        for file in (self.plot, self.sheet):
            if file is not None:
                from resdsl.draw.write import format_of

                format_of(file)

    @property
    def streams(self) -> bool:
        """Whether each row can be written without the points after it."""
        alone = {"--top", *(("--plot", "--edf", "--below") if self.edf is not None else ())}
        return self.form in _STREAMED and not {*self.given} - alone

    def chosen(self, points: Sequence[Point]) -> list[Point]:
        """The points to show."""
        from resdsl.sweeps.ranking import front, in_order_of

        found = list(points)
        if self.pareto is not None:
            found = front(found, self.pareto)
        if self.sort is not None and found:
            found = in_order_of(found, self.sort)
        return found[: self.top]

    def baseline_of(self, points: Sequence[Point]) -> Point | None:
        """The point with which the others are compared."""
        from resdsl.sweeps.ranking import named

        if self.baseline is not None:
            return named(points, self.baseline)
        return points[0] if len(points) > 1 else None


def show(sweep: Sweep, points: Sequence[Point], options: SweepTable) -> None:
    """Write the table of all points, and the charts and the sheet.

    Raises:
        resdsl.sweeps.plotting.NothingToDraw: there are no points to draw.
        resdsl.refusal.Refused: a figure or a point is unknown, or cannot be measured.
        OSError: a file cannot be written.
    """
    measured = _timed(sweep, points, options.timing)
    if measured is not None:
        points = [replace(point, latency=measured.milliseconds[point.name]) for point in points]
    baseline = options.baseline_of(points)
    chosen = options.chosen(points)
    named = baseline if options.baseline is not None else None
    if options.form == "jsonl":
        from resdsl.sweeps.table import json_lines

        put_rows(json_lines(chosen, named), options.output)
    elif options.form == "parquet":
        _put_parquet(chosen, sweep, options)
    else:
        put_text(_text(sweep, chosen, baseline, options.form, measured), options.output)
    if not chosen and (options.plot is not None or options.sheet is not None):
        from resdsl.sweeps.plotting import NothingToDraw

        raise NothingToDraw
    if options.plot is not None and options.edf is not None:
        from resdsl.sweeps.plotting import CostsByNetwork

        costs = CostsByNetwork(options.edf)
        deque(costs.noting(points), maxlen=0)
        put_distribution(costs, bound_of(options.below), sweep.name, options.plot)
    elif options.plot is not None:
        put_plot(points, baseline, options.pareto or _PLOTTED, sweep.name, options.plot)
    if options.sheet is not None:
        put_sheet(sweep, chosen, baseline, options.sheet)


def stream(sweep: Sweep, points: Iterator[Point], options: SweepTable) -> None:
    """Write the rows of the table, each as soon as its point is there, and then the chart of a distribution.

    Raises:
        resdsl.sweeps.parquet.NoColumn: a number is too large for a file of Parquet.
        resdsl.sweeps.plotting.NothingToDraw: there are no points to draw.
        OSError: a file cannot be written; its former content is kept.
    """
    if options.edf is None or options.plot is None:
        _put_rows(sweep, points, options)
        return
    from resdsl.sweeps.plotting import CostsByNetwork

    costs = CostsByNetwork(options.edf)
    coming = costs.noting(points)
    _put_rows(sweep, coming, options)
    deque(coming, maxlen=0)
    put_distribution(costs, bound_of(options.below), sweep.name, options.plot)


def _put_rows(sweep: Sweep, points: Iterator[Point], options: SweepTable) -> None:
    from resdsl.sweeps.table import csv_rows, json_lines

    if options.form == "parquet":
        _put_parquet(islice(points, options.top), sweep, options)
        return
    of_csv = options.form == "csv"
    put_rows(csv_rows(points, options.top) if of_csv else json_lines(islice(points, options.top)), options.output)


def _put_parquet(points: Iterable[Point], sweep: Sweep, options: SweepTable) -> None:
    from resdsl.files import replacing
    from resdsl.sweeps.parquet import write_points

    assert options.output is not None, "refused before"
    with replacing(options.output) as new:
        write_points(points, sweep, new)
    say(f"wrote {one_line(options.output)}", err=True)


def _timed(sweep: Sweep, points: Sequence[Point], timing: Timing) -> Latencies | None:
    from resdsl.net import Net

    return timing.of({point.name: Net(sweep.network(point)) for point in points} if timing.given else {})


def _text(sweep: Sweep, points: Sequence[Point], baseline: Point | None, form: str, measured: Latencies | None) -> str:
    from resdsl.printable import in_json
    from resdsl.sweeps.table import points_record, points_table

    if form == "json":
        record = points_record(sweep, points, baseline, measured.record() if measured is not None else None)
        return in_json(json.dumps(record, indent=2, ensure_ascii=False)) + "\n"
    from resdsl.report.formats import write

    chosen: Format = form  # type: ignore[assignment]  # click has checked it
    notes = measured.notes if measured is not None else ()
    table = points_table(sweep, points, baseline, exact=form == "csv", notes=notes)
    return write([table], chosen, width=_width(), colour=on_a_terminal())


def _width() -> int:
    import shutil

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDTH
