"""The batches of a run: which images each step takes, and how they are augmented.

Both are functions of the seed, the epoch and the image, of which nothing depends on what was drawn before.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from resdsl.data.images import Array, Images, WrongData
from resdsl.recipes.recipe import Augmentation

_ORDER, _PLACES, _FLIPS = range(3)
"""What is drawn, each from numbers of its own."""


@dataclass(frozen=True)
class Batches:
    """The batches of a run, by the number of the step.

    Attributes:
        split: the images that are trained on.
        size: images in a batch; what is left over at the end of an epoch is not used in it.
        augmentation: what happens to images.
        seed: the seed of the run.
        rank: the number of this process.
        ranks: how many processes share each batch; each takes as many images, in the order of the batch.
    """

    split: Images
    size: int
    augmentation: Augmentation
    seed: int
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
        """Images and targets of a step, the first of which is 0: the share of this process."""
        epoch, place = divmod(step, self.per_epoch)
        share = self.size // self.ranks
        first = place * self.size + self.rank * share
        chosen = _order(self.seed, epoch, len(self.split))[first : first + share]
        return self._augmented(self.split.inputs[chosen], chosen, epoch), self.split.targets[chosen]

    def _augmented(self, images: Array, chosen: Array, epoch: int) -> Array:
        ways, count = self.augmentation, len(self.split)
        if ways.pad:
            images = np.pad(images, ((0, 0), (0, 0), (ways.pad, ways.pad), (ways.pad, ways.pad)))
        if ways.crop is not None:
            images = _cropped(images, ways.crop, _draws(self.seed, epoch, _PLACES).random((count, 2))[chosen])
        if ways.flip:
            mirrored = _draws(self.seed, epoch, _FLIPS).random(count)[chosen] < 0.5
            images = np.where(mirrored[:, None, None, None], images[..., ::-1], images)
        return images


def _cropped(images: Array, size: int, places: Array) -> Array:
    """A square of each image; places are shares of the free room from the top and from the left, below 1."""
    height, width = images.shape[-2:]
    if size > min(height, width):
        raise WrongData(f"a crop of {size}x{size} does not fit into images of {height}x{width}")
    tops = (places[:, 0] * (height - size + 1)).astype(int)
    lefts = (places[:, 1] * (width - size + 1)).astype(int)
    windows = np.lib.stride_tricks.sliding_window_view(images, (size, size), axis=(2, 3))
    return np.ascontiguousarray(windows[np.arange(len(images)), :, tops, lefts])


@lru_cache(maxsize=2)
def _order(seed: int, epoch: int, count: int) -> Array:
    """The order of the images in an epoch."""
    return _draws(seed, epoch, _ORDER).permutation(count)


def _draws(seed: int, epoch: int, what: int) -> np.random.Generator:
    """Random numbers of their own for each seed, epoch and purpose."""
    return np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, epoch, what]))
