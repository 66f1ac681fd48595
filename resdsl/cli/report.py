"""`resdsl report`: reports the costs of networks, also as other tools count them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from resdsl.analysis.dtypes import DTYPES
from resdsl.analysis.rows.tree import DEPTHS
from resdsl.cli.exits import PROBLEM
from resdsl.cli.messages import say
from resdsl.cli.options import not_empty, values_of, with_spec_options
from resdsl.cli.timing import Timing, measure_option, with_timing_options
from resdsl.cli.writing import on_a_terminal, put_drawn, put_text, refuse_outputs
from resdsl.report.formats import FORMATS

if TYPE_CHECKING:
    from resdsl.analysis.budget import BudgetBound
    from resdsl.analysis.dtypes import Dtype
    from resdsl.analysis.rows.tree import Depth
    from resdsl.draw.write import Drawn
    from resdsl.net import Net
    from resdsl.report.formats import Format
    from resdsl.report.table import Table

_VIEWS = ("cost", "table1", "layers")


@dataclass(frozen=True)
class _Request:
    """The options; None and False for those not given."""

    by: Depth | None
    columns: str | None
    batch: int | None
    dtype: Dtype | None
    device: str | None
    expand: bool
    view: str | None
    convention: str | None
    reconcile: bool
    why: str | None
    form: str
    standalone: bool
    width: int | None
    timing: Timing

    @property
    def mode(self) -> str:
        """The kind of report.

        Raises:
            click.UsageError: two kinds are requested, or an option would have no effect.
        """
        request = {
            f"--view {self.view}": self.view is not None,
            f"--convention {self.convention}": self.convention is not None,
            "--reconcile": self.reconcile,
            f"--why {self.why}": self.why is not None,
        }
        given = [name for name, is_given in request.items() if is_given]
        if len(given) > 1:
            raise click.UsageError(f"{given[0]} and {given[1]} are different reports; use only one of them")
        mode = given[0] if given and self.view != "cost" else "cost"
        if mode != "cost":
            self._refuse_idle(mode)
        if self.standalone and self.form not in ("latex", "html"):
            raise click.UsageError(f"--standalone is for latex and html: it would have no effect on {self.form}")
        if self.width is not None and (self.form != "text" or self.why is not None):
            other = "--why" if self.why is not None else self.form
            raise click.UsageError(f"--width is for tables of text: it would have no effect on {other}")
        if self.expand and self.by == "model":
            raise click.UsageError("--expand would have no effect on --by model")
        self._refuse_untimed(mode)
        return self.view or mode.split(" ")[0].removeprefix("--")

    def _refuse_untimed(self, mode: str) -> None:
        """Refuse times where there is no line for a whole network."""
        if self.timing.form is None:
            return
        if mode != "cost" or self.form == "json" or (self.by or "model") != "model":
            raise click.UsageError("--measure adds a column to tables with a line for each network: use --by model")

    def _refuse_idle(self, mode: str) -> None:
        cost_only = {
            "--by": self.by,
            "--columns": self.columns,
            "--batch": self.batch,
            "--dtype": self.dtype,
            "--device": self.device,
            "--expand": self.expand and mode != "--view layers",
        }
        for option, value in cost_only.items():
            if value not in (None, False):
                raise click.UsageError(f"{option} would have no effect on {mode}")


@click.command("report")
@click.argument("specs", type=not_empty, metavar="SPEC...", nargs=-1, required=True)
@with_spec_options
@click.option("--by", type=click.Choice(DEPTHS), help="Depth of the rows.  [default: stage; model for several]")
@click.option(
    "--view", type=click.Choice(_VIEWS), help="Show the costs, Table 1 of the paper, or a row for each layer."
)
@click.option("--columns", metavar="NAMES", help="short, paper, memory, time, full, or names separated by commas.")
@click.option("--expand", is_flag=True, help="Give each of several equal blocks its own row.")
@click.option("--batch", type=click.IntRange(1, 10**12), help="Batch size.  [default: 1]")
@click.option("--dtype", type=click.Choice(DTYPES), help="Data type that bytes are counted for.  [default: float32]")
@click.option(
    "--device",
    metavar="NAME",
    help="Add the least time on a device: v100, a100, h100, h200, rtx4090, or FLOP/s,bytes/s.",
)
@click.option(
    "--convention", metavar="NAME", help="Show the figures that another tool prints: fvcore, thop, torchinfo, ..."
)
@click.option("--reconcile", is_flag=True, help="Show how our figure turns into that of every other tool.")
@click.option("--why", metavar="PATH", help="Show the arithmetic behind one row, such as layer1.0.")
@measure_option
@with_timing_options
@click.option("--budget", metavar="BOUNDS", help="Exit with 1 if exceeded, as in 'params<=26M,macs<=4.1G'.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", *FORMATS[1:], "markdown")),
    default="text",
    help="Output format; md is short for markdown.  [default: text]",
)
@click.option("--width", type=click.IntRange(40, 10_000), help="Width of lines of text.  [default: 80]")
@click.option("--standalone", is_flag=True, help="Write LaTeX and HTML as complete documents.")
@click.option(
    "-o", "--output", type=not_empty, metavar="PATH", help="File to write; `-` is the standard output.  [default: -]"
)
@click.option(
    "--plot", type=not_empty, metavar="FILE", help="Also draw the costs: .svg, .html, .png, .pdf, .tex or .dot."
)
def command(
    specs: tuple[str, ...],
    network: str | None,
    settings: tuple[str, ...],
    input_shapes: tuple[str, ...],
    import_path: tuple[str, ...],
    by: Depth | None,
    view: str | None,
    columns: str | None,
    expand: bool,
    batch: int | None,
    dtype: Dtype | None,
    device: str | None,
    convention: str | None,
    reconcile: bool,
    why: str | None,
    measure: str | None,
    threads: int | None,
    rounds: int | None,
    budget: str | None,
    form: str,
    width: int | None,
    standalone: bool,
    output: str | None,
    plot: str | None,
) -> int:
    """Report the costs of each SPEC: parameters, multiply-adds, activations, memory.

    A multiply and an add count as one multiply-add; only those of convolutions and linear layers are counted, as in
    He et al. 2015, Table 1. The text alone is analysed: nothing is run, and no framework is loaded.
    """
    form = "md" if form == "markdown" else form
    timing = Timing(measure, batch if measure is not None else None, threads, rounds)
    timing.refuse_idle()
    by = "model" if measure is not None and by is None else by
    request = _Request(
        by, columns, batch, dtype, device, expand, view, convention, reconcile, why, form, standalone, width, timing
    )
    mode = request.mode
    _refuse_plot(specs, plot)
    bounds = _bounds(budget, request)
    values = values_of(settings, input_shapes)
    from resdsl.cli.reading import load_nets

    nets = load_nets(specs, network, values, import_path)
    refuse_outputs({"-o": output, "--plot": plot}, [file for net in nets for file in net.files])
    text = _text(nets, request, mode)
    drawn = _drawn(nets[0], plot) if plot is not None else None
    put_text(text, output)
    if plot is not None and drawn is not None:
        put_drawn(drawn, plot)
    return _over(nets, bounds, request.dtype or "float32")


def _text(nets: Sequence[Net], request: _Request, mode: str) -> str:
    if mode == "why":
        return _arithmetic(nets, request.why or "", request.form)
    if request.form == "json":
        return _json(_records(nets, request, mode))
    from resdsl.report.formats import write

    tables = _tables(nets, request, mode)
    chosen: Format = request.form  # type: ignore[assignment]  # click has checked it
    if chosen == "csv" and any(table.columns != tables[0].columns for table in tables):
        raise click.UsageError(
            "tables with different columns do not fit into one CSV file; report one network at a time"
        )
    return write(tables, chosen, width=request.width or 80, colour=on_a_terminal(), standalone=request.standalone)


def _json(records: list[dict[str, Any]]) -> str:
    return json.dumps(records[0] if len(records) == 1 else records, indent=2, allow_nan=False) + "\n"


def _records(nets: Sequence[Net], request: _Request, mode: str) -> list[dict[str, Any]]:
    if mode != "cost":
        from resdsl.report.record import table_record

        return [table_record(table) for table in _tables(nets, request, mode)]
    if request.columns is not None:
        raise click.UsageError("JSON contains every count: --columns would have no effect")
    return [net.report(request.by or "stage", **_options(request)).record() for net in nets]


def _tables(nets: Sequence[Net], request: _Request, mode: str) -> list[Table]:
    networks = [net.ir for net in nets]
    if mode == "table1":
        from resdsl.report.table1 import table1

        return [table1(networks)]
    if mode == "layers":
        from resdsl.report.layers import layers_table

        return [layers_table(each, expand=request.expand) for each in networks]
    if mode == "convention":
        from resdsl.report.reconcile import convention_table

        return [convention_table(each, request.convention or "") for each in networks]
    if mode == "reconcile":
        from resdsl.report.reconcile import reconcile_table

        return [reconcile_table(each) for each in networks]
    by = request.by or ("stage" if len(nets) == 1 else "model")
    if by == "model":
        from resdsl.report.report import models_table

        chosen = {name: value for name, value in _options(request).items() if name != "expand"}
        return [_timed(models_table(networks, columns=request.columns, **chosen), nets, request.timing)]
    return [net.report(by, columns=request.columns, **_options(request)).table for net in nets]


def _timed(table: Table, nets: Sequence[Net], timing: Timing) -> Table:
    """The table with the time of each network, if that is asked for."""
    names = [net.name for net in nets]
    if len({*names}) < len(names):
        names = [f"{name} ({number})" for number, name in enumerate(names, 1)]
    found = timing.of(dict(zip(names, nets, strict=True)))
    if found is None:
        return table
    from resdsl.latency.table import with_latencies

    return with_latencies(table, found, names)


def _options(request: _Request) -> dict[str, Any]:
    """The given options, by the names of the arguments of functions."""
    given = {"expand": request.expand, "batch": request.batch, "dtype": request.dtype, "device": request.device}
    return {name: value for name, value in given.items() if value not in (None, False)}


def _arithmetic(nets: Sequence[Net], path: str, form: str) -> str:
    from resdsl.analysis.why import why
    from resdsl.report.why import why_lines, why_record

    if form not in ("text", "json"):
        raise click.UsageError(f"--why supports the formats text and json, not {form}")
    found = [why(net.ir, path) for net in nets]
    if form == "json":
        return _json([why_record(each) for each in found])
    return "\n\n".join("\n".join(why_lines(each)) for each in found) + "\n"


def _refuse_plot(specs: tuple[str, ...], plot: str | None) -> None:
    """Refuse, before anything is written, what cannot be plotted."""
    if plot is None:
        return
    if len(specs) > 1:
        raise click.UsageError("--plot draws one network: give only one spec")
    from resdsl.draw.errors import NotDrawn
    from resdsl.draw.write import format_of

    try:
        format_of(plot)
    except NotDrawn as refused:
        raise click.UsageError(f"--plot: {refused}") from None


def _drawn(net: Net, plot: str) -> Drawn:
    from resdsl.draw.write import format_of

    return net.plot().write(format_of(plot), standalone=True)


def _bounds(budget: str | None, request: _Request) -> tuple[BudgetBound, ...]:
    if budget is None:
        return ()
    from resdsl.analysis.budget import parse_budget, speaks_of_memory
    from resdsl.analysis.dtypes import GRADIENTLESS

    if request.batch is not None:
        raise click.UsageError("--budget limits figures for one sample: --batch would have no effect on it")
    bounds = parse_budget(budget)
    if request.dtype in GRADIENTLESS and speaks_of_memory(bounds):
        raise click.UsageError(f"--budget cannot limit memory in {request.dtype}, which is not known")
    return bounds


def _over(nets: Sequence[Net], bounds: tuple[BudgetBound, ...], dtype: Dtype) -> int:
    """Print what exceeds the budget, and return the exit code."""
    if not bounds:
        return 0
    from resdsl.analysis.budget import over, speaks_of_memory
    from resdsl.analysis.memory.totals import memory

    code = 0
    for net in nets:
        takes = memory(net.ir, dtype=dtype) if speaks_of_memory(bounds) else None
        for overrun in over(bounds, net.costs, takes):
            say(f"{net.name}: {overrun}", err=True)
            code = PROBLEM
    return code
