"""The batches of a run: which images each step takes, and how they are augmented.

Both are functions of the seed, the epoch and the image, of which nothing depends on what was drawn before.
"""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.data.images import Array, Images, ImageSet, WrongData
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
        rank: the number of this process.
        ranks: how many processes share each batch; each takes as many images, in the order of the batch.
    """

    split: ImageSet
    size: int
    augmentation: Augmentation
    seed: int
    colours: Array | None = None
    rank: int = 0
    ranks: int = 1

    def __post_init__(self) -> None:
        if self.size % self.ranks:
            raise WrongData(f"a batch of {self.size} images cannot be shared by {self.ranks} devices in equal parts")
        if len(self.split) < self.size:
            raise WrongData(f"a batch takes {self.size} images, but there are {len(self.split)} to train on")

    @property
    def per_epoch(self) -> int:
        """Steps in an epoch."""
        return len(self.split) // self.size

    def at(self, step: int) -> tuple[Array, Array]:
        """Images and targets of a step, the first of which is 0: the share of this process.

        Raises:
            WrongData: a crop does not fit, or an image cannot be read.
        """
        epoch, place = divmod(step, self.per_epoch)
        share = self.size // self.ranks
        first = place * self.size + self.rank * share
        chosen = order(self.seed, epoch, len(self.split))[first : first + share]
        images = augmented(self.split, chosen, self.augmentation, self.seed, epoch, self.colours)
        if self.split.targets.ndim == 1:
            return images, self.split.targets[chosen]
        restored = Images(self.split.targets, self.split.targets)
        return images, augmented(restored, chosen, self.augmentation, self.seed, epoch, self.colours)

    def close(self) -> None:
        """Nothing is to be ended: each batch is made when it is asked for."""
