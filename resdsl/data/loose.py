"""Images that are no data set: pictures without classes in a folder, and arrays in a file of numpy."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from resdsl.data.folders import loose_pictures
from resdsl.data.images import Array, Images, ImageSet, WrongData

FILES = (".npy", ".npz")
"""Endings of files that have arrays."""


def unlabelled(path: Path) -> ImageSet | None:
    """Images without labels, each with the label 0; None if the path has anything else.

    Raises:
        WrongData: the file cannot be read, or has no images.
    """
    if path.suffix == ".npy":
        images = _loaded(path)
        if not isinstance(images, np.ndarray):
            raise WrongData(f"{path} has several arrays: files that end in .npy have one")
        return Images(images, np.zeros(len(images) if images.ndim else 0, np.int64))
    return loose_pictures(path) if path.is_dir() else None


def labelled(path: Path) -> Images:
    """The images and labels in a file that ends in .npz.

    Raises:
        WrongData: the file cannot be read, or has other arrays.
    """
    arrays = _loaded(path)
    if isinstance(arrays, np.ndarray) or {*arrays} != {"images", "labels"}:
        raise WrongData(f"{path} must have two arrays, `images` and `labels`")
    labels = arrays["labels"]
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise WrongData(f"the labels in {path} must be a row of integers")
    return Images(arrays["images"], labels.astype(np.int64))


def _loaded(path: Path) -> Array | dict[str, Array]:
    """The array in a file, or the arrays by name; never an object, which could execute anything."""
    try:
        with path.open("rb") as file:
            found = np.load(file, allow_pickle=False)
            return found if isinstance(found, np.ndarray) else {name: found[name] for name in found.files}
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        reason = str(error).partition("\n")[0]
        raise WrongData(f"{path} cannot be read as arrays of numpy: {reason}") from None
