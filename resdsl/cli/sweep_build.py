"""Building the points of a sweep, and checking whether its comparison is fair, for `resdsl sweep`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from resdsl.cli.exits import PROBLEM
from resdsl.cli.messages import say, under_the_bar, warn
from resdsl.cli.options import refuse_repeated
from resdsl.cli.sweep_on import jobs_on, on_option, pool_on
from resdsl.cli.sweep_outcome import BUILDS, missing_text, run_text
from resdsl.cli.writing import put_rows
from resdsl.printable import one_line
from resdsl.targets import NoSuchTarget, own_targets, target_named

if TYPE_CHECKING:
    from resdsl.sweeps.lint.findings import Finding
    from resdsl.sweeps.point import Point
    from resdsl.sweeps.sweep import Cost, Sweep, Watch
    from resdsl.sweeps.units.shards import Shard

F = TypeVar("F", bound=Callable[..., Any])


def _read_kinds(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    """The outputs to build; our own come first, in the order of `own_targets`."""
    request = [each.strip() for each in value.split(",")] if value is not None else []
    for each in request:
        try:
            target_named(each)
        except NoSuchTarget:
            known = ", ".join(own_targets())
            raise click.BadParameter(f"unknown output {each!r}; available: {known}", context, parameter) from None
    refuse_repeated(context, parameter, request)
    ours = [name for name in own_targets() if name in request]
    return tuple(dict.fromkeys((*ours, *request)))


def _read_part(context: click.Context, parameter: click.Parameter, value: str | None) -> Shard | None:
    """A part of the points, such as 3/16."""
    from resdsl.sweeps.units.shards import NoShard, read_shard

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
        help=f"Build every point into a folder in -o: {', '.join(own_targets())}, separated by commas. "
        "Started again, it continues where it left off.",
    ),
    click.option("--seed", type=click.IntRange(0), default=None, help="Seed for weights.  [default: 0]"),
    click.option(
        "--jobs",
        type=click.IntRange(1),
        help="Number of points costed or made at once.  [default: 1 to cost them, all cores to make them]",
    ),
    on_option,
    click.option(
        "--shard",
        callback=_read_part,
        metavar="K/N",
        help="Cost, build or train the K-th of N parts of the points.",
    ),
    click.option(
        "--merge",
        is_flag=True,
        help="Put together what was made in parts: the table in -o, or the manifest of the run and its results.",
    ),
    click.option(
        "--replace",
        is_flag=True,
        help="Replace another sweep or run, and networks that have your files beside them.",
    ),
    click.option("--lint", is_flag=True, help="Only check whether the comparison is fair; exit with 1 if it is not."),
)


def with_build_options(command: F) -> F:
    """Add the options of building and of the lint: kinds, seed, jobs, on, shard, merge, replace, lint."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True)
class BuildOptions:
    """The options of builds and of the lint."""

    output: str | None
    kinds: tuple[str, ...]
    seed: int | None
    jobs: int | None
    on: str | None
    shard: Shard | None
    merge: bool
    replace: bool
    lint: bool
    trains: bool = False

    @property
    def folder(self) -> Path:
        """The folder of the run."""
        return Path(self.output or "")

    @property
    def makes(self) -> bool:
        """Whether points are built or trained."""
        return bool(self.kinds) or self.trains

    @property
    def makes_part(self) -> bool:
        """Whether a part of a table is costed."""
        return self.shard is not None and not self.makes

    @property
    def makes_table(self) -> bool:
        """Whether the command shows a table rather than building or linting."""
        return not (self.makes or self.makes_part or self.lint) and (not self.merge or bool(self.parts))

    @cached_property
    def parts(self) -> list[Path]:
        """The files of the parts of a table that is to be merged.

        Raises:
            resdsl.sweeps.parts.NotAPart: some of them are missing.
        """
        if self.makes or not self.merge or self.output in (None, "-") or self.folder.is_dir():
            return []
        from resdsl.sweeps.parts import part_paths

        return part_paths(self.folder)

    def refuse_idle(self) -> None:
        """Refuse options that would have no effect or need another one.

        Raises:
            click.UsageError: an option would have no effect or needs another one.
        """
        if self.lint and (self.makes or self.merge):
            raise click.UsageError("--lint makes nothing: use it before --build or --train")
        if (self.kinds or self.merge) and self.output in (None, "-"):
            raise click.UsageError("--build and --merge need a folder: name it with -o")
        given = {"--shard": self.shard, "--jobs": self.jobs, "--on": self.on}
        making = [name for name, value in given.items() if value is not None]
        if self.merge and (self.kinds or making):
            raise click.UsageError("--merge makes nothing: --build, --shard, --jobs and --on would have no effect")
        if self.replace and not self.makes and not self.merge:
            raise click.UsageError("--replace is for --build, --train and --merge: it would have no effect without")
        if self.makes_part and self.lint:
            raise click.UsageError("--lint needs all points: --shard would have no effect")
        if self.makes_part and self.output in (None, "-"):
            raise click.UsageError("--shard needs a file or a folder: name it with -o")
        takes_weights = any(target_named(kind).takes_weights for kind in self.kinds)
        if self.seed is not None and not self.merge and not takes_weights:
            weighted = [name for name, target in own_targets().items() if target.takes_weights]
            raise click.UsageError(
                f"only {' and '.join(weighted)} contain weights: --seed would have no effect; the seed of a sample "
                'stands beside it, as in --sample "500 seed 1"'
            )

    def refuse_table_options(self, options: Sequence[str], form: str) -> None:
        """Refuse options of tables and figures when neither is made.

        Args:
            options: the given options.
            form: the given format.

        Raises:
            click.UsageError: an option would have no effect.
        """
        if self.makes_table:
            return
        if self.merge and not self.makes and not self.folder.is_dir():
            raise click.UsageError(f"there is no folder {self.output} with points to merge, and no part of a table")
        what = "--lint" if self.lint else "training" if self.trains else "a part" if self.makes_part else "a build"
        if options:
            raise click.UsageError(f"{what} shows no table: {options[0]} would have no effect")
        if form != "text" and not (self.lint and form == "json"):
            raise click.UsageError(f"{what} shows no table: --format {form} would have no effect")
        if self.lint and self.output is not None:
            raise click.UsageError("--lint does not write a file: -o would have no effect")


def cost_part(sweep: Sweep, options: BuildOptions, cost: Cost | None, watch: Watch) -> int:
    """Cost a part of the points into a file beside that of the table, and return the exit code.

    Raises:
        SpecError: a point cannot be built.
        OSError: the file cannot be written.
    """
    from resdsl.sweeps.parts import part_lines, part_path
    from resdsl.sweeps.units.shards import Shard

    shard = options.shard or Shard()
    put_rows(part_lines(sweep, shard, cost, watch), str(part_path(options.folder, shard)))
    return 0


def build(sweep: Sweep, points: Sequence[Point], options: BuildOptions) -> int:
    """Build the points, with a progress bar on the error stream, and return the exit code.

    Raises:
        resdsl.sweeps.units.manifest.FoldersCollide: file systems cannot distinguish the names of two points.
        resdsl.sweeps.units.manifest.NoFolder: the folder of the run exists but is not a folder.
        resdsl.refusal.Refused: the folder has contents that must not be replaced; see `refuse_occupied`.
        OSError: the folder cannot be written to.
    """
    from resdsl.interrupts import saying
    from resdsl.sweeps.building.run import Order, build_all, refuse_occupied
    from resdsl.sweeps.units.manifest import make_folder
    from resdsl.sweeps.units.shards import Shard

    part, jobs = options.shard or Shard(), jobs_on(options.on, options.jobs)
    order = Order(sweep.name, options.folder, options.kinds, options.seed or 0, part, jobs, options.replace)
    pool = pool_on(options.on, order.root)
    count = len(order.part(points))
    refuse_occupied(points, order, sweep.files)
    make_folder(order.root)
    with (
        saying(
            f"{under_the_bar()}{{}}: all files built so far are complete, and the same command continues from there\n"
        ),
        click.progressbar(length=count, label=f"building {BUILDS.counted(count)}", file=sys.stderr) as bar,
    ):
        run = build_all(points, sweep.network, order, lambda _: bar.update(1), pool)
    return run_text(run, count, order.root, part, BUILDS)


def merge(sweep: Sweep, points: Sequence[Point], options: BuildOptions) -> int:
    """Write the manifest of the run from those of its points, and return the exit code.

    Raises:
        resdsl.sweeps.units.manifest.FoldersCollide: file systems cannot distinguish the names of two points.
        resdsl.refusal.Refused: the folder has contents that must not be replaced; see `refuse_occupied`.
        OSError: the folder cannot be written to.
    """
    from resdsl.sweeps.building.run import Order, merge_points, refuse_occupied

    order = Order(sweep.name, options.folder, (), options.seed or 0, replace=options.replace)
    if not order.root.is_dir():
        raise click.UsageError(f"there is no folder {options.output} with points to merge")
    refuse_occupied(points, order, sweep.files)
    missing = merge_points(points, order)
    say(
        f"wrote {one_line(str(order.root / 'manifest.json'))}: {len(points) - len(missing):,} of {len(points):,} points"
    )
    return missing_text(missing, BUILDS)


def tell(sweep: Sweep, findings: Sequence[Finding], style: str = "text", note: str | None = None) -> int:
    """Print findings, as text on the error stream or as JSON on the output, and return the exit code of `--lint`.

    Args:
        sweep: the sweep.
        findings: what the lint has found.
        style: `text` or `json`.
        note: which points were linted, if not all were.
    """
    if style == "json":
        from resdsl.printable import in_json

        record = {"findings": [finding.plain for finding in findings], **({"sample": note} if note else {})}
        click.echo(in_json(json.dumps(record, indent=1, ensure_ascii=False)))
        return PROBLEM if findings else 0
    from resdsl.sweeps.lint.of_sweep import problems_of

    warn(problems_of(sweep, findings))
    if note is not None:
        say(f"note: {note}", err=True)
    return PROBLEM if findings else 0
