"""Augmentation: sizes, margins, crops, mirror images and colours, of arrays and of pictures alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from resdsl.data.images import Images, ImageSet, Parts, WrongData
from resdsl.data.prepared import Prepared, prepare
from resdsl.data.resizing import resized
from resdsl.data.sets import read_set
from resdsl.recipes.recipe import Augmentation, Data
from resdsl.training.augmentation import augmented, shape_of, undrawn
from resdsl.training.batches import Batches

Array = NDArray[Any]


def ways(**keys: object) -> Augmentation:
    return Augmentation.model_validate(keys)


def pixels(count: int, height: int = 12, width: int = 16, seed: int = 0) -> Array:
    return np.random.default_rng(seed).integers(0, 256, (count, 3, height, width), np.uint8)


def arrays(count: int, **keys: object) -> Prepared:
    images = Images(pixels(count), np.arange(count) % 2)
    return prepare(Parts(images, images), Data.model_validate({"set": "mine", **keys}), colours=True)


@pytest.fixture
def pictures(tmp_path: Path) -> ImageSet:
    """Eight pictures of several sizes."""
    for number in range(8):
        folder = tmp_path / str(number % 2)
        folder.mkdir(exist_ok=True)
        image = pixels(1, 12 + number, 16, seed=number)[0]
        Image.fromarray(np.ascontiguousarray(np.moveaxis(image, 0, 2))).save(folder / f"{number}.png")
    keys = {"set": "folder", "test": 1, "normalise": "symmetric"}
    return prepare(read_set("folder", tmp_path), Data.model_validate(keys)).train


def test_short_sides_are_drawn_from_the_whole_range() -> None:
    split = arrays(300).train
    made = augmented(split, np.arange(300), ways(short_side=[8, 10], crop=8), 0, 0)
    assert made.shape == (300, 3, 8, 8)
    found = dict.fromkeys((8, 9, 10), 0)
    for index in range(300):
        for side in found:
            whole = resized(split.image(index), side)
            windows = np.lib.stride_tricks.sliding_window_view(whole, (8, 8), axis=(1, 2))
            found[side] += bool((windows == made[index][:, None, None]).all((0, 3, 4)).any())
    assert sum(found.values()) == 300
    assert min(found.values()) > 70


def test_pictures_are_resized_before_and_normalised_after_they_are_cut(pictures: ImageSet) -> None:
    chosen, kinds = np.array([5, 0, 3]), ways(short_side=[10, 12], crop=9, flip=True)
    made = augmented(pictures, chosen, kinds, 3, 1)
    assert made.dtype == np.float32
    assert made.shape == (3, 3, 9, 9)
    for index, image in zip(chosen, made, strict=True):
        wholes = [pictures.image(index, side)[..., ::turn] for side in (10, 11, 12) for turn in (1, -1)]
        windows = [np.lib.stride_tricks.sliding_window_view(whole, (9, 9), axis=(1, 2)) for whole in wholes]
        assert any((each == image[:, None, None]).all((0, 3, 4)).any() for each in windows)
    alone = [augmented(pictures, chosen[[place]], kinds, 3, 1)[0] for place in range(3)]
    assert np.array_equal(made, np.stack(alone))
    padded = augmented(pictures, chosen, ways(short_side=[10, 12], crop=30, pad=20), 3, 1)
    assert (padded == 0).mean() > 0.3


def test_mirror_images_of_pictures_are_every_second_by_chance(pictures: ImageSet) -> None:
    plain, kinds = ways(crop=9), ways(crop=9, flip=True)
    turned = 0
    for epoch in range(40):
        one, other = (augmented(pictures, np.arange(7), way, 0, epoch) for way in (plain, kinds))
        for before, after in zip(one, other, strict=True):
            turned += np.array_equal(after, before[..., ::-1])
            assert np.array_equal(after, before) or np.array_equal(after, before[..., ::-1])
    assert 100 < turned < 180


@pytest.mark.parametrize(("normalise", "scale"), [(None, 1), ("symmetric", 2), ("pixel-mean", 1)])
def test_colours_shift_along_their_principal_components(normalise: str | None, scale: int) -> None:
    """By a normal number for each component, times its eigenvalue, times the deviation of the recipe."""
    prepared = arrays(2000, normalise=normalise)
    split, chosen = prepared.train, np.arange(2000)
    shifts = augmented(split, chosen, ways(colour=0.1), 0, 0, prepared.colours) - augmented(split, chosen, ways(), 0, 0)
    assert np.ptp(shifts, axis=(2, 3)).max() < 1e-5
    values = np.moveaxis(pixels(2000), 1, 0).reshape(3, -1) / 255
    eigenvalues, components = np.linalg.eigh(np.cov(values))
    along = shifts[..., 0, 0] @ components / eigenvalues / scale
    assert np.allclose(along.std(0), 0.1, rtol=0.06)
    assert np.abs(along.mean(0)).max() < 0.01
    assert np.abs(np.corrcoef(along.T) - np.eye(3)).max() < 0.08


def test_all_is_a_function_of_seed_epoch_and_image() -> None:
    prepared = arrays(30)
    kinds = ways(short_side=[10, 14], crop=9, flip=True, colour=0.5)

    def made(chosen: Array, seed: int = 0, epoch: int = 0) -> Array:
        return augmented(prepared.train, chosen, kinds, seed, epoch, prepared.colours)

    whole = made(np.arange(30))
    assert np.array_equal(made(np.array([7, 2])), whole[[7, 2]])
    assert not np.array_equal(made(np.arange(30), epoch=1), whole)
    assert not np.array_equal(made(np.arange(30), seed=1), whole)
    batches = Batches(prepared.train, 6, kinds, 0, prepared.colours)
    assert batches.at(0)[0].shape == (6, 3, 9, 9)


def test_images_without_anything_drawn_have_the_size_of_a_step(pictures: ImageSet) -> None:
    split, chosen = arrays(3).train, np.array([2, 0])
    wanted = np.stack([split.image(index) for index in chosen])
    assert np.array_equal(undrawn(split, chosen, ways()), wanted)
    assert np.array_equal(undrawn(split, chosen, ways(pad=2, crop=12, flip=True)), wanted[..., 2:14])
    made = undrawn(pictures, chosen, ways(short_side=[10, 12], crop=8))
    for index, image in zip(chosen.tolist(), made, strict=True):
        whole = pictures.image(index, 10)
        top, left = ((side - 8 + 1) // 2 for side in whole.shape[1:])
        assert np.array_equal(whole[:, top : top + 8, left : left + 8], image)


def test_the_shape_of_a_step(pictures: ImageSet) -> None:
    split = arrays(4).train
    assert shape_of(split, ways()) == (3, 12, 16)
    assert shape_of(split, ways(pad=2)) == (3, 16, 20)
    assert shape_of(pictures, ways(crop=9)) == (3, 9, 9)
    for each in (ways(), ways(pad=1)):
        with pytest.raises(WrongData, match="images of several sizes are trained on in crops"):
            shape_of(pictures, each)
    with pytest.raises(WrongData, match="a crop of 11x11 does not fit into images with a short side of 10"):
        shape_of(split, ways(short_side=[10, 20], crop=11))
    with pytest.raises(WrongData, match="a crop of 15x15 does not fit into images of 14x18"):
        shape_of(split, ways(pad=1, crop=15))
    with pytest.raises(WrongData, match="a crop of 14x14 does not fit into images of 13x16"):
        augmented(pictures, np.arange(7), ways(crop=14), 0, 0)
