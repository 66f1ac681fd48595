"""What the trainings of a sweep will cost, from a few steps of the cheapest and of the dearest network.

The steps are real ones, on the real data, and nothing is kept of them. Between the two networks, times are interpolated
by multiply-adds.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from resdsl.data.images import Parts
from resdsl.data.prepared import Prepared, prepare_for
from resdsl.experiments.trainings.run import Planned, SweepTraining
from resdsl.net import Net
from resdsl.recipes.reading import changed
from resdsl.recipes.recipe import Recipe
from resdsl.sweeps.point import Point
from resdsl.training.batches import Batches
from resdsl.training.devices import Devices
from resdsl.training.schedule import rates_of
from resdsl.training.training import train

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
        test: for a test of one view of an image.
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
        compute: seconds of one core for the steps of all, and for the tests after each epoch and at the end.
        data: seconds of one core for the data of all steps.
        wall: seconds from the beginning to the end.
        jobs: how many are trained at once.
        device: what each is trained on: `core` or `GPU`.
    """

    trainings: int
    steps: int
    measured: dict[str, Times]
    compute: float
    data: float
    wall: float
    jobs: int
    device: str


def estimate(trainings: SweepTraining, left: Sequence[Planned]) -> Estimate:
    """Measure a few steps, and say what trainings will cost.

    Args:
        trainings: those of the sweep.
        left: those of them that are not finished; at least one.
    """
    from resdsl.training.engines import engine_on
    from resdsl.training.threads import one_thread

    recipe = trainings.order.recipe
    prepared = prepare_for(trainings.data, recipe)
    points = [planned.point for planned in left]
    cheapest, dearest = min(points, key=_macs), max(points, key=_macs)
    with one_thread():
        measured = {
            point.name: times_of(
                Net(trainings.network(point)), recipe, trainings.data, prepared, trainings.order.devices
            )
            for point in ([cheapest, dearest] if _macs(cheapest) < _macs(dearest) else [cheapest])
        }
    first, last = measured[cheapest.name], measured.get(dearest.name, measured[cheapest.name])
    span = _macs(dearest) - _macs(cheapest) or 1
    times = [_between(first, last, (_macs(point) - _macs(cheapest)) / span) for point in points]
    per_epoch = len(prepared.train) // recipe.optimiser.batch
    steps = rates_of(recipe, per_epoch, cheapest.costs.depth).steps
    tested = tested_in(recipe, prepared, epochs=-(-steps // per_epoch))
    compute = [steps * each.compute + tested * each.test for each in times]
    data = [steps * each.data for each in times]
    jobs = max(1, min(trainings.order.jobs, len(left)))
    wall = longest(map(sum, zip(compute, data, strict=True)), jobs)
    device = "core" if engine_on(trainings.order.devices).computation()["device"] == "cpu" else "GPU"
    return Estimate(len(left), steps, measured, sum(compute), sum(data), wall, jobs, device)


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


def tested_in(recipe: Recipe, prepared: Prepared, epochs: int) -> int:
    """How many views of images a training tests: after each epoch, and at the end in every way."""
    held = len(prepared.validation) if prepared.validation is not None else 0
    views = sum((10 if way.views == "ten" else 1) * max(1, len(way.sides)) for way in recipe.test.values())
    return epochs * (held + len(prepared.test)) + len(prepared.train) + views * len(prepared.test)


class _Enough(Exception):
    """Enough steps were measured."""


def times_of(net: Net, recipe: Recipe, data: Parts, prepared: Prepared, devices: Devices) -> Times:
    """Train a network for a few steps, and forget them.

    Args:
        net: what is trained.
        recipe: how.
        data: the data set.
        prepared: the same, as the recipe has it.
        devices: what it is trained on.
    """
    from resdsl.training.engines import engine_on
    from resdsl.training.loop import module_of, optimiser_of
    from resdsl.training.measuring import Measuring
    from resdsl.training.tasks import task_of

    moments: list[float] = []

    def stepped(*_: object) -> None:
        moments.append(perf_counter())
        counted = len(moments) - _SKIPPED
        if counted >= _STEPS or (counted >= 1 and moments[-1] - moments[0] > _ENOUGH):
            raise _Enough

    longer = changed(recipe, {"steps": _SKIPPED + _STEPS + 1})
    with TemporaryDirectory() as folder, suppress(_Enough):
        train(net, longer, out=folder, data=data, devices=devices, workers=0, after_step=stepped)
    # The mean: a step that is only asked of a GPU returns at once, and the last of these waits for all.
    step = (moments[-1] - moments[_SKIPPED - 1]) / (len(moments) - _SKIPPED)
    batches = Batches(prepared.train, recipe.optimiser.batch, recipe.augmentation, 0, prepared.colours)
    made = median(_seconds(partial(batches.at, number)) for number in range(_STEPS))
    engine, task = engine_on(devices), task_of(recipe, prepared.normalisation)
    module, _ = engine.set_up(module_of(net, recipe, 0, None), lambda module: optimiser_of(module, recipe.optimiser))
    part = replace(prepared, validation=None, test=prepared.test[:_TESTED])
    final = recipe.model_copy(update={"tested": "final"})
    measuring = Measuring(net, final, part, task, engine, Path())
    tested = _seconds(partial(measuring.after_epoch, engine.whole(module), ()))
    return Times(max(step - made, 0.0), made, tested / len(part.test))


def _seconds(work: Callable[[], object]) -> float:
    before = perf_counter()
    work()
    return perf_counter() - before
