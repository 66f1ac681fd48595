"""CIFAR-10 and CIFAR-100 in their binary form: records of labels and 3 x 32 x 32 bytes.

The other form of these sets is Python's pickle, which could execute anything; it is not read.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from resdsl.data.images import Images, Parts, WrongData

_PIXELS = 3 * 32 * 32


def read10(folder: Path | None) -> Parts:
    """CIFAR-10: five files of training images and one of test images."""
    where = _folder(folder, "cifar-10-batches-bin")
    train = [_records(where / f"data_batch_{number}.bin", 1) for number in range(1, 6)]
    joined = Images(np.concatenate([part.inputs for part in train]), np.concatenate([part.targets for part in train]))
    return Parts(joined, _records(where / "test_batch.bin", 1))


def read100(folder: Path | None) -> Parts:
    """CIFAR-100, with its fine labels."""
    where = _folder(folder, "cifar-100-binary")
    return Parts(_records(where / "train.bin", 2), _records(where / "test.bin", 2))


def _folder(folder: Path | None, inner: str) -> Path:
    if folder is None:
        raise WrongData("this data set lies in a folder: name it with --data")
    return folder / inner if (folder / inner).is_dir() else folder


def _records(path: Path, labels: int) -> Images:
    """The images of a file, with the last of the labels of each."""
    if not path.is_file():
        raise WrongData(f"there is no file {path}; the binary version of the data set is read")
    data = np.frombuffer(path.read_bytes(), np.uint8)
    size = labels + _PIXELS
    if not len(data) or len(data) % size:
        raise WrongData(f"{path} has {len(data)} bytes, which are no whole records of {size}")
    records = data.reshape(-1, size)
    return Images(records[:, labels:].reshape(-1, 3, 32, 32), records[:, labels - 1].astype(np.int64))
