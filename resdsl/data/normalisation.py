"""What changes the values of images as a recipe says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from resdsl.data.images import Array, Images, ImageSet
from resdsl.data.statistics import Moments


@dataclass(frozen=True)
class Scaling:
    """Values of 0 to 1 times `scale`, minus `shift`.

    Attributes:
        scale: what values are multiplied by.
        shift: what is then subtracted: a number, or float32 of the sizes of an image, or of its channels x 1 x 1.
    """

    scale: float = 1.0
    shift: Array = field(default_factory=lambda: np.zeros((), np.float32))

    def __call__(self, values: Array) -> Array:
        """Images of uint8 (from 0 to 255) or floats (from 0 to 1), changed, as float32."""
        made = unit(values)
        if self.scale != 1:
            made *= np.float32(self.scale)
        made -= self.shift
        return made

    def undone(self, values: Array) -> Array:
        """The values from 0 to 1 that were changed into these."""
        return np.asarray((values + self.shift) / np.float32(self.scale))


def unit(values: Array) -> Array:
    """A copy with values from 0 to 1, as float32."""
    made = values.astype(np.float32)
    if values.dtype == np.uint8:
        made /= np.float32(255)
    return made


def normalisation_of(train: ImageSet, how: str | None, moments: Callable[[], Moments]) -> Scaling:
    """The normalisation that a recipe names; the mean is that of the images that are trained on.

    The mean of images in memory is an image; that of others is a value for each channel.

    Args:
        train: the images that are trained on.
        how: the name.
        moments: measures the mean colour of these images.
    """
    if how == "pixel-mean":
        if isinstance(train, Images):
            return Scaling(shift=unit(train.inputs).mean(0, dtype=np.float64).astype(np.float32))
        return Scaling(shift=moments().mean.astype(np.float32)[:, None, None])
    if how == "symmetric":
        return Scaling(2.0, np.array(1, np.float32))
    if how == "centred":
        return Scaling(1.0, np.array(0.5, np.float32))
    return Scaling()
