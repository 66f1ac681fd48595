"""What happens to images before a step: another size, a margin, a crop, a mirror image, other colours.

Whatever is drawn is a function of the seed, the epoch and the image, of which nothing depends on what was drawn before.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from resdsl.data.images import Array, ImageSet, WrongData
from resdsl.recipes.recipe import Augmentation

_ORDER, _PLACES, _FLIPS, _SIDES, _COLOURS = range(5)
"""What is drawn, each from numbers of its own."""
_SEVERAL_SIZES = "images of several sizes are trained on in crops: state `augmentation.crop`"


def augmented(
    split: ImageSet, chosen: Array, ways: Augmentation, seed: int, epoch: int, colours: Array | None = None
) -> Array:
    """Some images as a step takes them: count x channels x height x width, float32.

    Args:
        split: the images.
        chosen: indices of those that are wanted.
        ways: what happens to them.
        seed: the seed of the run.
        epoch: the epoch, from 0.
        colours: the principal components of colour that shifts are along, channels x channels.

    Raises:
        WrongData: a crop does not fit, or an image cannot be read.
    """
    count = len(split)
    sides, places = None, np.zeros((len(chosen), 2))
    if ways.short_side is not None:
        low, high = ways.short_side
        sides = low + (_uniform(seed, epoch, _SIDES, count)[chosen] * (high - low + 1)).astype(int)
    if ways.crop is not None:
        places = _uniform(seed, epoch, _PLACES, count, 2)[chosen]
    images = _cut(split, chosen, sides, places, ways)
    if ways.flip:
        mirrored = _uniform(seed, epoch, _FLIPS, count)[chosen] < 0.5
        images[mirrored] = images[mirrored][..., ::-1]
    images = images if ways.pad else split.finished(images)
    if colours is not None:
        shifts = (_normal(seed, epoch, _COLOURS, count, 3)[chosen] * ways.colour) @ colours.T
        images += shifts.astype(np.float32)[..., None, None]
    return images


def undrawn(split: ImageSet, chosen: Array, ways: Augmentation) -> Array:
    """Images of the size that a step takes, with nothing drawn: of the least short side, the centre.

    Args:
        split: the images.
        chosen: indices of those that are wanted.
        ways: what happens to images in training.
    """
    sides = None if ways.short_side is None else np.full(len(chosen), ways.short_side[0])
    images = _cut(split, chosen, sides, np.full((len(chosen), 2), 0.5), ways)
    return images if ways.pad else split.finished(images)


def shape_of(split: ImageSet, ways: Augmentation) -> tuple[int, ...]:
    """Channels, height and width of what a step takes.

    Raises:
        WrongData: images of several sizes are not cropped to one, or a crop does not fit.
    """
    if ways.crop is None:
        if split.size is None or ways.short_side is not None:
            raise WrongData(_SEVERAL_SIZES)
        return (split.channels, *(side + 2 * ways.pad for side in split.size))
    if ways.short_side is None and split.size is not None and min(split.size) + 2 * ways.pad < ways.crop:
        height, width = (side + 2 * ways.pad for side in split.size)
        raise WrongData(f"a crop of {ways.crop}x{ways.crop} does not fit into images of {height}x{width}")
    if ways.short_side is not None and ways.short_side[0] + 2 * ways.pad < ways.crop:
        raise WrongData(
            f"a crop of {ways.crop}x{ways.crop} does not fit into images with a short side of {ways.short_side[0]}"
        )
    return (split.channels, ways.crop, ways.crop)


@lru_cache(maxsize=2)
def order(seed: int, epoch: int, count: int) -> Array:
    """The order of the images in an epoch."""
    return _draws(seed, epoch, _ORDER).permutation(count)


def _cut(split: ImageSet, chosen: Array, sides: Array | None, places: Array, ways: Augmentation) -> Array:
    """Images with their margins, cropped; margins are of zeros as networks take them."""
    cut, first = [], 0
    for images in split.groups(chosen, sides):
        if ways.pad:
            images = np.pad(split.finished(images), ((0, 0), (0, 0), (ways.pad, ways.pad), (ways.pad, ways.pad)))
        if ways.crop is not None:
            images = _cropped(images, ways.crop, places[first : first + len(images)])
        cut.append(images)
        first += len(images)
    if len({images.shape[1:] for images in cut}) > 1:
        raise WrongData(_SEVERAL_SIZES)
    return cut[0] if len(cut) == 1 else np.concatenate(cut)


def _cropped(images: Array, size: int, places: Array) -> Array:
    """A square of each image; places are shares of the free room from the top and from the left, below 1."""
    height, width = images.shape[-2:]
    if size > min(height, width):
        raise WrongData(f"a crop of {size}x{size} does not fit into images of {height}x{width}")
    tops = (places[:, 0] * (height - size + 1)).astype(int)
    lefts = (places[:, 1] * (width - size + 1)).astype(int)
    windows = np.lib.stride_tricks.sliding_window_view(images, (size, size), axis=(2, 3))
    return np.ascontiguousarray(windows[np.arange(len(images)), :, tops, lefts])


@lru_cache(maxsize=8)
def _uniform(seed: int, epoch: int, what: int, *shape: int) -> Array:
    """Numbers from 0 to 1 for the images of an epoch."""
    return _draws(seed, epoch, what).random(shape)


@lru_cache(maxsize=2)
def _normal(seed: int, epoch: int, what: int, *shape: int) -> Array:
    """Numbers of the standard normal distribution for the images of an epoch."""
    return _draws(seed, epoch, what).standard_normal(shape)


def _draws(seed: int, epoch: int, what: int) -> np.random.Generator:
    """Random numbers of their own for each seed, epoch and purpose."""
    return np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, epoch, what]))
