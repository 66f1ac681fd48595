"""Data sets: readers on files in their forms, damaged ones, plug-ins, and what a recipe makes of them."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import resdsl
from resdsl.data.idx import read_array
from resdsl.data.images import Images, ImageSet, Parts, WrongData
from resdsl.data.prepared import Prepared, prepare
from resdsl.data.sets import read_set
from resdsl.recipes.recipe import Data

Array = NDArray[Any]


def bytes_of(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def inputs(split: ImageSet | None) -> Array:
    """The images of a split that is in memory."""
    assert isinstance(split, Images)
    return split.inputs


def idx(path: Path, array: Array) -> None:
    """A file in the form of MNIST, compressed if its name says so."""
    header = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    data = header + array.tobytes()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def mnist(folder: Path, suffix: str = "") -> dict[str, Array]:
    arrays = {
        "train-images-idx3-ubyte": bytes_of(6, 5, 4),
        "train-labels-idx1-ubyte": np.array([0, 1, 2, 0, 1, 2], np.uint8),
        "t10k-images-idx3-ubyte": bytes_of(2, 5, 4, seed=1),
        "t10k-labels-idx1-ubyte": np.array([2, 1], np.uint8),
    }
    for name, array in arrays.items():
        idx(folder / (name + suffix), array)
    return arrays


def test_digits_are_those_of_scikit_learn() -> None:
    parts = read_set("digits", None)
    assert inputs(parts.train).shape == (1797, 1, 8, 8)
    assert (inputs(parts.train).min(), inputs(parts.train).max()) == (0, 1)
    assert parts.train.targets[:10].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert parts.test is None


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_files_of_mnist_are_read(suffix: str, tmp_path: Path) -> None:
    arrays = mnist(tmp_path, suffix)
    parts = read_set("fashion-mnist", tmp_path)
    assert parts.test
    assert np.array_equal(inputs(parts.train)[:, 0], arrays["train-images-idx3-ubyte"])
    assert np.array_equal(parts.test.targets, arrays["t10k-labels-idx1-ubyte"])


def test_the_checksum_is_of_values_not_of_files(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "small").mkdir()
    mnist(tmp_path / "plain")
    arrays = mnist(tmp_path / "small", ".gz")
    same = read_set("mnist", tmp_path / "plain").checksum()
    assert read_set("mnist", tmp_path / "small").checksum() == same
    changed = arrays["t10k-labels-idx1-ubyte"].copy()
    changed[0] = 0
    idx(tmp_path / "plain" / "t10k-labels-idx1-ubyte", changed)
    assert read_set("mnist", tmp_path / "plain").checksum() != same


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no idx file of bytes"),
        (b"\0\0\x0d\1\0\0\0\1\0\0\0\0", "is no idx file of bytes"),
        (b"\0\0\x08\1\0\0\0\3ab", "has 2 bytes of values, where its header says 3"),
        (b"\0\0\x08\3" + 12 * b"\xff", "where its header says 79228162458924105385300197375"),
        (b"\0\0\x08\0", "is no idx file of bytes"),
        (b"\0\0\x08\2\0\0\0\1", "is no idx file of bytes"),
    ],
)  # fmt: skip
def test_a_damaged_idx_file_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(WrongData, match=message):
        read_array(tmp_path / "file")


def test_a_cut_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file.gz").write_bytes(gzip.compress(b"x" * 1000)[:-9])
    with pytest.raises(WrongData, match="is damaged"):
        read_array(tmp_path / "file.gz")


@pytest.mark.parametrize(("name", "labels"), [("cifar10", 1), ("cifar100", 2)])
def test_records_of_cifar_are_read(name: str, labels: int, tmp_path: Path) -> None:
    folder = tmp_path / {"cifar10": "cifar-10-batches-bin", "cifar100": "cifar-100-binary"}[name]
    folder.mkdir()
    train = [f"data_batch_{number}.bin" for number in range(1, 6)] if name == "cifar10" else ["train.bin"]
    test = "test_batch.bin" if name == "cifar10" else "test.bin"
    records = {file: bytes_of(2, labels + 3072, seed=seed) for seed, file in enumerate([*train, test])}
    for file, values in records.items():
        (folder / file).write_bytes(values.tobytes())
    parts = read_set(name, tmp_path)
    whole = np.concatenate([records[file] for file in train])
    assert np.array_equal(inputs(parts.train).reshape(len(whole), -1), whole[:, labels:])
    assert np.array_equal(parts.train.targets, whole[:, labels - 1])
    assert parts.test
    assert len(parts.test) == 2
    (folder / test).write_bytes(b"123")
    with pytest.raises(WrongData, match=r"has 3 bytes, which are no whole records of 307\d"):
        read_set(name, folder)
    (folder / test).unlink()
    with pytest.raises(WrongData, match="the binary version of the data set is read"):
        read_set(name, tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("digit", "unknown data set `digit`; did you mean `digits`?"),
        ("mnist", "this data set lies in a folder: name it with --data"),
        ("cifar10", "this data set lies in a folder: name it with --data"),
    ],
)
def test_what_is_not_there_is_refused(name: str, message: str) -> None:
    with pytest.raises(resdsl.Refused) as refused:
        read_set(name, None)
    assert str(refused.value) == message


def parts_of(count: int, tested: int = 0) -> Parts:
    images = Images(bytes_of(count, 3, 4, 4), np.arange(count) % 5)
    return Parts(images, Images(bytes_of(tested, 3, 4, 4), np.arange(tested) % 5) if tested else None)


def prepared(parts: Parts, **keys: object) -> Prepared:
    return prepare(parts, Data.model_validate({"set": "mine", **keys}))


def test_a_recipe_splits_takes_labels_and_normalises() -> None:
    parts = parts_of(40, tested=10)
    found = prepared(parts, validation=10, labels=[3, 1], normalise="pixel-mean")
    assert found.classes == 2
    assert found.validation
    assert (len(found.train), len(found.validation), len(found.test)) == (12, 4, 4)
    assert found.train.targets.tolist() == [1, 0] * 6
    assert np.abs(inputs(found.train).mean(0)).max() < 1e-6
    taken = inputs(parts.train)[:30][np.isin(parts.train.targets[:30], (1, 3))]
    assert np.allclose(inputs(found.test)[0], inputs(parts.test)[1] / 255 - (taken / 255).mean(0), atol=1e-6)


@pytest.mark.parametrize(("how", "low", "high"), [("symmetric", -1, 1), ("centred", -0.5, 0.5), (None, 0, 1)])
def test_ranges(how: str | None, low: float, high: float) -> None:
    found = prepared(parts_of(40), test=10, normalise=how)
    assert inputs(found.train).dtype == np.float32
    assert (inputs(found.train).min(), inputs(found.train).max()) == (low, high)


@pytest.mark.parametrize(
    ("parts", "keys", "message"),
    [
        (parts_of(4), {}, "the data set `mine` has no test part: state `data.test` in the recipe"),
        (
            parts_of(4, 2),
            {"test": 1},
            "the data set `mine` has a test part: `data.test` in the recipe would replace it",
        ),
        (parts_of(4), {"test": 4}, "`data.test` takes 4 images of 4: none would be left to train on"),
        (parts_of(4, 2), {"validation": 9}, "`data.validation` takes 9 images of 4: none would be left to train on"),
        (parts_of(10, 5), {"labels": [1, 7]}, "no image has the label 7"),
    ],
)
def test_what_data_cannot_give_is_refused(parts: Parts, keys: dict[str, Any], message: str) -> None:
    with pytest.raises(WrongData) as refused:
        prepared(parts, **keys)
    assert str(refused.value) == message


@pytest.mark.parametrize("labels", [np.array([0, -1, 1]), np.array([0, 1, 2], np.uint8), np.array([0.0, 1.0, 2.0])])
def test_labels_that_are_none_are_refused(labels: NDArray[Any]) -> None:
    with pytest.raises(WrongData, match="labels must be of int64, from 0 on"):
        prepared(Parts(Images(np.zeros((3, 1, 2, 2), np.uint8), labels)), test=1)


def test_images_of_other_integers_are_refused() -> None:
    """Their range is not known: they are not taken for values from 0 to 1."""
    with pytest.raises(WrongData, match=r"images must be of uint8 \(0 to 255\) or floats \(0 to 1\), not of int64"):
        Images(np.full((3, 1, 2, 2), 255), np.arange(3))


def test_labels_of_images_held_back_count() -> None:
    assert (
        prepared(
            Parts(Images(np.zeros((6, 1, 2, 2), np.uint8), np.array([0, 1, 0, 1, 9, 1]))), validation=2, test=1
        ).classes
        == 10
    )
