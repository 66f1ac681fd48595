"""What is looked at in an image: the whole of it, its centre, or ten crops, at one size or at several.

The ten crops are those of Krizhevsky et al. 2012, Section 4.1: the corners and the centre of an image and of its mirror
image. Their places and their order are torchvision's.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from resdsl.data.images import Array, WrongData
from resdsl.data.resizing import resized
from resdsl.recipes.recipe import Test

Size = tuple[int, int]
"""Height and width."""


def views(images: Array, way: Test) -> Iterator[Array]:
    """Each view of the images, at one size after the other: arrays of count x channels x height x width.

    Args:
        images: count x channels x height x width.
        way: what is looked at.

    Raises:
        WrongData: a crop does not fit into the images.
    """
    for side in way.sides or (None,):
        yield from _crops(_scaled(images, side), way)


def view_sizes(size: Size, way: Test) -> list[Size]:
    """The sizes that the views of images of a size have, each once.

    Raises:
        WrongData: a crop does not fit into the images.
    """
    blank = np.zeros((1, 1, *size), np.float32)
    scaled = [size_of(_scaled(blank, side)) for side in way.sides or (None,)]
    if way.crop is None:
        return list(dict.fromkeys(scaled))
    for each in scaled:
        _refuse_wide(way.crop, each)
    return [(way.crop, way.crop)]


def view_count(way: Test) -> int:
    """How many views of an image there are."""
    return (len(way.sides) or 1) * (10 if way.views == "ten" else 1)


def size_of(images: Array) -> Size:
    """Height and width of images, or of one view of them."""
    height, width = images.shape[-2:]
    return height, width


def centre_crop(images: Array, size: int) -> Array:
    """The square in the middle.

    Where there is no middle, its place is rounded to an even number, as torchvision does.
    """
    height, width = size_of(images)
    _refuse_wide(size, (height, width))
    top, left = round((height - size) / 2), round((width - size) / 2)
    return images[..., top : top + size, left : left + size]


def ten_crops(images: Array, size: int) -> list[Array]:
    """Top left, top right, bottom left, bottom right and the centre, then the same of the mirror images."""
    _refuse_wide(size, size_of(images))
    return [*_five_crops(images, size), *_five_crops(images[..., ::-1], size)]


def _five_crops(images: Array, size: int) -> list[Array]:
    height, width = size_of(images)
    corners = [(top, left) for top in (0, height - size) for left in (0, width - size)]
    return [*(images[..., top : top + size, left : left + size] for top, left in corners), centre_crop(images, size)]


def _scaled(images: Array, side: int | None) -> Array:
    return images if side is None else np.stack([resized(image, side) for image in images])


def _crops(images: Array, way: Test) -> list[Array]:
    if way.crop is None:
        return [images]
    return ten_crops(images, way.crop) if way.views == "ten" else [centre_crop(images, way.crop)]


def _refuse_wide(crop: int, size: Size) -> None:
    if crop > min(size):
        raise WrongData(f"a view of {crop}x{crop} does not fit into images of {size[0]}x{size[1]}")
