"""Views: torchvision's crops, and the sizes of what is looked at."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from resdsl.data.images import Images, WrongData
from resdsl.recipes.recipe import Test as Way
from resdsl.testing.views import centre_crop, size_of, ten_crops, view_count, view_sizes, views

TORCHVISION = json.loads(Path(__file__).with_name("ten_crops.json").read_text(encoding="utf-8"))
"""Made by torchvision: see `torchvisions_crops.py`."""
IMAGES = np.arange(2 * 3 * 7 * 9).reshape(2, 3, 7, 9)


def way(**keys: object) -> Way:
    return Way.model_validate(keys)


def pixels(height: int, width: int) -> Images:
    return Images(np.random.default_rng(0).random((2, 1, height, width), np.float32), np.arange(2))


def test_ten_crops_are_torchvisions_bit_for_bit() -> None:
    ours = [crop[0].tolist() for crop in ten_crops(IMAGES, TORCHVISION["crop"])]
    assert ours == TORCHVISION["ten_crops"]


@pytest.mark.parametrize("size", range(1, 8))
def test_the_centre_is_torchvisions_at_every_size(size: int) -> None:
    crop = centre_crop(IMAGES, size)
    assert crop.shape == (2, 3, size, size)
    assert crop[0, 0, 0, 0] == TORCHVISION["first_of_centre"][str(size)]


def test_views_at_several_sizes_come_one_size_after_the_other() -> None:
    several = way(views="ten", crop=4, sides=[6, 8])
    found = [np.concatenate(view) for view in views(pixels(6, 9), several)]
    assert [view.shape for view in found] == [(2, 1, 4, 4)] * 20
    assert view_count(several) == 20
    first = ten_crops(pixels(6, 9).inputs, 4)
    assert all(np.array_equal(*pair) for pair in zip(found[:10], first, strict=True))
    assert not np.array_equal(found[10], found[0])


@pytest.mark.parametrize(
    ("keys", "sizes"),
    [
        ({"views": "whole"}, [(6, 9)]),
        ({"views": "whole", "sides": [4, 6, 8]}, [(4, 6), (6, 9), (8, 12)]),
        ({"views": "centre", "crop": 5}, [(5, 5)]),
        ({"views": "ten", "crop": 4, "sides": [4, 8]}, [(4, 4)]),
    ],
)
def test_the_sizes_of_views_are_known_before(keys: dict[str, object], sizes: list[tuple[int, int]]) -> None:
    assert view_sizes((6, 9), way(**keys)) == sizes
    assert list(dict.fromkeys(size_of(group) for view in views(pixels(6, 9), way(**keys)) for group in view)) == sizes


@pytest.mark.parametrize("views_of", ["centre", "ten"])
def test_a_crop_that_does_not_fit_is_refused(views_of: str) -> None:
    wide = way(views=views_of, crop=7)
    message = "a view of 7x7 does not fit into images of 6x9"
    with pytest.raises(WrongData, match=message):
        view_sizes((6, 9), wide)
    with pytest.raises(WrongData, match=message):
        list(views(pixels(6, 9), wide))


def test_images_of_any_size_would_not_fit_into_memory() -> None:
    with pytest.raises(WrongData, match="images of 99,999 pixels a side are not tested on: at most 8,192 are"):
        view_sizes((8, 8), Way(views="whole", sides=(99_999,)))
