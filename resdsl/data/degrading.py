"""Images that are made worse, so that a network learns to restore them: cut into patches, and blurred."""

from __future__ import annotations

from math import ceil

import numpy as np

from resdsl.data.images import Array, Images, ImageSet, WrongData
from resdsl.data.normalisation import unit


def degraded(split: ImageSet, patch: int | None, blur: float | None) -> Images:
    """The images as inputs, blurred, with sharp ones as targets; both are cut into patches.

    Images with labels become their own targets. Patches are in an order that was drawn once, so that those at the end
    are of all images.

    Args:
        split: images in memory.
        patch: pixels of the sides of patches; None leaves images whole.
        blur: standard deviation of the blur in pixels; None leaves images sharp.

    Raises:
        WrongData: images are not in memory, or smaller than a patch.
    """
    if not isinstance(split, Images):
        raise WrongData("`data.patch` and `data.blur` are for images in memory, not for files of pictures")
    inputs = unit(split.inputs)
    targets = unit(split.targets) if split.targets.ndim == 4 else inputs
    if blur is not None:
        inputs = blurred(inputs, blur)
    if patch is None:
        return Images(inputs, targets)
    inputs, targets = _patches(inputs, patch), _patches(targets, patch)
    order = np.random.Generator(np.random.Philox(0)).permutation(len(inputs))
    return Images(inputs[order], targets[order])


def blurred(images: Array, deviation: float) -> Array:
    """Images under a Gaussian of this standard deviation in pixels, cut at three of them and mirrored at the borders.

    Args:
        images: count x channels x height x width, float32.
        deviation: of the Gaussian, in pixels.
    """
    reach = ceil(3 * deviation)
    weights = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * deviation**2))
    weights = (weights / weights.sum()).astype(np.float32)
    for axis in (2, 3):
        size = images.shape[axis]
        margins = [(reach, reach) if each == axis else (0, 0) for each in range(4)]
        padded = np.moveaxis(np.pad(images, margins, "reflect"), axis, -1)
        terms = [weight * padded[..., at : at + size] for at, weight in enumerate(weights)]
        images = np.moveaxis(np.sum(terms, axis=0), -1, axis)
    return np.ascontiguousarray(images.clip(0, 1))


def _patches(images: Array, size: int) -> Array:
    """All whole patches of each image, row by row."""
    count, channels, height, width = images.shape
    rows, columns = height // size, width // size
    if not rows or not columns:
        raise WrongData(f"patches of {size}x{size} cannot be cut from images of {height}x{width}")
    grid = images[:, :, : rows * size, : columns * size].reshape(count, channels, rows, size, columns, size)
    return grid.transpose(0, 2, 4, 1, 3, 5).reshape(-1, channels, size, size)
