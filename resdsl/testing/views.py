"""What is looked at in an image: the whole of it, its centre, or ten crops, at one size or at several.

The ten crops are those of Krizhevsky et al. 2012, Section 4.1: the corners and the centre of an image and of its mirror
image. Their places and their order are torchvision's.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from resdsl.data.images import Array, ImageSet, WrongData
from resdsl.data.resizing import resized
from resdsl.recipes.recipe import Test

Size = tuple[int, int]
"""Height and width."""
_LARGEST = 8192
"""Pixels of the shorter side: of larger images, one alone takes gigabytes at a layer."""


def views(images: ImageSet, way: Test) -> Iterator[list[Array]]:
    """Each view of all images, at one size after the other: groups of one size, count x channels x height x width.

    Raises:
        WrongData: an image cannot be read, or a crop does not fit into it.
    """
    everything = np.arange(len(images))
    for side in way.sides or (None,):
        sides = None if side is None else np.full(len(images), side)
        groups = [_crops(images.finished(group), way) for group in images.groups(everything, sides)]
        yield from map(list, zip(*groups, strict=True))


def view_sizes(size: Size | None, way: Test) -> list[Size]:
    """The sizes of the views of images of a size, each once; of images that differ in size, those that are known.

    Raises:
        WrongData: a crop does not fit into the images, or they would be larger than is ever meant.
    """
    for side in way.sides:
        if side > _LARGEST:
            raise WrongData(f"images of {side:,} pixels a side are not tested on: at most {_LARGEST:,} are")
    scaled = [_scaled(size, side) for side in way.sides] if way.sides else [size] if size else []
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


def _scaled(size: Size | None, side: int) -> Size:
    """The size with a shorter side; that of a square for images that differ in size."""
    return size_of(resized(np.zeros((1, *size), np.float32), side)) if size else (side, side)


def _crops(images: Array, way: Test) -> list[Array]:
    if way.crop is None:
        return [images]
    return ten_crops(images, way.crop) if way.views == "ten" else [centre_crop(images, way.crop)]


def _refuse_wide(crop: int, size: Size) -> None:
    if crop > min(size):
        raise WrongData(f"a view of {crop}x{crop} does not fit into images of {size[0]}x{size[1]}")
