"""Pictures in folders: their classes and order, what is refused, damaged ones, and what a recipe makes of them."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from resdsl.data.images import Images, WrongData
from resdsl.data.pictures import read_picture
from resdsl.data.prepared import prepare
from resdsl.data.resizing import resized
from resdsl.data.sets import read_set
from resdsl.data.statistics import moments
from resdsl.recipes.recipe import Data

Array = NDArray[Any]


def picture(path: Path, value: int = 0, height: int = 12, width: int = 16) -> Array:
    """A file with a picture of random colours, and the picture."""
    pixels = np.random.default_rng(value).integers(0, 256, (height, width, 3), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return np.moveaxis(pixels, 2, 0)


def folders(root: Path, **counts: int) -> dict[str, Array]:
    """Folders of pictures: by class in each part, `train_cat=3`."""
    made = {}
    for number, (name, count) in enumerate(counts.items()):
        for each in range(count):
            path = root / name.replace("_", "/") / f"{each}.png"
            made[str(path.relative_to(root))] = picture(path, 100 * number + each)
    return made


def test_classes_are_folders_sorted_by_name(tmp_path: Path) -> None:
    made = folders(tmp_path, train_dog=3, train_cat=2, test_dog=2)
    (tmp_path / "train" / "cat" / "notes.txt").write_text("no picture")
    (tmp_path / "train" / ".hidden").mkdir()
    parts = read_set("folder", tmp_path)
    assert parts.test
    assert parts.classes == ("cat", "dog")
    assert sorted(parts.train.targets.tolist()) == [0, 0, 1, 1, 1]
    assert parts.test.targets.tolist() == [1, 1]
    found = {parts.train.image(index).tobytes() for index in range(5)}
    assert found == {made[name].tobytes() for name in made if name.startswith("train")}
    assert (parts.train.channels, parts.train.size) == (3, None)


@pytest.mark.parametrize("ending", ["JPG", "jpeg", "bmp", "webp"])
def test_pictures_of_each_form_are_read_and_resized(ending: str, tmp_path: Path) -> None:
    picture(tmp_path / "a" / f"1.{ending}")
    with Image.open(tmp_path / "a" / f"1.{ending}") as opened:
        wanted = np.moveaxis(np.asarray(opened.convert("RGB")), 2, 0)
    train = read_set("folder", tmp_path).train
    assert np.array_equal(train.image(0), wanted)
    assert np.array_equal(train.image(0, 9), resized(wanted, 9))


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1"])
def test_all_pictures_have_three_colours(mode: str, tmp_path: Path) -> None:
    Image.new(mode, (5, 4)).save(tmp_path / "a.png")
    assert read_picture(tmp_path / "a.png").mode == "RGB"


def test_any_part_of_the_order_has_all_classes(tmp_path: Path) -> None:
    folders(tmp_path, a=20, b=20, c=20)
    found = prepare(read_set("folder", tmp_path), Data.model_validate({"set": "folder", "test": 15, "validation": 15}))
    assert found.validation
    for split in (found.train, found.validation, found.test):
        assert {*split.targets.tolist()} == {0, 1, 2}
    assert np.array_equal(found.test.targets, read_set("folder", tmp_path).train.targets[-15:])


def test_labels_are_chosen_and_values_normalised_by_channel(tmp_path: Path) -> None:
    folders(tmp_path, train_a=4, train_b=4, train_c=4, test_a=1, test_b=1, test_c=1)
    parts = read_set("folder", tmp_path)
    keys = {"set": "folder", "labels": [2, 0], "normalise": "pixel-mean"}
    found = prepare(parts, Data.model_validate(keys), colours=True)
    assert found.classes == 2
    assert len(found.train) == 8
    whole = np.stack([found.train.image(index) for index in range(8)])
    assert whole.dtype == np.float32
    assert np.abs(whole.mean((0, 2, 3))).max() < 1e-6
    assert found.colours is not None
    values, components = np.linalg.eigh(np.cov(np.moveaxis(whole, 1, 0).reshape(3, -1), bias=True))
    assert np.allclose(np.abs(found.colours), np.abs(components * values)[:, ::-1], atol=1e-6)
    assert (found.colours[np.abs(found.colours).argmax(0), range(3)] > 0).all()
    assert [split.shape for split, _ in found.test.blocks(4)] == [(1, 3, 12, 16)] * 2


def test_the_checksum_is_of_names_sizes_and_labels(tmp_path: Path) -> None:
    folders(tmp_path, train_a=2, train_b=2, test_a=1)
    first = read_set("folder", tmp_path).checksum()
    assert read_set("folder", tmp_path).checksum() == first
    (tmp_path / "train" / "b" / "1.png").rename(tmp_path / "train" / "b" / "2.png")
    renamed = read_set("folder", tmp_path).checksum()
    picture(tmp_path / "train" / "b" / "2.png", height=13)
    assert len({first, renamed, read_set("folder", tmp_path).checksum()}) == 3


def test_imagenet_is_a_folder_of_classes_too(tmp_path: Path) -> None:
    folders(tmp_path, train_n1=2, train_n2=2, val_n2=1)
    assert read_set("imagenet", tmp_path).checksum() == read_set("folder", tmp_path).checksum()


def test_what_folders_lack_is_refused(tmp_path: Path) -> None:
    def refusal(name: str, root: Path | None) -> str:
        with pytest.raises(WrongData) as refused:
            read_set(name, root)
        return str(refused.value).replace(f"{tmp_path}/", "")

    assert refusal("folder", None) == "this data set lies in a folder: name it with --data"
    assert refusal("folder", tmp_path / "none") == "there is no folder none"
    (tmp_path / "empty").mkdir()
    assert refusal("folder", tmp_path / "empty") == "empty has no folders of pictures"
    (tmp_path / "empty" / "a").mkdir()
    assert "has no pictures: files that end in .jpg, .jpeg" in refusal("folder", tmp_path / "empty")
    folders(tmp_path / "both", train_a=1, test_a=1, val_a=1)
    assert refusal("folder", tmp_path / "both").startswith("both has both `test` and `val`: which is tested on?")
    folders(tmp_path / "more", train_a=1, test_b=1)
    assert refusal("folder", tmp_path / "more") == "more/test/b is of a class that more/train does not have"
    folders(tmp_path / "half", train_a=1)
    assert "half has no folder `val`" in refusal("imagenet", tmp_path / "half")
    picture(tmp_path / "half" / "val" / "1.jpg")
    assert "half/val has pictures, but no folders: sort them" in refusal("imagenet", tmp_path / "half")


def png(width: int, height: int) -> bytes:
    """The beginning of a picture that says that it is of this size."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    checked = header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + checked + struct.pack(">I", 100) + b"IDAT"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is of no format that is read"),
        (b"GIF89a" + bytes(30), "it is of no format that is read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "it is of no format that is read"),
        (png(100_000, 100_000), "exceeds limit of"),
        (png(10, 10), "."),
    ],
)
def test_a_damaged_picture_is_refused_with_its_path(content: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(content)
    with pytest.raises(WrongData, match=rf"1\.png cannot be read as a picture: .*{reason}"):
        read_picture(tmp_path / "1.png")


def test_a_picture_that_was_cut_off_is_refused_with_its_path(tmp_path: Path) -> None:
    for name in ("1.jpg", "1.png", "1.webp", "1.bmp"):
        picture(tmp_path / name, height=50, width=50)
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: len(whole) // 2])
        with pytest.raises(WrongData, match=f"{name} cannot be read as a picture"):
            read_picture(tmp_path / name)
    with pytest.raises(WrongData, match="no such file"):
        read_picture(tmp_path / "none.png")


def test_arrays_and_pictures_have_the_same_moments(tmp_path: Path) -> None:
    made = folders(tmp_path, a=5, b=5)
    arrays = moments(Images(np.stack([*made.values()]), np.arange(10)))
    pictures = moments(read_set("folder", tmp_path).train)
    assert np.allclose(arrays.mean, pictures.mean)
    assert np.allclose(arrays.covariance, pictures.covariance)
