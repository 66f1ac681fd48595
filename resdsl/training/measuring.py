"""What is measured of a network in training, in evaluation mode: after each epoch, and after the last step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors.torch import load_file, save
from torch import nn

from resdsl.data.images import ImageSet
from resdsl.data.prepared import Prepared
from resdsl.files import write_whole
from resdsl.recipes.recipe import Recipe, Test
from resdsl.testing.counting import Counts
from resdsl.testing.in_torch import InTorch
from resdsl.testing.testing import Errors, errors_of
from resdsl.testing.views import Size
from resdsl.training.engine import Engine
from resdsl.training.loop import measured
from resdsl.training.run import BEST, Epoch
from resdsl.training.tasks import Classification, TrainingTask

if TYPE_CHECKING:
    from resdsl.net import Net

VALIDATION_ERROR = "validation_error"


@dataclass(frozen=True)
class Measuring:
    """Measures a network on the images of a run; each process sees a share of them.

    Attributes:
        net: the network.
        recipe: its ways of testing, of which the first is reported, and whose weights are tested.
        prepared: the images.
        task: what is learnt; only classification is tested in several ways.
        engine: what the run is on.
        folder: that of the run, which keeps the best weights if these are tested.
    """

    net: Net
    recipe: Recipe
    prepared: Prepared
    task: TrainingTask
    engine: Engine
    folder: Path

    def after_epoch(self, module: nn.Module, history: Sequence[Epoch]) -> dict[str, float]:
        """Further columns of the history: on the images held back, if there are any, and on the test images.

        In the first way of testing if that is one view at one size, or else as training images are measured. Where the
        best weights are tested and these are the best so far, they are kept: before the checkpoint is, so that a run
        that is ended in between keeps them once more.

        Args:
            module: the network after the epoch.
            history: the epochs before.
        """
        first = next(iter(self.recipe.test.values()))
        way = None if first.views == "ten" or first.sides else first
        splits = {"validation": self.prepared.validation, "test": self.prepared.test}
        measure = self.task.measure
        found = {f"{name}_{measure}": self._measure(module, split, way) for name, split in splits.items() if split}
        if self.recipe.tested == "best" and is_best(found, history) and self.engine.rank == 0:
            write_weights(self.folder / BEST, module)
        return found

    def after_training(self, module: nn.Module, history: Sequence[Epoch]) -> dict[str, Any]:
        """What `result.json` says of the run: errors on all training images, and on the test images in every way."""
        measure, best = self.task.measure, self.recipe.tested == "best"
        tested, epoch = (self._best_of(module), best_epoch(history)) if best else (module, history[-1])
        validation = {name: value for name, value in epoch.measures.items() if name == f"validation_{measure}"}
        return {
            f"train_{measure}": self._measure(module, self.prepared.train, None),
            **self._tests(tested),
            **validation,
            **({"tested": {"weights": BEST, "epoch": epoch.epoch, "step": epoch.step}} if best else {}),
        }

    def _tests(self, module: nn.Module) -> dict[str, Any]:
        measure = f"test_{self.task.measure}"
        if not isinstance(self.task, Classification):
            return {measure: self._measure(module, self.prepared.test, None)}
        ways = self.recipe.test.items()
        tests = {name: self._errors(module, self.prepared.test, way).record() for name, way in ways}
        return {measure: next(iter(tests.values()))["error"], "tests": tests}

    def _measure(self, module: nn.Module, split: ImageSet, way: Test | None) -> float:
        """The task's measure in a way of testing, or in the single view of training."""
        if not isinstance(self.task, Classification):
            return measured(module, split, self.task, self.engine)
        return self._errors(module, split, way or self._single_view(split)).counts.error

    def _errors(self, module: nn.Module, split: ImageSet, way: Test) -> Errors:
        """Of all processes together."""
        rank, ranks = self.engine.rank, self.engine.ranks
        share = split[len(split) * rank // ranks : len(split) * (rank + 1) // ranks]
        own = errors_of(InTorch(self.net, module), share, way).counts if len(share) else _no_counts(self.net)
        numbers = [own.outside_top, own.unscored, *own.confusion.ravel().tolist()]
        outside_top, unscored, *cells = self.engine.total(torch.tensor(numbers, dtype=torch.float64)).tolist()
        confusion = np.array(cells, np.int64).reshape(own.confusion.shape)
        return Errors(way, Counts(confusion, int(outside_top), int(unscored)))

    def _single_view(self, split: ImageSet) -> Test:
        _, *taken = self.net.ir.inputs[0].shape
        return single_view(split.size, (taken[0], taken[1]), self.recipe.augmentation.short_side)

    def _best_of(self, module: nn.Module) -> nn.Module:
        """A copy of the module with the best weights, which only process 0 reads."""
        best = deepcopy(module)
        best.load_state_dict(self.engine.shared(load_file(self.folder / BEST) if self.engine.rank == 0 else {}))
        return best


def single_view(images: Size | None, taken: Size, short_sides: tuple[int, int] | None) -> Test:
    """What is looked at where nothing is averaged: the centre of images that are larger than what a network takes.

    Args:
        images: height and width of images; None if they differ.
        taken: height and width of the network's input.
        short_sides: the smallest and the largest shorter side in training, if images are resized; the smallest is
            taken.
    """
    height, width = taken
    sides = short_sides[:1] if short_sides else ()
    larger = images is None or (images != taken and min(images) >= height)
    if height == width and (sides or larger):
        return Test(views="centre", crop=height, sides=sides)
    return Test(views="whole", sides=sides)


def write_weights(path: Path, module: nn.Module) -> None:
    """Write the state of a module, completely or not at all.

    Raises:
        OSError: the file cannot be written.
    """
    write_whole(path, save({name: value.contiguous() for name, value in module.state_dict().items()}))


def is_best(found: Mapping[str, float], history: Sequence[Epoch]) -> bool:
    """Whether the validation error is less than after each epoch before."""
    return all(found[VALIDATION_ERROR] < epoch.measures[VALIDATION_ERROR] for epoch in history)


def best_epoch(history: Sequence[Epoch]) -> Epoch:
    """The epoch with the least validation error; of equal ones, the first."""
    return min(history, key=lambda epoch: epoch.measures[VALIDATION_ERROR])


def _no_counts(net: Net) -> Counts:
    (classes,) = net.ir.values[net.ir.outputs[-1].value]
    return Counts(np.zeros((classes, classes), np.int64), 0, 0)
