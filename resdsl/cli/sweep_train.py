"""Training the points of a sweep, for `resdsl sweep --train`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from resdsl.cli.devices import with_one_device_options
from resdsl.cli.messages import say, under_the_bar
from resdsl.cli.options import not_empty, refuse_repeated, responses_option
from resdsl.cli.sweep_build import BuildOptions
from resdsl.cli.sweep_on import jobs_on, pool_on
from resdsl.cli.sweep_outcome import TRAININGS, missing_text, run_text
from resdsl.printable import one_line

if TYPE_CHECKING:
    from resdsl.experiments.trainings.run import Planned, SweepTraining
    from resdsl.sweeps.lint.findings import Finding
    from resdsl.sweeps.point import Point
    from resdsl.sweeps.sweep import Sweep
    from resdsl.sweeps.units.run import Pool
    from resdsl.training.devices import Devices

F = TypeVar("F", bound=Callable[..., Any])

_MOST_SEEDS = 10_000


def _read_seeds(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    """How many seeds from 0, as in `3`, or which ones, as in `0,3,5`."""
    if value is None:
        return None
    texts = [text.strip() for text in value.split(",")]
    if not all(text.isdecimal() and len(text) < 19 for text in texts):
        raise click.BadParameter(f"{value!r} is neither a number of seeds nor seeds as in 0,3,5", context, parameter)
    numbers = [int(text) for text in texts]
    if len(numbers) > 1:
        refuse_repeated(context, parameter, numbers)
        return tuple(numbers)
    if not 1 <= numbers[0] <= _MOST_SEEDS:
        raise click.BadParameter(f"{value!r} is not a number of seeds from 1 to {_MOST_SEEDS:,}", context, parameter)
    return tuple(range(numbers[0]))


_OPTIONS = (
    click.option(
        "--train",
        "recipe_name",
        type=not_empty,
        metavar="RECIPE",
        help="Train every point into a folder in -o, from each seed. Started again, it continues where it left off.",
    ),
    click.option(
        "--seeds", callback=_read_seeds, metavar="N", help="Number of seeds, or the seeds as in 0,3,5.  [default: 1]"
    ),
    click.option("--data", type=not_empty, metavar="FOLDER", help="Folder of the data set, unless a package has it."),
    click.option(
        "--steps", type=click.IntRange(1), help="Steps of a training instead of the recipe's; drops move along."
    ),
    responses_option,
    click.option(
        "--workers",
        type=click.IntRange(0),
        help="Processes that make the batches of each training ahead; the results are the same.  [default: 0]",
    ),
    click.option("--estimate", is_flag=True, help="Only measure a few steps, and say what --train will cost."),
)


def with_training_options(command: F) -> F:
    """Add the options of training: recipe, seeds, data, steps, responses, workers, estimate, devices."""
    command = with_one_device_options(command)
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True)
class TrainingOptions:
    """The options of training."""

    recipe_name: str | None
    seeds: tuple[int, ...] | None
    data: str | None
    steps: int | None
    responses: bool
    workers: int | None
    estimate: bool
    devices: Devices

    def refuse_idle(self, build: BuildOptions) -> None:
        """Refuse options that would have no effect or need another one.

        Raises:
            click.UsageError: an option would have no effect or needs another one.
        """
        given = {"--seeds": self.seeds, "--data": self.data, "--steps": self.steps}
        given |= {"--responses": self.responses or None, "--workers": self.workers, "--estimate": self.estimate or None}
        computation = {f"--{name.replace('_', '-')}": value for name, value in self.devices.unusual().items()}
        idle = [name for name, value in {**given, **computation}.items() if value is not None]
        if self.recipe_name is None and idle:
            raise click.UsageError(f"{idle[0]} is for --train: it would have no effect without it")
        if self.recipe_name is None:
            return
        if build.kinds:
            raise click.UsageError("--build and --train do not go together: each has a folder of its own")
        if build.seed is not None:
            raise click.UsageError("--seed is for --build: name the seeds of trainings with --seeds")
        if build.output in (None, "-") and not self.estimate:
            raise click.UsageError("--train needs a folder: name it with -o")
        if build.merge and (self.estimate or self.data is not None or self.workers is not None):
            raise click.UsageError("--merge trains nothing: --data, --workers and --estimate would have no effect")
        if self.estimate and self.workers is not None:
            raise click.UsageError("--estimate measures batches apart: --workers would have no effect")
        if self.estimate and build.replace:
            raise click.UsageError("--estimate writes nothing: --replace would have no effect")


def train(
    sweep: Sweep, points: Sequence[Point], options: TrainingOptions, build: BuildOptions, findings: Sequence[Finding]
) -> int:
    """Train the points, merge or estimate, and return the exit code.

    Raises:
        resdsl.refusal.Refused: see `resdsl.experiments.trainings.run.SweepTraining`.
        OSError: the folder cannot be written to.
    """
    trainings = _trainings(sweep, points, options, build, findings)
    if build.merge:
        return _merge(trainings, sweep)
    trainings.refuse_impossible()
    if build.output is not None:
        trainings.refuse_occupied(sweep.files)
    if options.estimate:
        return _estimate(trainings, trainings.unfinished() if build.output is not None else trainings.part)
    return _train(trainings, pool_on(build.on, build.folder, gpus=True))


def _trainings(
    sweep: Sweep, points: Sequence[Point], options: TrainingOptions, build: BuildOptions, findings: Sequence[Finding]
) -> SweepTraining:
    from resdsl.cli.reading import recipe_of
    from resdsl.experiments.trainings.run import SweepTraining, TrainingOrder
    from resdsl.sweeps.units.shards import Shard

    order = TrainingOrder(
        sweep.name,
        build.folder,
        recipe_of(options.recipe_name or "", steps=options.steps, responses=options.responses),
        options.seeds or (0,),
        options.data,
        build.shard or Shard(),
        jobs_on(build.on, build.jobs),
        build.replace,
        tuple(finding.text for finding in findings),
        options.devices,
        options.workers or 0,
    )
    return SweepTraining(points, sweep.network, order)


def _train(trainings: SweepTraining, pool: Pool) -> int:
    from resdsl.interrupts import saying

    count = len(trainings.part)
    sentence = f"{under_the_bar()}{{}}: the same command goes on from the last checkpoint of each training\n"
    with (
        saying(sentence),
        click.progressbar(length=count, label=TRAININGS.counted(count), file=sys.stderr, show_pos=True) as bar,
    ):
        run = trainings.run(lambda _: bar.update(1), pool)
    return run_text(run, count, trainings.order.root, trainings.order.shard, TRAININGS)


def _estimate(trainings: SweepTraining, left: Sequence[Planned]) -> int:
    from resdsl.experiments.trainings.estimate import estimate

    if not left:
        say("all trainings are finished")
        return 0
    found = estimate(trainings, left)
    say(f"{TRAININGS.counted(found.trainings)} of {found.steps:,} steps, one {found.device} each")
    for name, times in found.measured.items():
        say(f"{one_line(name)}: a step takes {_milliseconds(times.compute)}, and its data {_milliseconds(times.data)}")
    if len(found.measured) > 1:
        say("the others are between these two, by their multiply-adds")
    say(f"compute, tests included: {_hours(found.compute, found.device)}; data: {_hours(found.data, found.device)}")
    jobs = f"{found.jobs} jobs" if found.jobs > 1 else "one job"
    say(f"in total: {_hours(found.compute + found.data, found.device)}; with {jobs} about {_duration(found.wall)}")
    return 0


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:,.3g} s"


def _hours(seconds: float, device: str) -> str:
    hours = seconds / 3600
    return f"less than 0.01 {device} hours" if hours < 0.01 else f"{hours:,.{2 if hours < 100 else 0}f} {device} hours"


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6_000 else f"{seconds / 3600:,.1f} h"


def _merge(trainings: SweepTraining, sweep: Sweep) -> int:
    root = trainings.order.root
    if not root.is_dir():
        raise click.UsageError(f"there is no folder {root} with trainings to merge")
    missing = trainings.merge(sweep.files)
    count, total = len(trainings.planned) - len(missing), TRAININGS.counted(len(trainings.planned))
    say(f"wrote {one_line(str(root / 'manifest.json'))} and results.csv: {count:,} of {total}")
    return missing_text(missing, TRAININGS)
