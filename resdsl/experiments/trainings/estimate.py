"""What the trainings of a sweep will cost, from a few steps of the cheapest and of the dearest network.

The steps are real ones, on the real data, and nothing is kept of them. Between the two networks, times are interpolated
by multiply-adds.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from resdsl.api import Net
from resdsl.data.prepared import Prepared, prepare
from resdsl.experiments.trainings.run import Planned, SweepTraining
from resdsl.recipes.recipe import Recipe
from resdsl.sweeps.point import Point
from resdsl.training.batches import Batches
from resdsl.training.run import Standing
from resdsl.training.schedule import rates_of

_SKIPPED = 2
"""Steps that are not measured: the first ones set up what later ones use."""
_STEPS = 8
_ENOUGH = 5.0
"""Seconds after which no more steps are measured than there are."""
_TESTED = 256
"""Images."""


@dataclass(frozen=True)
class Times:
    """Seconds that a network takes on one core.

    Attributes:
        compute: for a step, without its data.
        data: for the data of a step.
        test: for the test of an image.
    """

    compute: float
    data: float
    test: float


@dataclass(frozen=True)
class Estimate:
    """What trainings will cost.

    Attributes:
        trainings: how many there are.
        steps: steps of each.
        measured: the names and times of the cheapest and of the dearest network; only one if all do as many
            multiply-adds.
        compute: seconds of one core for the steps of all, and for the test of all images at the end of each.
        data: seconds of one core for the data of all steps.
        wall: seconds from the beginning to the end.
        jobs: how many are trained at once.
    """

    trainings: int
    steps: int
    measured: dict[str, Times]
    compute: float
    data: float
    wall: float
    jobs: int


def estimate(trainings: SweepTraining, left: Sequence[Planned]) -> Estimate:
    """Measure a few steps, and say what trainings will cost.

    Args:
        trainings: those of the sweep.
        left: those of them that are not finished; at least one.
    """
    from resdsl.training.threads import one_thread

    recipe = trainings.order.recipe
    prepared = prepare(trainings.data, recipe.data, colours=recipe.augmentation.colour > 0)
    points = [planned.point for planned in left]
    cheapest, dearest = min(points, key=_macs), max(points, key=_macs)
    with one_thread():
        measured = {
            point.name: times_of(Net(trainings.network(point)), recipe, prepared)
            for point in ([cheapest, dearest] if _macs(cheapest) < _macs(dearest) else [cheapest])
        }
    first, last = measured[cheapest.name], measured.get(dearest.name, measured[cheapest.name])
    span = _macs(dearest) - _macs(cheapest) or 1
    times = [_between(first, last, (_macs(point) - _macs(cheapest)) / span) for point in points]
    steps = rates_of(recipe, len(prepared.train) // recipe.optimiser.batch, cheapest.costs.depth).steps
    tested = len(prepared.train) + len(prepared.test)
    compute = [steps * each.compute + tested * each.test for each in times]
    data = [steps * each.data for each in times]
    jobs = max(1, min(trainings.order.jobs, len(left)))
    wall = longest(map(sum, zip(compute, data, strict=True)), jobs)
    return Estimate(len(left), steps, measured, sum(compute), sum(data), wall, jobs)


def _macs(point: Point) -> int:
    return point.costs.macs


def _between(first: Times, last: Times, share: float) -> Times:
    def at(one: float, other: float) -> float:
        return one + share * (other - one)

    return Times(at(first.compute, last.compute), at(first.data, last.data), at(first.test, last.test))


def longest(costs: Iterable[float], jobs: int) -> float:
    """How long it takes until all are done, if each job takes the dearest that is left as soon as it is free."""
    loads = [0.0] * jobs
    for cost in sorted(costs, reverse=True):
        heapq.heapreplace(loads, loads[0] + cost)
    return max(loads)


class _Enough(Exception):
    """Enough steps were measured."""


def times_of(net: Net, recipe: Recipe, prepared: Prepared) -> Times:
    """Train a network for a few steps, and forget them."""
    from resdsl.training.engine import PlainEngine
    from resdsl.training.loop import Course, measured, module_of, optimiser_of, train
    from resdsl.training.tasks import task_of

    engine, task = PlainEngine(), task_of(recipe, prepared.normalisation)
    batches = Batches(prepared.train, recipe.optimiser.batch, recipe.augmentation, 0, prepared.colours)
    module, optimiser = engine.set_up(
        module_of(net, recipe, 0, None), lambda module: optimiser_of(module, recipe.optimiser)
    )
    moments = [perf_counter()]

    def stepped(_: Standing) -> None:
        moments.append(perf_counter())
        counted = len(moments) - 1 - _SKIPPED
        if counted >= _STEPS or (counted >= 1 and moments[-1] - moments[0] > _ENOUGH):
            raise _Enough

    rates = rates_of(recipe, batches.per_epoch, net.depth)
    with TemporaryDirectory() as folder, suppress(_Enough):
        train(module, optimiser, Course(batches, rates, task, [], stepped), engine, Path(folder))
    taken = [after - before for before, after in pairwise(moments)]
    data = median(_seconds(partial(batches.at, step)) for step in range(min(_STEPS, rates.steps)))
    part = prepared.train[:_TESTED]
    test = _seconds(lambda: measured(module, part, task, engine)) / len(part)
    return Times(max(median(taken[_SKIPPED:] or taken) - data, 0.0), data, test)


def _seconds(work: Callable[[], object]) -> float:
    before = perf_counter()
    work()
    return perf_counter() - before
