"""`resdsl sweep`: shows a family of networks as a table or chart, or builds or trains all of them into a folder."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from resdsl.cli import sweep_build, sweep_train
from resdsl.cli.edf_options import with_edf_options
from resdsl.cli.messages import say, warn
from resdsl.cli.options import by_name, import_option, input_option, network_option, not_empty, set_option, values_of
from resdsl.cli.sweep_build import BuildOptions, with_build_options
from resdsl.cli.sweep_on import costs_on
from resdsl.cli.sweep_progress import progress_of
from resdsl.cli.sweep_table import TABLE_FORMATS, SweepTable, show, stream
from resdsl.cli.sweep_train import TrainingOptions, with_training_options
from resdsl.cli.timing import Timing, measure_option, timed_batch_option, with_timing_options
from resdsl.cli.writing import refuse_outputs

if TYPE_CHECKING:
    from resdsl.sweeps.point import Point
    from resdsl.sweeps.request import Request
    from resdsl.sweeps.sweep import Sweep
    from resdsl.syntax import tree
    from resdsl.training.devices import Devices

F = TypeVar("F", bound=Callable[..., Any])

_COLLECTED = 20_000, 20, 50
"""After how many new objects, and collections of younger ones, each generation is collected."""


def _with_lines(command: F) -> F:
    """Add the options that correspond to lines of a sweep."""
    for option in (
        click.option("--name", "template", metavar="TEMPLATE", help="Template for names of points: 'resnet{6*n + 2}'."),
        click.option("--sample", "sampling", metavar="LINE", help="How many points are drawn: '100', or '100 seed 2'."),
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
@click.option("--format", "form", type=click.Choice(TABLE_FORMATS), default="text", help="Format of the table.")
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
    sampling: str | None,
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
    table = SweepTable(form, output, sort, top, baseline, _between_commas(pareto), plot, sheet, timing, edf, below)
    options.refuse_table_options(table.given, form)
    table.refuse_impossible()
    request = _request(_Lines(over, together, when, keep, solve, sampling, template), network)
    # Networks are no garbage while they are remembered: to look for it more rarely saves a sixth of the time.
    gc.set_threshold(*_COLLECTED)
    sweep = _read(spec, name, request, values_of(settings, input_shapes), import_path)
    if not options.makes and (options.makes_table or not merge):
        refuse_outputs({"-o": output, "--plot": plot, "--sheet": sheet}, sweep.files)
    from resdsl.sweeps.lint.of_sweep import findings_of
    from resdsl.sweeps.lint.sample import LintSample

    # Points come and go by the thousand, in cycles.
    gc.enable()
    linted = LintSample(sweep.axes, sweep.draws)
    if options.makes_part:
        with progress_of(sweep, rows_on_output=False) as progress:
            return sweep_build.cost_part(sweep, options, costs_on(sweep, on, jobs, None), progress)
    costs = None if options.makes or merge else costs_on(sweep, on, jobs, linted)
    if options.parts:
        from resdsl.sweeps.parts import FromParts

        costs = FromParts(sweep, options.parts)
    points: list[Point] = []
    streams = options.makes_table and table.streams
    with progress_of(sweep, rows_on_output=streams and output in (None, "-")) as progress:
        coming = linted.noting(sweep.found(costs, progress))
        if streams:
            stream(sweep, coming, table)
        elif not lint:
            points = list(coming)
        deque(coming, maxlen=0)
    warn(sweep.warnings)
    if sweep.acceptance is not None:
        say(f"note: {sweep.acceptance}", err=True)
    if merge and not options.trains and not options.parts:
        return sweep_build.merge(sweep, points, options)
    if options.makes_table and not table.streams:
        show(sweep, points, table)
    findings = findings_of(sweep, linted.linted, linted.points)
    if lint:
        return sweep_build.tell(sweep, findings, "json" if form == "json" else "text", linted.note)
    sweep_build.tell(sweep, findings, note=linted.note)
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
    sampling: str | None
    template: str | None

    def __iter__(self) -> Iterator[tree.SweepLine]:
        from resdsl.sweeps.request import axis_of, condition_of, name_line, sample_line, solve_line
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
        if self.sampling is not None:
            yield sample_line(self.sampling, "--sample")
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


def _between_commas(text: str | None) -> tuple[str, ...] | None:
    return tuple(each.strip() for each in text.split(",")) if text is not None else None
