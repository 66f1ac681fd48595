"""Data sets of PyTorch: their images and labels, those of several sizes, and what is no data set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.utils.data import Dataset, TensorDataset

import resdsl
from resdsl.data.datasets import as_parts
from resdsl.data.images import Images, Parts, WrongData

SPEC = "network small(classes = 3) {\n  input 1x8x8\n  conv 3x3, 4; norm; act\n  avgpool global\n  fc classes\n}\n"


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def pixels(*shape: int) -> NDArray[Any]:
    return np.random.default_rng(0).random(shape, np.float32)


class Own(Dataset[tuple[Any, int]]):
    """Images that are read one by one."""

    def __init__(self, images: list[Any]) -> None:
        self.images = images
        self.reads = 0

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        self.reads += 1
        return self.images[index], index % 3


def test_images_are_read_as_they_are_needed() -> None:
    images = pixels(9, 2, 8, 6)
    dataset = Own([torch.from_numpy(image) for image in images])
    train = as_parts(dataset).train
    assert (len(train), train.channels, train.size) == (9, 2, (8, 6))
    assert train.targets.tolist() == [0, 1, 2] * 3
    before = dataset.reads
    assert np.array_equal(train[3:].image(1), images[4])
    assert dataset.reads == before + 1
    assert train.image(0, 12).shape == (2, 16, 12)


@pytest.mark.parametrize(
    ("image", "shape"),
    [
        (np.zeros((4, 5), np.uint8), (1, 4, 5)),
        (torch.zeros(3, 4, 5), (3, 4, 5)),
        (Image.new("RGB", (5, 4)), (3, 4, 5)),
        (Image.new("L", (5, 4)), (1, 4, 5)),
        (np.zeros((4, 5)), (1, 4, 5)),
    ],
)  # fmt: skip
def test_forms_of_images(image: Any, shape: tuple[int, ...]) -> None:
    assert as_parts([(image, 0)]).train.image(0).shape == shape


def test_labels_are_taken_from_targets_where_a_data_set_has_them() -> None:
    dataset = Own([np.zeros((4, 5), np.uint8), np.zeros((5, 5), np.uint8)])
    vars(dataset)["targets"] = torch.tensor([1, 0])
    train = as_parts(dataset).train
    assert train.targets.tolist() == [1, 0]
    assert train.size is None


def test_a_run_on_data_sets_is_that_on_arrays(tmp_path: Path) -> None:
    images, labels = pixels(20, 1, 8, 8), np.arange(20) % 3
    recipe = resdsl.recipe("digits", test=None, batch=4, steps=7)
    net = resdsl.loads(SPEC)
    train = TensorDataset(torch.from_numpy(images), torch.from_numpy(labels))
    test = TensorDataset(torch.from_numpy(images[:5]), torch.from_numpy(labels[:5]))
    resdsl.train(net, recipe, out=tmp_path / "own", data=(train, test), workers=2)
    resdsl.train(
        net, recipe, out=tmp_path / "arrays", data=Parts(Images(images, labels), Images(images[:5], labels[:5]))
    )
    for name in ("history.csv", "result.json", "weights.safetensors"):
        assert (tmp_path / "own" / name).read_bytes() == (tmp_path / "arrays" / name).read_bytes()


def test_targets_may_be_images() -> None:
    images = (pixels(4, 1, 6, 6) * 255).astype(np.uint8)
    train = as_parts([(image, image) for image in images]).train
    assert isinstance(train, Images)
    assert np.array_equal(train.inputs, train.targets)
    assert train.inputs.max() <= 1
    with pytest.raises(WrongData, match="images that are targets have all one size"):
        as_parts([(image, image[:, :5]) for image in images])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "the data set has no images"),
        ([1, 2], "item 0 of the data set is no image with its label"),
        ([(np.zeros(3), 0)], "item 0 of the data set is no image of uint8 or floats: float64"),
        ([(np.zeros((3, 3)), -1)], "item 0 of the data set has the label -1"),
        (([], [], []), "data are one data set, or two for training and for tests, not 3"),
        (iter([]), "list_iterator is no data set: it has no length"),
    ],
)
def test_what_is_no_data_set_is_refused(given: Any, message: str) -> None:
    with pytest.raises(WrongData) as refused:
        as_parts(given)
    assert str(refused.value).startswith(message)


def test_images_of_several_sizes_are_trained_on_in_crops(tmp_path: Path) -> None:
    several = [(pixels(1, 8 + number % 3, 8), number % 3) for number in range(12)]
    recipe = resdsl.recipe("digits", test=2, batch=4, steps=2)
    with pytest.raises(WrongData, match="images of several sizes are trained on in crops: state"):
        resdsl.train(resdsl.loads(SPEC), recipe, out=tmp_path / "run", data=several)
    cropped = resdsl.recipe("digits", test=2, batch=4, steps=2, crop=8)
    assert resdsl.train(resdsl.loads(SPEC), cropped, out=tmp_path / "run", data=several).record["steps"] == 2
