"""The results of a folder of runs in Python: rows, tables and charts. `resdsl.results` is the function here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resdsl.experiments.folder import Contents, StoppedRun, contents
from resdsl.experiments.points import MeasuredPoints, points_of
from resdsl.experiments.rows import Row
from resdsl.experiments.views import known_view
from resdsl.refusal import Refused

if TYPE_CHECKING:
    import pandas

    from resdsl.draw.figure import Figure
    from resdsl.report.formats import Format
    from resdsl.report.table import Table


class NothingFinished(Refused):
    """No run in a folder has a result yet."""


@dataclass(frozen=True, repr=False)
class ResultsTable:
    """A table of results, which displays itself.

    Attributes:
        table: the table for people.
        exact: the same for programs: every figure in a column of its own, with all its digits.
        held: what it was made from.
    """

    table: Table
    exact: Table
    held: Contents = field(compare=False)

    def to(self, form: Format, *, width: int = 110, colour: bool = False, standalone: bool = False) -> str:
        """The table as `text`, `csv`, `md`, `latex` or `html`; CSV has the exact figures."""
        from resdsl.report.formats import write

        table = self.exact if form == "csv" else self.table
        return write([table], form, width=width, colour=colour, standalone=standalone)

    def record(self) -> dict[str, Any]:
        """The exact figures, and what failed or is missing, as a value that JSON can hold."""
        from resdsl.report.record import table_record

        failed = [run for run in self.held.stopped if run.reason is not None]
        going = [f"{run.point}, seed {run.seed}" for run in self.held.stopped if run.reason is None]
        return table_record(self.exact) | {
            "failed": [
                {"point": run.point, "seed": run.seed, "step": run.step, "reason": run.reason} for run in failed
            ],
            "missing": [*going, *self.held.missing],
            "findings": list(self.held.findings),
        }

    def __str__(self) -> str:
        return self.to("text")

    def __repr__(self) -> str:
        return self.to("text").rstrip()

    def _repr_html_(self) -> str:
        return self.to("html")


@dataclass(frozen=True, repr=False)
class Results:
    """The results of a folder of runs, as `resdsl.results` returns them.

    Attributes:
        folder: the folder.
        held: what it holds: rows, runs without results, what is missing, and what the lint of the sweep found.
    """

    folder: Path
    held: Contents

    @property
    def rows(self) -> list[Row]:
        """A row for each run: `point`, `network`, the parameters of the sweep, `seed`, `depth`, `params`, ..."""
        return [dict(row) for row in self.held.rows]

    @property
    def stopped(self) -> tuple[StoppedRun, ...]:
        """The runs that failed or have not finished."""
        return self.held.stopped

    @cached_property
    def points(self) -> MeasuredPoints:
        """The points with their runs.

        Raises:
            NothingFinished: no run has a result.
        """
        if not self.held.rows:
            raise NothingFinished("\n".join(["no run has a result yet", *map(str, self.stopped), *self.held.missing]))
        return points_of(self.held.rows)

    def to_frame(self) -> pandas.DataFrame:
        """A pandas data frame with a row for each run.

        Raises:
            ImportError: pandas is not installed.
        """
        import pandas

        return pandas.DataFrame.from_records(self.rows)

    def table(self, *, measure: str | None = None, baseline: str | None = None, by: str | None = None) -> ResultsTable:
        """Mean, deviation and number of runs of each point, and its change against a baseline.

        Args:
            measure: the only measure, such as `test_error`; by default those of the training and the test split.
            baseline: the name of the point that others are compared with; by default the first one.
            by: a parameter; each point is compared with the one that differs from it in this parameter alone and has
                its value in the baseline.

        Raises:
            resdsl.experiments.measures.UnknownMeasure: no run has the measure.
            resdsl.experiments.points.UnknownPoint: there is no such point or parameter.
        """
        found = self.view("table", measure=measure, baseline=baseline, by=by)
        assert isinstance(found, ResultsTable)
        return found

    def view(
        self,
        name: str = "table",
        *,
        measure: str | None = None,
        baseline: str | None = None,
        by: str | None = None,
        below: float | None = None,
        beside: Sequence[Results] = (),
        style: str = "paper",
        width: str | float | None = None,
    ) -> ResultsTable | Figure:
        """A table or a chart: `table`, `table2`, `table6`, `curves`, `scatter`, `responses` or `edf`.

        Args:
            name: the view.
            measure, baseline, by: as for `table`; docs/results.md says what they mean in which view.
            below: of `edf`, the value below which the share of networks is stated, in the unit of the measure.
            beside: of `edf`, more results to compare with.
            style: of a chart: `paper`, `mono`, `dark`, or the path of a style file.
            width: of a chart: a length such as `"3.25in"`, or a number of points.

        Raises:
            resdsl.experiments.views.UnsuitedView: the view is unknown, or does not suit what is there.
        """
        view = known_view(name)
        given = {"measure": measure, "baseline": baseline, "by": by, "below": below, "beside": beside or None}
        view.refuse_idle(given)
        options = {option: value for option, value in given.items() if value is not None}
        if view.chart:
            from resdsl.draw.figure import figure_of_scene

            return figure_of_scene(view.made(self, options), style=style, width=width)
        table, exact = view.made(self, options)
        return ResultsTable(table, exact, self.held)

    def __str__(self) -> str:
        return str(self.table())

    def __repr__(self) -> str:
        return repr(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def results(folder: str | Path) -> Results:
    """The results of the runs in a folder: that of a sweep, of several runs, or of one; finished or not.

    A file like the `results.csv` of a sweep is read, too; it does not say which runs failed.

    Neither data nor PyTorch are needed.

    Raises:
        resdsl.experiments.rows.NoResults: the folder has no runs, or a file in it is not what its name says.
    """
    return Results(Path(folder), contents(Path(folder)))
