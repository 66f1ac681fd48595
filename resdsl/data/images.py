"""Images with their labels or their targets, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resdsl.refusal import Refused

Array = NDArray[Any]


class WrongData(Refused):
    """A data set cannot be read, or does not suit what it is wanted for."""


@dataclass(frozen=True)
class Images:
    """Some images of a data set.

    Attributes:
        inputs: count x channels x height x width, uint8 from 0 to 255 or float32 from 0 to 1.
        targets: a label for each image (int64), or an image for each (float32, of the same sizes).
    """

    inputs: Array
    targets: Array

    def __post_init__(self) -> None:
        if len(self.inputs) != len(self.targets):
            raise WrongData(f"{len(self.inputs)} images have {len(self.targets)} labels")
        if self.inputs.ndim != 4:
            raise WrongData(f"images must be count x channels x height x width, not of {self.inputs.ndim} axes")

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, index: slice | Array) -> Images:
        return Images(self.inputs[index], self.targets[index])


@dataclass(frozen=True)
class Parts:
    """A data set as its files have it.

    Attributes:
        train: what it has for training.
        test: what it has for testing; None if it makes no difference between its images.
    """

    train: Images
    test: Images | None = None

    def checksum(self) -> str:
        """The SHA-256 of all images and labels, in order, with their types and sizes."""
        digest = sha256()
        for split in (self.train, *([self.test] if self.test else [])):
            for array in (split.inputs, split.targets):
                digest.update(f"{array.dtype.str} {array.shape}\n".encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()
