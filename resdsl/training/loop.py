"""The training loop, in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import torch
from torch import Tensor, nn

from resdsl.data.images import ImageSet
from resdsl.files import write_whole
from resdsl.training.checkpoint import keep, kept_in
from resdsl.training.engine import Engine
from resdsl.training.loading import Feed
from resdsl.training.run import HISTORY, Diverged, Epoch, Standing, history_text
from resdsl.training.schedule import Rates
from resdsl.training.tasks import TrainingTask

if TYPE_CHECKING:
    from resdsl.net import Net
    from resdsl.recipes.recipe import Optimiser, Recipe
    from resdsl.weights.selection import Taking

Module = nn.Module
_READ_EVERY = 10
"""Steps. To read a loss is to wait for the device, and processes agree on signals only when they read."""
_TESTED_AT_ONCE = 512
"""Images."""


@dataclass(frozen=True)
class Course:
    """What a run goes through.

    Attributes:
        batches: the share of each batch that is for this process.
        rates: the learning rate of each step, and how many steps there are.
        task: what is learnt.
        after_step: called after each step.
        measures: what is measured of the module at the end of each epoch, by the names of columns, given the epochs
            before.
        seed: the seed of the run, from which dropout draws.
    """

    batches: Feed
    rates: Rates
    task: TrainingTask
    after_step: Callable[[Standing], object]
    measures: Callable[[nn.Module, tuple[Epoch, ...]], dict[str, float]] = lambda *_: {}
    seed: int = 0

    def ends_epoch(self, standing: Standing) -> bool:
        """Whether an epoch, or what there is of the last one, is over."""
        return standing.step % self.batches.per_epoch == 0 or standing.step == self.rates.steps


def module_of(net: Net, recipe: Recipe, seed: int, weights: str | Path | None, **taking: Unpack[Taking]) -> nn.Module:
    """The module as it is before the first step."""
    transfer = recipe.transfer
    if transfer is None or weights is None:
        return net.to_torch(seed=seed)
    drawn_from = seed if transfer.reset else None
    frozen = transfer.freeze or ()
    return net.to_torch(weights=weights, seed=drawn_from, reset=transfer.reset, freeze=frozen, **taking)


def unchanged() -> nn.Module:
    """The module that yields its input."""
    return nn.Identity()


def optimiser_of(module: nn.Module, settings: Optimiser) -> torch.optim.Optimizer:
    """The optimiser of a recipe, for the parameters that are not frozen."""
    parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
    if settings.kind == "adam":
        return torch.optim.Adam(parameters, lr=settings.rate, weight_decay=settings.decay)
    return torch.optim.SGD(parameters, settings.rate, settings.momentum, weight_decay=settings.decay)


def train(
    module: nn.Module,
    optimiser: torch.optim.Optimizer,
    course: Course,
    engine: Engine,
    folder: Path,
    signals: list[int],
) -> Standing:
    """Train in place, from the checkpoint in the folder if there is one, to the last step or the first signal.

    Args:
        module: the module, as the engine has set it up.
        optimiser: its optimiser, as the engine has set it up.
        course: what the run goes through.
        engine: what it runs on.
        folder: where checkpoint and history are.
        signals: signals that have arrived; one that another process has got is added.

    Raises:
        Diverged: the loss of a step is not finite, or a weight is not after the last one.
        resdsl.training.checkpoint.WrongCheckpoint: the checkpoint is damaged, or of another network.
    """
    standing = kept_in(folder, module, optimiser, engine) or Standing(warming=course.rates.warm_up is not None)
    unread: list[Tensor] = []
    stopping = 0
    module.train()
    with closing(course.batches):  # also when an error ends it: processes that make batches would outlive it
        while standing.step < course.rates.steps and not stopping:
            rate = course.rates.at(standing.step, warming=standing.warming)
            inputs, targets = map(engine.tensor, course.batches.at(standing.step))
            torch.manual_seed(_drawn_from(course.seed, standing.step, engine.rank))
            unread.append(_step(module, optimiser, course.task, engine, inputs, targets, rate))
            standing = standing.stepped()
            over = course.ends_epoch(standing)
            if over or len(unread) == _READ_EVERY or (signals and engine.ranks == 1):
                standing = _read(unread, standing, len(targets), engine)
                stopping = engine.largest(max(signals, default=0))
            if over:
                standing = _end_epoch(standing, course, engine.whole(module), rate)
                module.train()
            if over or stopping:
                _keep(module, optimiser, standing, engine, folder)
            course.after_step(standing)
    if standing.step == course.rates.steps:
        _refuse_infinite(engine.whole(module), standing.step)
    if stopping and not signals:  # another process has got it
        signals.append(stopping)
    return standing


def _drawn_from(seed: int, step: int, rank: int) -> int:
    """The seed of what layers draw in a step, such as dropout: no state of a generator has to be kept."""
    return int.from_bytes(sha256(f"{seed} {step} {rank}".encode()).digest()[:8])


def _step(
    module: nn.Module,
    optimiser: torch.optim.Optimizer,
    task: TrainingTask,
    engine: Engine,
    inputs: Tensor,
    targets: Tensor,
    rate: float,
) -> Tensor:
    """Take a step; the mean loss of the images, and what the task counts of them, still on their device."""
    for group in optimiser.param_groups:
        group["lr"] = rate
    outputs = module(inputs)
    loss = task.loss(outputs, targets)
    optimiser.zero_grad()
    engine.backward(loss)
    optimiser.step()
    return torch.stack((loss.detach(), task.count(outputs.detach(), targets).to(loss.dtype)))


def _read(unread: list[Tensor], standing: Standing, images: int, engine: Engine) -> Standing:
    """Add what the last steps left on the device, and empty the list.

    Args:
        unread: mean loss and count of each of the last steps.
        standing: where the run stands after them.
        images: images a step, of this process.
        engine: that of the run.
    """
    first = standing.step - len(unread) + 1
    for step, (loss, counted) in enumerate(engine.total(torch.stack(unread)).tolist(), first):
        if not isfinite(loss):
            raise Diverged(step, f"the loss of step {step} is {loss}: training has diverged")
        standing = standing.plus(loss * images, counted)
    unread.clear()
    return standing


def _refuse_infinite(module: nn.Module, step: int) -> None:
    """The last step may have spoilt the weights, of which no loss tells any more."""
    if not all(bool(value.isfinite().all()) for value in module.state_dict().values()):
        raise Diverged(step, f"weights are not finite after step {step}: training has diverged")


def _end_epoch(standing: Standing, course: Course, module: nn.Module, rate: float) -> Standing:
    per_epoch, task = course.batches.per_epoch, course.task
    images = (standing.step % per_epoch or per_epoch) * course.batches.size
    own = task.value(standing.counted / images)
    measures = {task.measure: own, **course.measures(module, standing.history)}
    row = Epoch(-(-standing.step // per_epoch), standing.step, rate, standing.loss / images, measures)
    return standing.epoch_ended(row, warm=own < course.rates.until)


def _keep(
    module: nn.Module, optimiser: torch.optim.Optimizer, standing: Standing, engine: Engine, folder: Path
) -> None:
    """Replace the checkpoint and the history."""
    state = engine.state(module, optimiser)
    if engine.rank == 0:
        if standing.history:  # first: a run that goes on from a checkpoint does not look at the epochs before
            write_whole(folder / HISTORY, history_text(standing.history))
        keep(folder, {**state, "standing": standing.record()})


@torch.inference_mode()
def measured(module: nn.Module, split: ImageSet, task: TrainingTask, engine: Engine) -> float:
    """The task's measure of some images, in evaluation mode; each process sees a share of them."""
    module.eval()
    share = split[len(split) * engine.rank // engine.ranks : len(split) * (engine.rank + 1) // engine.ranks]
    counted = torch.zeros((), dtype=torch.float64)
    for inputs, targets in share.blocks(_TESTED_AT_ONCE):
        counted += task.count(module(engine.tensor(inputs)), engine.tensor(targets)).cpu()
    return task.value(engine.total(counted).item() / len(split))
