"""What `resdsl sweep` does beside its table: building the points, and saying what the comparison hides."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from resdsl.cli.exits import PROBLEM, USAGE
from resdsl.cli.messages import say, warn
from resdsl.printable import one_line

if TYPE_CHECKING:
    from resdsl.ir.network import Network
    from resdsl.source import Span
    from resdsl.sweeps.building.outputs import Outcome
    from resdsl.sweeps.building.run import Order, RunOutcome
    from resdsl.sweeps.building.shards import Shard
    from resdsl.sweeps.lint.findings import Finding, LintedPoint
    from resdsl.sweeps.plan import Axis
    from resdsl.sweeps.point import Point
    from resdsl.sweeps.sweep import Sweep

F = TypeVar("F", bound=Callable[..., Any])

_KINDS = ("onnx", "torch", "safetensors", "json")
_FAILURES_LISTED = 10
_NAMES_LISTED = 5


def _read_kinds(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """What to build: a list with commas, each once, in the order of the list of all."""
    request = [each.strip() for each in value.split(",")] if value is not None else []
    for each in request:
        if each not in _KINDS:
            raise click.BadParameter(f"{each!r} is none of {', '.join(_KINDS)}", context, parameter)
    return tuple(kind for kind in _KINDS if kind in request) or None


def _read_part(context: click.Context, parameter: click.Parameter, value: str | None) -> Shard | None:
    """A part of the points, such as 3/16."""
    from resdsl.sweeps.building.shards import NoShard, read_shard

    try:
        return read_shard(value) if value is not None else None
    except NoShard as error:
        raise click.BadParameter(str(error), context, parameter) from None


_OPTIONS = (
    click.option(
        "--build",
        "kinds",
        callback=_read_kinds,
        metavar="KINDS",
        help=f"Build every point into a folder below -o: {', '.join(_KINDS)}, several with commas. "
        "Started again, it goes on where it was.",
    ),
    click.option("--seed", type=click.IntRange(0), default=None, help="What weights are drawn from.  [default: 0]"),
    click.option("--jobs", type=click.IntRange(1), help="How many points are built at once.  [default: all cores]"),
    click.option("--shard", callback=_read_part, metavar="K/N", help="Build the K-th of N parts of the points."),
    click.option(
        "--merge",
        is_flag=True,
        help="Write the manifest of the run in -o from those of its points, after parts of it were built.",
    ),
    click.option(
        "--replace",
        is_flag=True,
        help="Build also where another sweep was built, or where files of yours stand beside another network.",
    ),
    click.option("--lint", is_flag=True, help="Only say what the comparison hides; exit code 1 if it hides anything."),
)


def with_build_options(command: F) -> F:
    """Add the options of building and of the lint: kinds, seed, jobs, shard, merge, replace, lint."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def refuse_idle(
    kinds: tuple[str, ...] | None,
    output: str | None,
    *,
    seed: int | None,
    jobs: int | None,
    shard: Shard | None,
    merge: bool,
    replace: bool,
    lint: bool,
) -> None:
    """Refuse options that would have no effect, or that lack another.

    Raises:
        click.UsageError: as said.
    """
    if lint and (kinds or merge):
        raise click.UsageError("--lint builds nothing: it is for before --build")
    if (kinds or merge) and (output is None or output == "-"):
        raise click.UsageError("points are built into a folder: name it with -o")
    if merge and (kinds or shard is not None or jobs is not None):
        raise click.UsageError("--merge builds nothing: --build, --shard and --jobs would have no effect")
    if replace and not kinds and not merge:
        raise click.UsageError("--replace is for --build and --merge: without them it would have no effect")
    if not kinds and (shard is not None or jobs is not None):
        raise click.UsageError("--shard and --jobs are for --build: without it they would have no effect")
    if seed is not None and not merge and not _weighted(kinds):
        raise click.UsageError("only onnx and safetensors hold weights: --seed would have no effect")


def refuse_table_options(options: Sequence[str], form: str, output: str | None, *, lint: bool) -> None:
    """Refuse options of the table and of figures where neither is made.

    Args:
        options: those that are given.
        form: the format that is given.
        output: the file or folder.
        lint: whether the lint is asked for, and not a build.

    Raises:
        click.UsageError: as said.
    """
    what = "--lint" if lint else "--build or --merge"
    if options:
        raise click.UsageError(f"there is no table with {what}: {options[0]} would have no effect")
    if form != "text" and not (lint and form == "json"):
        raise click.UsageError(f"there is no table with {what}: --format {form} would have no effect")
    if lint and output is not None:
        raise click.UsageError("--lint writes no file: -o would have no effect")


def _weighted(kinds: tuple[str, ...] | None) -> bool:
    return any(kind in ("onnx", "safetensors") for kind in kinds or ())


def build(
    sweep: Sweep,
    points: Sequence[Point],
    folder: str,
    kinds: tuple[str, ...],
    *,
    seed: int | None = None,
    jobs: int | None = None,
    shard: Shard | None = None,
    replace: bool = False,
) -> int:
    """Build the points, with a bar on the error stream; the exit code.

    Raises:
        resdsl.sweeps.building.manifest.FoldersCollide: two names cannot be told apart by file systems.
        resdsl.sweeps.building.manifest.NoFolder: what is to be the folder of the run is none.
        resdsl.refusal.Refused: the folder holds what must not be replaced, see `refuse_occupied`.
        OSError: the folder cannot be written to.
    """
    from resdsl.interrupts import saying
    from resdsl.sweeps.building.manifest import make_folder
    from resdsl.sweeps.building.run import Order, build_all, cores, refuse_occupied
    from resdsl.sweeps.building.shards import Shard

    part = shard or Shard()
    order = Order(sweep.name, Path(folder), kinds, seed or 0, part, jobs or cores(), replace)
    count = len(part.of(points))
    refuse_occupied(points, order, sweep.files)
    make_folder(order.root)
    with (
        saying(f"{_under_the_bar()}{{}}: what is built is whole, and the same command goes on where it was\n"),
        click.progressbar(length=count, label=f"building {_points(count)}", file=sys.stderr) as bar,
    ):
        run = build_all(points, sweep.network, order, lambda _: bar.update(1))
    return _run_text(run, count, order)


def _under_the_bar() -> str:
    """What leads out of the line of the bar, which hides the cursor of a terminal."""
    return "\x1b[?25h\n" if sys.stderr.isatty() else "\n"


def merge(sweep: Sweep, points: Sequence[Point], folder: str, seed: int | None = None, *, replace: bool = False) -> int:
    """Write the manifest of the run from those of its points; the exit code.

    Raises:
        resdsl.sweeps.building.manifest.FoldersCollide: two names cannot be told apart by file systems.
        resdsl.refusal.Refused: the folder holds what must not be replaced, see `refuse_occupied`.
        OSError: the folder cannot be written to.
    """
    from resdsl.sweeps.building.run import Order, merge_points, refuse_occupied

    order = Order(sweep.name, Path(folder), (), seed or 0, replace=replace)
    if not order.root.is_dir():
        raise click.UsageError(f"there is no folder {folder} with points to be merged")
    refuse_occupied(points, order, sweep.files)
    missing = merge_points(points, order)
    say(
        f"wrote {one_line(str(order.root / 'manifest.json'))}: {len(points) - len(missing):,} of {len(points):,} points"
    )
    return _missing(missing)


def find(sweep: Sweep, look_of: Sequence[LintedPoint], points: Sequence[Point]) -> tuple[Finding, ...]:
    """What the comparison hides.

    Args:
        sweep: the sweep.
        look_of: its points as the lint sees them, see `seen_of`.
        points: the same points.
    """
    from resdsl.sweeps.lint.again import rebuilding
    from resdsl.sweeps.lint.lint import lint

    solved = sweep.plan.solve.name.text if sweep.plan.solve is not None else None
    axes = [axis.names for axis in sweep.axes]
    thinned = [" and ".join(axis.names) for axis in sweep.axes if _values(axis, points) < len(axis.rows)]
    again = rebuilding(sweep, points)
    return lint(look_of, axes, fixed=tuple(sweep.plan.fixed), solved=solved, again=again, thinned=thinned)


def _values(axis: Axis, points: Sequence[Point]) -> int:
    """How many values of an axis are left."""
    return len({tuple([point.texts[name] for name in axis.names]) for point in points})


def look_at(point: Point, network: Network) -> LintedPoint:
    """A point as the lint sees it; made while the network is at hand."""
    from resdsl.sweeps.lint.findings import look_of

    return look_of(point.name, point.texts, network, point.costs)


def tell(sweep: Sweep, findings: Sequence[Finding], style: str = "text") -> int:
    """Say what was found: as text on the error stream, as JSON on the output; the exit code of `--lint`."""
    if style == "json":
        from resdsl.printable import in_json

        click.echo(
            in_json(json.dumps({"findings": [finding.plain for finding in findings]}, indent=1, ensure_ascii=False))
        )
    else:
        warn(finding.problem(place_of(sweep, finding)) for finding in findings)
    return PROBLEM if findings else 0


def place_of(sweep: Sweep, finding: Finding) -> Span | None:
    """Where the lines of a sweep have what was found: an axis, or the sweep as a whole."""
    from resdsl.elaborate.sweeps import axes_of

    spans = {axis.name.text: axis.span for axis in axes_of(sweep.plan.node)}
    spans |= {" and ".join(axis.names): axis.span for axis in sweep.axes}
    if finding.axis in spans:
        return spans[finding.axis]
    override = sweep.plan.fixed.get(finding.axis or "")
    return override.span if override is not None else sweep.plan.place


def _run_text(run: RunOutcome, count: int, order: Order) -> int:
    done = f"{run.built:,} built" + (f", {run.kept:,} there and intact" if run.kept else "")
    part = f" (part {order.shard.number} of {order.shard.count})" if order.shard.count > 1 else ""
    failed = f", {len(run.failed):,} failed" if run.failed else ""
    say(f"{one_line(str(order.root))}: {_points(count)}{part}: {done}{failed}")
    if run.replaced:
        say(f"note: built in place of other networks: {_named(run.replaced)}", err=True)
    if run.full:
        left = count - run.built - run.kept
        say(
            f"error: no room left for {one_line(str(order.root))}, with {left:,} of {_points(count)} to do. What is "
            "built is whole: make room and start the same command again.",
            err=True,
        )
        return USAGE
    for outcome in run.failed[:_FAILURES_LISTED]:
        say(f"error: {_failure(outcome)}", err=True)
    if len(run.failed) > _FAILURES_LISTED:
        say(f"error: {_points(len(run.failed) - _FAILURES_LISTED)} more failed", err=True)
    return PROBLEM if run.failed else 0


def _points(count: int) -> str:
    return f"{count:,} point{'s' if count != 1 else ''}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _failure(outcome: Outcome) -> str:
    return f"{one_line(outcome.name)}: {one_line(outcome.reason)}"


def _named(names: Sequence[str]) -> str:
    """Names between commas, of many the first."""
    return ", ".join(map(one_line, names[:_NAMES_LISTED])) + (", ..." if len(names) > _NAMES_LISTED else "")


def _missing(names: Sequence[str]) -> int:
    if not names:
        return 0
    count, them = len(names), "it" if len(names) == 1 else "them"
    say(
        f"error: {_points(count)} {_are(count)} not there, or not as the sweep has {them} now: {_named(names)}",
        err=True,
    )
    return PROBLEM
