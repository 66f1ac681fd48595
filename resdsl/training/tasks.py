"""What networks learn: the loss of a step, and what the history counts beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log10
from typing import TYPE_CHECKING, ClassVar, Protocol

import torch
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from resdsl.data.normalisation import Scaling
    from resdsl.recipes.recipe import Recipe

Loss = Callable[[Tensor, Tensor], Tensor]
"""From outputs and targets of a batch to its mean loss, a scalar."""


class TrainingTask(Protocol):
    """A task: what the loop asks of it is a loss and one measure.

    The measure is the mean over images of what `count` adds up, as `value` puts it: an error, or a PSNR.
    """

    measure: ClassVar[str]
    """Its name, as files have it: `error`."""

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The mean loss of the images of a batch."""

    def count(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """What is counted for the measure, summed over the images of a batch."""

    def value(self, mean: float) -> float:
        """The measure, from the mean of what was counted."""


@dataclass(frozen=True)
class Classification:
    """Labels from scores, of count x classes; the measure is the share of images that are classified wrongly.

    Attributes:
        criterion: the loss; cross entropy unless the user has another.
    """

    measure: ClassVar[str] = "error"
    criterion: Loss = functional.cross_entropy

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The mean loss of the images of a batch."""
        return self.criterion(outputs, targets)

    def count(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """How many images are classified wrongly."""
        return (outputs.argmax(1) != targets).sum()

    def value(self, mean: float) -> float:
        """The error."""
        return mean


@dataclass(frozen=True)
class ImageToImage:
    """Images from images; the measure is the PSNR of the mean error: 10 log10(1 / mean squared error), in dB.

    The mean is over all values of all images, which are from 0 to 1 for it: what a network yields beyond is clamped,
    and what is not a number is wrong by 1.

    Attributes:
        normalisation: how the values of images were changed.
        criterion: the loss; the mean squared error unless the user has another.
    """

    measure: ClassVar[str] = "psnr"
    normalisation: Scaling
    criterion: Loss = functional.mse_loss

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The mean loss of the images of a batch."""
        return self.criterion(outputs, targets)

    def count(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The mean squared errors of the images, summed."""
        wrong = (self._unit(outputs).clamp(0, 1) - self._unit(targets)).nan_to_num(1.0)
        return wrong.square().flatten(1).mean(1).sum()

    def value(self, mean: float) -> float:
        """The PSNR; that of no error, which would be infinite, is 120."""
        return -10 * log10(max(mean, 1e-12))

    def _unit(self, images: Tensor) -> Tensor:
        """Values from 0 to 1."""
        shift = torch.from_numpy(self.normalisation.shift).to(images.device)
        return (images.float() + shift) / self.normalisation.scale


def task_of(recipe: Recipe, normalisation: Scaling, loss: Loss | None = None) -> TrainingTask:
    """The task of a recipe, with a loss of the user's own if there is one."""
    if recipe.task == "image-to-image":
        return ImageToImage(normalisation, loss or functional.mse_loss)
    return Classification(loss or functional.cross_entropy)
