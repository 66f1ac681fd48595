"""`resdsl sweep`: shows a family of networks as a table or chart, or builds or trains all of them into a folder."""

from __future__ import annotations

import gc
import json
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import click

from resdsl.cli import sweep_build, sweep_train
from resdsl.cli.edf_options import bound_of, refuse_edf_alone, with_edf_options
from resdsl.cli.messages import warn
from resdsl.cli.options import by_name, import_option, input_option, network_option, not_empty, set_option, values_of
from resdsl.cli.sweep_build import BuildOptions, with_build_options
from resdsl.cli.sweep_train import TrainingOptions, with_training_options
from resdsl.cli.timing import Timing, measure_option, timed_batch_option, with_timing_options
from resdsl.cli.writing import on_a_terminal, put_drawn, put_rows, put_text
from resdsl.report.formats import FORMATS

if TYPE_CHECKING:
    from resdsl.draw.scene import Scene
    from resdsl.draw.write import Drawn
    from resdsl.latency.of_points import Latencies
    from resdsl.report.formats import Format
    from resdsl.sweeps.point import Point
    from resdsl.sweeps.request import Request
    from resdsl.sweeps.sweep import Sweep
    from resdsl.syntax import tree
    from resdsl.training.devices import Devices

F = TypeVar("F", bound=Callable[..., Any])

_FORMATS = (*(form for form in FORMATS if form != "html"), "json", "jsonl")
_STREAMED = ("csv", "jsonl")
"""Formats that are written row by row while points are costed."""
_PLOTTED = ("macs", "params")
_WIDTH = 100
"""The width of tables in characters if the output is not a terminal."""


def _with_lines(command: F) -> F:
    """Add the options that correspond to lines of a sweep."""
    for option in (
        click.option("--name", "template", metavar="TEMPLATE", help="Template for names of points: 'resnet{6*n + 2}'."),
        click.option("--solve", metavar="LINE", help="'k in 1..16 for macs = 250M', optionally 'within 5%'."),
        click.option("--keep", multiple=True, metavar="COND", help="Keep points by their costs: 'params <= 2M'."),
        click.option("--when", multiple=True, metavar="COND", help="Keep points by their parameters: 'n < 9'."),
        click.option(
            "--together",
            multiple=True,
            metavar="NAME=VALUES",
            help="Like --over, but these axes run in step. Given once for each of them.",
        ),
        click.option(
            "--over",
            multiple=True,
            metavar="NAME=VALUES",
            help="Axis: values separated by commas, a list or a range. May be repeated; `network` is an axis, too.",
        ),
    ):
        command = option(command)
    return command


@click.command("sweep")
@click.argument("spec", type=not_empty, metavar="SPEC")
@click.argument("name", metavar="[NAME]", required=False)
@import_option
@input_option
@set_option
@network_option
@_with_lines
@click.option("--sort", metavar="COLUMN", help="Sort by a figure or a parameter; -params sorts from high to low.")
@click.option("--top", type=click.IntRange(1), help="Show only this many points.")
@click.option("--baseline", metavar="POINT", help="Point that changes are relative to.  [default: the first point]")
@click.option("--pareto", metavar="FIGURES", help="Show only the Pareto front of these figures: params,macs.")
@click.option(
    "--plot",
    type=not_empty,
    metavar="FILE",
    help="Draw all points, the front marked, whatever --top and --pareto show: .svg, .html, .png, .pdf, .tex or .dot.",
)
@with_edf_options
@click.option(
    "--sheet", type=not_empty, metavar="FILE", help="Draw the networks of the table by stage, with differences marked."
)
@measure_option
@timed_batch_option
@with_timing_options
@with_build_options
@with_training_options
@click.option("--format", "form", type=click.Choice(_FORMATS), default="text", help="Format of the table.")
@click.option(
    "-o",
    "--output",
    type=not_empty,
    metavar="PATH",
    help="File of the table; to build or train, the folder.",
)
def command(
    spec: str,
    name: str | None,
    import_path: tuple[str, ...],
    input_shapes: tuple[str, ...],
    settings: tuple[str, ...],
    network: str | None,
    over: tuple[str, ...],
    together: tuple[str, ...],
    when: tuple[str, ...],
    keep: tuple[str, ...],
    solve: str | None,
    template: str | None,
    sort: str | None,
    top: int | None,
    baseline: str | None,
    pareto: str | None,
    plot: str | None,
    edf: str | None,
    below: str | None,
    sheet: str | None,
    measure: str | None,
    batch: int | None,
    threads: int | None,
    rounds: int | None,
    form: str,
    output: str | None,
    kinds: tuple[str, ...],
    seed: int | None,
    jobs: int | None,
    on: str | None,
    shard: Any,
    merge: bool,
    replace: bool,
    lint: bool,
    recipe_name: str | None,
    seeds: tuple[int, ...] | None,
    data: str | None,
    steps: int | None,
    responses: bool,
    workers: int | None,
    estimate: bool,
    devices: Devices,
) -> int:
    """Compare a family of networks: the sweep NAME of SPEC, or a new one over its network NAME.

    Options can replace lines of the sweep or add to them: --over, for example, replaces the axis of the same name.
    """
    options = BuildOptions(output, kinds, seed, jobs, on, shard, merge, replace, lint, trains=recipe_name is not None)
    training = TrainingOptions(recipe_name, seeds, data, steps, responses, workers, estimate, devices)
    training.refuse_idle(options)
    options.refuse_idle()
    timing = Timing(measure, batch, threads, rounds)
    timing.refuse_idle()
    table = _TableOptions(form, output, sort, top, baseline, _between_commas(pareto), plot, sheet, timing, edf, below)
    options.refuse_table_options(table.given, form)
    table.refuse_impossible()
    request = _request(_Lines(over, together, when, keep, solve, template), network)
    sweep = _read(spec, name, request, values_of(settings, input_shapes), import_path)
    if not options.makes and not merge:
        from resdsl.overwriting import refuse_overwriting

        refuse_overwriting({"-o": output, "--plot": plot, "--sheet": sheet}, sweep.files)
    from resdsl.sweeps.lint.of_sweep import findings_of
    from resdsl.sweeps.lint.sample import LintSample

    # Points come and go by the thousand, in cycles.
    gc.enable()
    sample = LintSample(sweep.axes)
    coming = sample.noting(sweep.built())
    points: list[Point] = []
    if options.makes_table and table.streams:
        put_rows(_rows(coming, table), output)
    elif not lint:
        points = list(coming)
    deque(coming, maxlen=0)
    warn(sweep.warnings)
    if merge and not options.trains:
        return sweep_build.merge(sweep, points, options)
    if options.makes_table and not table.streams:
        _show(sweep, points, table)
    findings = findings_of(sweep, sample.linted, sample.points)
    if lint:
        return sweep_build.tell(sweep, findings, "json" if form == "json" else "text", sample.note)
    sweep_build.tell(sweep, findings, note=sample.note)
    if options.trains:
        return sweep_train.train(sweep, points, training, options, findings)
    return sweep_build.build(sweep, points, options) if kinds else 0


# ------------------------------------------------------------------------------------------ reading


@dataclass(frozen=True)
class _Lines:
    """The options that are lines of a sweep."""

    over: tuple[str, ...]
    together: tuple[str, ...]
    when: tuple[str, ...]
    keep: tuple[str, ...]
    solve: str | None
    template: str | None

    def __iter__(self) -> Iterator[tree.SweepLine]:
        from resdsl.sweeps.request import axis_of, condition_of, name_line, solve_line
        from resdsl.syntax import tree

        for name, values in by_name(self.over, "--over", "NAME=VALUES").items():
            axis = axis_of(name, values, "--over")
            yield tree.Over(axis.span, (axis,))
        together = by_name(self.together, "--together", "NAME=VALUES")
        if in_step := [axis_of(name, values, "--together") for name, values in together.items()]:
            yield tree.Together(in_step[0].span, tuple(in_step))
        for text in self.when:
            condition = condition_of(text, "--when")
            yield tree.When(condition.span, condition)
        for text in self.keep:
            condition = condition_of(text, "--keep")
            yield tree.Keep(condition.span, condition)
        if self.solve is not None:
            yield solve_line(self.solve, "--solve")
        if self.template is not None:
            yield name_line(self.template, "--name")


def _request(lines: _Lines, network: str | None) -> Request:
    """The options as lines of a sweep."""
    from resdsl.sweeps.request import Request
    from resdsl.syntax import tree

    if network is None:
        return Request(None, tuple(lines))
    from resdsl.source import Source, Span

    place = Source("--network", network)
    return Request(tree.Name(Span(place, 0, len(network)), tuple(network.split("."))), tuple(lines))


def _read(
    spec: str, name: str | None, request: Request, values: Mapping[str, str], import_path: tuple[str, ...]
) -> Sweep:
    from resdsl.api import is_json
    from resdsl.cli.reading import overrides_of, read_source_of, read_text

    source, chosen = read_source_of(spec, None)
    if is_json(source):
        raise click.UsageError(f"{spec} is a single network, not a sweep")
    return read_text(source, import_path).sweep(name or chosen, request, overrides_of(values), with_memory=True)


# ------------------------------------------------------------------------------------------ showing


@dataclass(frozen=True)
class _TableOptions:
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
        return self.form in _STREAMED and not {*self.given} - {"--top"}

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


def _between_commas(text: str | None) -> tuple[str, ...] | None:
    return tuple(each.strip() for each in text.split(",")) if text is not None else None


def _show(sweep: Sweep, points: Sequence[Point], options: _TableOptions) -> None:
    measured = _timed(sweep, points, options.timing)
    if measured is not None:
        points = [replace(point, latency=measured.milliseconds[point.name]) for point in points]
    baseline = options.baseline_of(points)
    chosen = options.chosen(points)
    if options.form == "jsonl":
        from resdsl.sweeps.table import json_lines

        put_rows(json_lines(chosen, baseline if options.baseline is not None else None), options.output)
    else:
        put_text(_text(sweep, chosen, baseline, options.form, measured), options.output)
    if not chosen and (options.plot is not None or options.sheet is not None):
        from resdsl.sweeps.plotting import NothingToDraw

        raise NothingToDraw
    if options.plot is not None and options.edf is not None:
        _plot_edf(sweep, points, options.edf, bound_of(options.below), options.plot)
    elif options.plot is not None:
        _plot(sweep, points, baseline, options.pareto or _PLOTTED, options.plot)
    if options.sheet is not None:
        _sheet(sweep, chosen, baseline, options.sheet)


def _rows(points: Iterator[Point], options: _TableOptions) -> Iterator[str]:
    """The rows of the table, each as soon as its point is there."""
    from resdsl.sweeps.table import csv_rows, json_lines

    yield from csv_rows(points, options.top) if options.form == "csv" else json_lines(islice(points, options.top))


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


def _plot(sweep: Sweep, points: Sequence[Point], baseline: Point | None, figures: Sequence[str], file: str) -> None:
    from resdsl.sweeps.plotting import plot_scene

    x, y = figures
    put_drawn(_drawn(plot_scene(points, baseline, x, y, sweep.name), file), file)


def _plot_edf(sweep: Sweep, points: Sequence[Point], figure: str, bound: float | None, file: str) -> None:
    from resdsl.sweeps.plotting import edf_scene

    put_drawn(_drawn(edf_scene(points, figure, sweep.name, bound), file), file)


def _sheet(sweep: Sweep, points: Sequence[Point], baseline: Point | None, file: str) -> None:
    from resdsl.sweeps.sheet import sheet_scene

    base = baseline or points[0]
    visible = [(point.name, sweep.network(point)) for point in points]
    put_drawn(_drawn(sheet_scene(visible, (base.name, sweep.network(base)), sweep.name), file), file)


def _drawn(scene: Scene, file: str) -> Drawn:
    from resdsl.draw.write import format_of, write

    return write(scene, format_of(file), standalone=True)


def _width() -> int:
    import shutil

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDTH
