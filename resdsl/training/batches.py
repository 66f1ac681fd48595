"""The batches of a run: which images each step takes, and how they are augmented.

Both are functions of the seed, the epoch and the image, of which nothing depends on what was drawn before.
"""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.data.images import Array, Split, WrongData
from resdsl.recipes.recipe import Augmentation
from resdsl.training.augmentation import augmented, order


@dataclass(frozen=True)
class Batches:
    """The batches of a run, by the number of the step.

    Attributes:
        split: the images that are trained on.
        size: images in a batch; what is left over at the end of an epoch is not used in it.
        augmentation: what happens to images.
        seed: the seed of the run.
        colours: the principal components of colour, where augmentation shifts along them.
    """

    split: Split
    size: int
    augmentation: Augmentation
    seed: int
    colours: Array | None = None

    def __post_init__(self) -> None:
        if len(self.split) < self.size:
            raise WrongData(f"a batch takes {self.size} images, but there are {len(self.split)} to train on")

    @property
    def per_epoch(self) -> int:
        """Steps in an epoch."""
        return len(self.split) // self.size

    def at(self, step: int) -> tuple[Array, Array]:
        """Images and targets of a step, the first of which is 0.

        Raises:
            WrongData: a crop does not fit, or an image cannot be read.
        """
        epoch, place = divmod(step, self.per_epoch)
        chosen = order(self.seed, epoch, len(self.split))[place * self.size : (place + 1) * self.size]
        images = augmented(self.split, chosen, self.augmentation, self.seed, epoch, self.colours)
        return images, self.split.targets[chosen]
