"""The training loop, in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from resdsl.data.images import Array, Split
from resdsl.files import replacing, write_whole
from resdsl.training.batches import Batches
from resdsl.training.run import CHECKPOINT, HISTORY, Diverged, Standing, history_text
from resdsl.training.schedule import Rates

if TYPE_CHECKING:
    from resdsl.api import Net
    from resdsl.recipes.recipe import Optimiser, Recipe

Module = nn.Module
_TESTED_AT_ONCE = 512
"""Images."""


def module_of(net: Net, recipe: Recipe, seed: int, weights: str | Path | None) -> nn.Module:
    """The module as it is before the first step."""
    transfer = recipe.transfer
    if transfer is None or weights is None:
        return net.to_torch(seed=seed)
    drawn_from = seed if transfer.reset else None
    return net.to_torch(weights=weights, seed=drawn_from, reset=transfer.reset, freeze=transfer.freeze or ())


def optimiser_of(module: nn.Module, settings: Optimiser) -> torch.optim.Optimizer:
    """The optimiser of a recipe, for the parameters that are not frozen."""
    parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
    if settings.kind == "adam":
        return torch.optim.Adam(parameters, lr=settings.rate, weight_decay=settings.decay)
    return torch.optim.SGD(parameters, settings.rate, settings.momentum, weight_decay=settings.decay)


def train(
    module: nn.Module,
    optimiser: torch.optim.Optimizer,
    batches: Batches,
    rates: Rates,
    folder: Path,
    after_step: Callable[[Standing], object],
) -> Standing:
    """Train in place, from the checkpoint in the folder if there is one.

    Raises:
        Diverged: the loss of a step is not finite.
    """
    standing = _restored(module, optimiser, folder) or Standing(warming=rates.warm_up is not None)
    module.train()
    while standing.step < rates.steps:
        rate = rates.at(standing.step, warming=standing.warming)
        inputs, targets = map(torch.from_numpy, batches.at(standing.step))
        loss, wrong = _step(module, optimiser, inputs, targets, rate)
        if not loss < float("inf"):
            raise Diverged(f"the loss of step {standing.step + 1} is {loss}: training has diverged")
        standing = standing.after(loss * len(targets), wrong)
        if standing.step % batches.per_epoch == 0 or standing.step == rates.steps:
            standing = _end_epoch(standing, batches, rate, rates.until)
            _keep(module, optimiser, standing, folder)
        after_step(standing)
    return standing


def _step(
    module: nn.Module, optimiser: torch.optim.Optimizer, inputs: Tensor, targets: Tensor, rate: float
) -> tuple[float, int]:
    """Take a step; the mean loss of the batch, and how many of its images were classified wrongly."""
    for group in optimiser.param_groups:
        group["lr"] = rate
    scores = module(inputs)
    loss = functional.cross_entropy(scores, targets)
    optimiser.zero_grad()
    torch.autograd.backward(loss)
    optimiser.step()
    return float(loss.detach()), int((scores.detach().argmax(1) != targets).sum())


def _end_epoch(standing: Standing, batches: Batches, rate: float, until: float) -> Standing:
    steps = standing.step % batches.per_epoch or batches.per_epoch
    return standing.epoch_ended(steps * batches.size, batches.per_epoch, rate, until)


def _keep(module: nn.Module, optimiser: torch.optim.Optimizer, standing: Standing, folder: Path) -> None:
    """Replace the checkpoint and the history."""
    kept = {"module": module.state_dict(), "optimiser": optimiser.state_dict(), "standing": standing.record()}
    with replacing(folder / CHECKPOINT) as new:
        torch.save(kept, new)
    write_whole(folder / HISTORY, history_text(standing.history))


def _restored(module: nn.Module, optimiser: torch.optim.Optimizer, folder: Path) -> Standing | None:
    path = folder / CHECKPOINT
    if not path.exists():
        return None
    kept: dict[str, Any] = torch.load(path, weights_only=True)
    module.load_state_dict(kept["module"])
    optimiser.load_state_dict(kept["optimiser"])
    return Standing.of(kept["standing"])


@torch.inference_mode()
def error(module: nn.Module, split: Split) -> float:
    """The share of images that are classified wrongly, in evaluation mode."""
    module.eval()
    wrong = 0
    for inputs, targets in split.blocks(_TESTED_AT_ONCE):
        wrong += int((module(_tensor(inputs)).argmax(1) != _tensor(targets)).sum())
    return wrong / len(split)


def _tensor(array: Array) -> Tensor:
    return torch.from_numpy(array)
