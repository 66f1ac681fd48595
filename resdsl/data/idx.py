"""Files in the form of MNIST (idx), plain or compressed: Fashion-MNIST, MNIST and their kin."""

from __future__ import annotations

import gzip
import zlib
from math import prod
from pathlib import Path

import numpy as np

from resdsl.data.images import Array, Images, Parts, WrongData

_BYTES = 8
"""The code of unsigned bytes in the header; other types do not occur in these sets."""
_MOST = 1 << 31


def read(folder: Path | None) -> Parts:
    """The training and the test part in a folder, by the usual names of the four files."""
    if folder is None:
        raise WrongData("this data set lies in a folder: name it with --data")
    return Parts(_split(folder, "train"), _split(folder, "t10k"))


def _split(folder: Path, part: str) -> Images:
    images, labels = (
        read_array(_found(folder, f"{part}-{kind}")) for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")
    )
    if images.ndim != 3 or labels.ndim != 1:
        raise WrongData(f"{folder}: the files of `{part}` are not images and labels")
    return Images(images[:, None], labels.astype(np.int64))


def _found(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise WrongData(f"{folder} has no file {name} or {name}.gz")


def read_array(path: Path) -> Array:
    """The array in an idx file.

    Raises:
        WrongData: it is no idx file of bytes, or it is not as long as its header says.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            data = file.read(_MOST)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise WrongData(f"{path} is damaged: {error}") from None
    axes = data[3] if data[:3] == bytes([0, 0, _BYTES]) and len(data) > 3 else 0
    start = 4 + 4 * axes
    if not axes or len(data) < start:
        raise WrongData(f"{path} is no idx file of bytes")
    shape = tuple(int.from_bytes(data[at : at + 4], "big") for at in range(4, start, 4))
    wanted = prod(shape)
    if len(data) - start != wanted:
        raise WrongData(f"{path} has {len(data) - start} bytes of values, where its header says {wanted}")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)
