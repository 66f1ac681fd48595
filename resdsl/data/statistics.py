"""Means and covariances of colours over the images of a split."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resdsl.data.images import Array, Images, ImageSet, WrongData

_MOST = 2_000
"""Images that are read for it, evenly spread over a split that is not in memory: more would not change the result."""


@dataclass(frozen=True)
class Moments:
    """The mean colour of pixels, and how their colours vary; values are from 0 to 1.

    Attributes:
        mean: a value for each channel, float64.
        covariance: channels x channels, float64.
    """

    mean: Array
    covariance: Array

    def principal(self) -> Array:
        """The principal components of colour times their eigenvalues, as columns: channels x channels, float32.

        A component may point either way; here its largest coordinate is positive.

        Raises:
            WrongData: the images are not of three colours.
        """
        if len(self.mean) != 3:
            raise WrongData(f"`augmentation.colour` is for images of 3 channels, not of {len(self.mean)}")
        values, components = np.linalg.eigh(self.covariance)
        largest = components[np.abs(components).argmax(0), np.arange(3)]
        return np.asarray((components * np.sign(largest) * values)[:, ::-1], np.float32)


def moments(split: ImageSet) -> Moments:
    """The moments of all pixels of a split, before it is normalised; each counts once."""
    count, total, products = 0, np.zeros(split.channels), np.zeros((split.channels, split.channels))
    most = len(split) if isinstance(split, Images) else _MOST
    for images in split.groups(spread(len(split), most)):
        pixels = np.moveaxis(images, 1, 0).reshape(split.channels, -1).astype(np.float64)
        if images.dtype == np.uint8:
            pixels /= 255
        count += pixels.shape[1]
        total += pixels.sum(1)
        products += pixels @ pixels.T
    mean = total / count
    return Moments(mean, products / count - np.outer(mean, mean))


def spread(count: int, most: int) -> Array:
    """Of so many indices at most so many, evenly spread."""
    number = min(count, most)
    return np.arange(number) * count // number
