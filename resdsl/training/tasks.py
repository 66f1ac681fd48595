"""What networks learn: the loss of a step, and what the history counts beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from torch import Tensor
from torch.nn import functional

from resdsl.refusal import Refused

if TYPE_CHECKING:
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


class NoSuchTask(Refused):
    """Nothing is there for the task of a recipe."""


def task_of(recipe: Recipe, loss: Loss | None = None) -> TrainingTask:
    """The task of a recipe, with a loss of the user's own if there is one.

    Raises:
        NoSuchTask: `train` cannot do it yet.
    """
    if recipe.task != "classification":
        raise NoSuchTask(f'`resdsl train` cannot do this part of the recipe yet: task = "{recipe.task}"')
    return Classification(loss) if loss is not None else Classification()
