"""`resdsl results`: shows what runs have found, as tables and charts."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from resdsl.cli.edf_options import below_option, bound_of
from resdsl.cli.options import not_empty
from resdsl.cli.writing import on_a_terminal, put_drawn, put_text
from resdsl.experiments.views import VIEWS

if TYPE_CHECKING:
    from resdsl.experiments.results import ResultsTable
    from resdsl.report.formats import Format

_TABLES = {"text": "txt", "csv": "csv", "md": "md", "latex": "tex", "html": "html", "json": "json"}
"""The formats of tables, with the suffixes of their files."""
_CHARTS = ("svg", "html", "tex", "dot", "pdf", "png")
_BINARY = ("pdf", "png")
_WIDTH = 110
"""The width of tables in characters if the output is not a terminal."""


@click.command("results")
@click.argument("folders", type=not_empty, nargs=-1, required=True, metavar="FOLDER...")
@click.option("--view", type=click.Choice(tuple(VIEWS)), default="table", help="What to show.  [default: table]")
@click.option("--measure", metavar="NAME", help="Show only this measure: test_error, train_error, psnr, ...")
@click.option("--baseline", metavar="POINT", help="Point that changes are relative to.  [default: the first point]")
@click.option("--by", metavar="NAME", help="Parameter that is compared, or that charts and tables are laid out by.")
@below_option
@click.option(
    "--format",
    "form",
    type=click.Choice((*_TABLES, "markdown", *(form for form in _CHARTS if form not in _TABLES))),
    help="Output format.  [default: by the suffix of FILE; text for tables, svg for charts]",
)
@click.option("-o", "--output", type=not_empty, metavar="FILE", help="File to write; `-` is the standard output.")
@click.option("--standalone", is_flag=True, help="Write LaTeX, TikZ and HTML as complete documents.")
@click.option("--style", type=not_empty, metavar="NAME", help="Of a chart: paper, mono, dark, or a style file.")
@click.option("--width", metavar="LENGTH", help="Of a chart: its width, such as 3.25in, 8.3cm or 234pt.")
def command(
    folders: tuple[str, ...],
    view: str,
    measure: str | None,
    baseline: str | None,
    by: str | None,
    below: str | None,
    form: str | None,
    output: str | None,
    standalone: bool,
    style: str | None,
    width: str | None,
) -> None:
    """Show what the runs in FOLDER have found: those of a sweep, several, or a single one, finished or not.

    FOLDER may also be a table of results such as results.csv. --view edf compares several.

    Neither data nor PyTorch are needed.
    """
    chosen = _format(view, form, output)
    _refuse_idle(view, chosen, standalone=standalone, style=style, width=width)
    bound = bound_of(below)
    if len(folders) > 1 and "beside" not in VIEWS[view].takes:
        raise click.UsageError(f"--view {view} shows one folder, not {len(folders)}; --view edf compares several")
    from resdsl.experiments.results import ResultsTable, results

    found, *others = map(results, folders)
    _refuse_overwriting(folders, output, style)
    made = found.view(
        view,
        measure=measure,
        baseline=baseline,
        by=by,
        below=bound,
        beside=others,
        style=style or "paper",
        width=width,
    )
    if isinstance(made, ResultsTable):
        put_text(_text(made, chosen, standalone=standalone), output)
        return
    from resdsl.draw.write import format_of

    put_drawn(made.write(format_of(f"chart.{chosen}"), standalone=standalone), output)


def _text(table: ResultsTable, form: str, *, standalone: bool) -> str:
    if form == "json":
        from resdsl.printable import in_json

        return in_json(json.dumps(table.record(), indent=2, ensure_ascii=False, allow_nan=False)) + "\n"
    chosen: Format = form  # type: ignore[assignment]  # one of the keys of _TABLES
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDTH
    return table.to(chosen, width=columns, colour=on_a_terminal(), standalone=standalone)


def _format(view: str, form: str | None, output: str | None) -> str:
    """The given format, or else the one of the suffix of the file.

    Raises:
        click.UsageError: the view has no such format, or it is binary and would go to a terminal.
    """
    chart = VIEWS[view].chart
    known = dict(zip(_CHARTS, _CHARTS, strict=True)) if chart else _TABLES
    to_file = output not in {None, "-"}
    suffix = Path(output or "").suffix.removeprefix(".").lower() if to_file else ""
    named = next((name for name, ending in known.items() if suffix in (ending, name)), None)
    chosen = {"markdown": "md"}.get(form or "", form) or named
    if chosen is None and to_file:
        raise click.UsageError(
            f"no format of {'charts' if chart else 'tables'} has the suffix of {output!r}; use "
            f".{', .'.join(known.values())}, or give --format"
        )
    chosen = chosen or ("svg" if chart else "text")
    if chosen not in known:
        what = "a chart" if chart else "a table"
        raise click.UsageError(f"--view {view} is {what}, which has the formats {', '.join(known)}, not {chosen}")
    if named is not None and named != chosen:
        raise click.UsageError(f"--format {form} contradicts the suffix .{suffix} of the file; use only one of them")
    if chosen in _BINARY and not to_file and sys.stdout.isatty():
        raise click.UsageError(f"{chosen} is binary and needs a file: name it with -o")
    return chosen


def _refuse_idle(view: str, form: str, *, standalone: bool, style: str | None, width: str | None) -> None:
    """Refuse options that would have no effect.

    Raises:
        click.UsageError: an option would have no effect.
    """
    for option, value in (("--style", style), ("--width", width)):
        if value is not None and not VIEWS[view].chart:
            raise click.UsageError(f"{option} is for charts: it would have no effect on --view {view}")
    documents = ("tex",) if VIEWS[view].chart else ("latex", "html")
    if standalone and form not in documents:
        raise click.UsageError(f"--standalone is for {' and '.join(documents)}: it would have no effect on {form}")


def _refuse_overwriting(folders: Sequence[str], output: str | None, style: str | None) -> None:
    """Refuse to replace a file of the runs, or to write what would be taken for one, and the style file.

    Raises:
        click.UsageError: the output is such a file.
        resdsl.overwriting.WouldOverwrite: the output is the style file.
    """
    from resdsl.draw.themes import THEMES
    from resdsl.experiments.folder import is_left_by_runs
    from resdsl.overwriting import refuse_overwriting

    if output is not None and any(is_left_by_runs(Path(output), Path(folder)) for folder in folders):
        raise click.UsageError(f"{output} is a file that runs leave behind; choose another name or folder")
    refuse_overwriting({"-o": output}, [style if style not in THEMES else None, *folders])
