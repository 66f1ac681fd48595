"""Pictures sorted into folders by class: `train/cat/1.jpg`, `val/cat/2.jpg`, as ImageNet has them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from resdsl.data.images import Parts, WrongData
from resdsl.data.pictures import Files, Pictures

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
"""Of files that are pictures, in small letters; other files are passed over."""


def read(folder: Path | None) -> Parts:
    """Pictures in `train` and in `test` or `val`, by class; or by class alone, without a part for tests.

    Classes are the folders in `train`, sorted by name.
    """
    root = _existing(folder)
    tests = [part for part in ("test", "val") if (root / part).is_dir()]
    if not (root / "train").is_dir():
        classes = _folders(root)
        return Parts(_pictures(root, classes), classes=classes)
    if len(tests) > 1:
        raise WrongData(f"{root} has both `test` and `val`: which is tested on? Move one of them elsewhere")
    return _parts(root, tests[0] if tests else None)


def read_imagenet(folder: Path | None) -> Parts:
    """ImageNet: `train` and `val`, each with a folder for each class."""
    root = _existing(folder)
    for part in ("train", "val"):
        if not (root / part).is_dir():
            raise WrongData(f"{root} has no folder `{part}`: ImageNet is read from `train` and `val`")
    return _parts(root, "val")


def loose_pictures(folder: Path) -> Pictures | None:
    """The pictures that lie in a folder itself, in the order of their names, all of one class; None if there are none,
    or folders beside them.
    """
    with os.scandir(folder) as entries:
        if any(entry.is_dir() and not entry.name.startswith(".") for entry in entries):
            return None
    found = sorted(_files(folder))
    names, sizes = np.array([os.fsencode(name) for name, _ in found]), np.array([size for _, size in found])
    places = np.arange(len(found))
    return Pictures(Files(folder, names, sizes), places, np.zeros_like(places)) if found else None


def _existing(folder: Path | None) -> Path:
    if folder is None:
        raise WrongData("this data set lies in a folder: name it with --data")
    if not folder.is_dir():
        raise WrongData(f"there is no folder {folder}")
    return folder


def _parts(root: Path, tests: str | None) -> Parts:
    classes = _folders(root / "train")
    train = _pictures(root / "train", classes)
    if tests is None:
        return Parts(train, classes=classes)
    unknown = sorted({*_folders(root / tests)} - {*classes})
    if unknown:
        raise WrongData(f"{root / tests / unknown[0]} is of a class that {root / 'train'} does not have")
    return Parts(train, _pictures(root / tests, classes), classes)


def _folders(root: Path) -> tuple[str, ...]:
    """The names of the classes."""
    with os.scandir(root) as entries:
        names = tuple(sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith(".")))
    if not names:
        loose = any(path.suffix.lower() in ENDINGS for path in root.iterdir())
        raise WrongData(
            f"{root} has pictures, but no folders: sort them into a folder for each class"
            if loose
            else f"{root} has no folders of pictures"
        )
    return names


def _pictures(root: Path, classes: tuple[str, ...]) -> Pictures:
    """The pictures of a folder for each class, in an order that was drawn once: any part of it has all classes."""
    names, sizes, labels = [], [], []
    for label, name in enumerate(classes):
        found = sorted(_files(root / name)) if (root / name).is_dir() else []
        names += [os.fsencode(f"{name}/{file}") for file, _ in found]
        sizes += [size for _, size in found]
        labels += [label] * len(found)
    if not names:
        raise WrongData(f"{root} has no pictures: files that end in {', '.join(ENDINGS)}")
    order = np.random.Generator(np.random.Philox(0)).permutation(len(names))
    return Pictures(Files(root, np.array(names), np.array(sizes)), order, np.array(labels, np.int64)[order])


def _files(folder: Path) -> list[tuple[str, int]]:
    """The names of the pictures in a folder, and their bytes."""
    with os.scandir(folder) as entries:
        return [
            (entry.name, entry.stat().st_size)
            for entry in entries
            if entry.name.lower().endswith(ENDINGS) and not entry.name.startswith(".") and entry.is_file()
        ]
