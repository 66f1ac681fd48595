"""Images with their labels or their targets: the form of all data sets, and that of arrays in memory."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from resdsl.data.resizing import resized
from resdsl.refusal import Refused

if TYPE_CHECKING:
    from hashlib import _Hash

Array = NDArray[Any]


class WrongData(Refused):
    """A data set cannot be read, or does not suit what it is wanted for."""


class ImageSet(ABC):
    """Some images of a data set, in an order of their own.

    Attributes:
        targets: a label for each image (int64), or an image for each (float32, of the same sizes).
    """

    targets: Array

    @property
    @abstractmethod
    def channels(self) -> int:
        """How many channels each image has."""

    @property
    @abstractmethod
    def size(self) -> tuple[int, int] | None:
        """Height and width of the images; None if they differ."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __getitem__(self, index: slice | Array) -> Self: ...

    @abstractmethod
    def labelled(self, targets: Array) -> Self:
        """The same images with other targets."""

    @abstractmethod
    def normalised(self, change: Callable[[Array], Array]) -> Self:
        """The images as float32, changed in this way; targets that are images, too."""

    @abstractmethod
    def read(self, index: int, short_side: int | None = None) -> Array:
        """One image, resized if a short side is given: channels x height x width. Its values may need `finished`."""

    @abstractmethod
    def finished(self, images: Array) -> Array:
        """Images, or parts of images, as `read` gives them, with the values that networks take."""

    @abstractmethod
    def add_to(self, digest: _Hash) -> None:
        """Add what these images are to a hash."""

    def image(self, index: int, short_side: int | None = None) -> Array:
        """One image as networks take it, resized if a short side is given: channels x height x width, float32.

        Raises:
            WrongData: it cannot be read.
        """
        return self.finished(self.read(index, short_side))

    def groups(self, chosen: Array, sides: Array | None = None) -> Iterator[Array]:
        """Images as `read` gives them, in the order of their indices, in groups: count x channels x height x width."""
        for place, index in enumerate(chosen.tolist()):
            yield self.read(index, None if sides is None else int(sides[place]))[None]

    def blocks(self, most: int) -> Iterator[tuple[Array, Array]]:
        """All images as networks take them, with their targets, in their order: at most so many at once, of one size.

        Raises:
            WrongData: one cannot be read.
        """
        for start in range(0, len(self), most):
            part, first = self[start : start + most], 0
            for images in part.groups(np.arange(len(part))):
                yield self.finished(images), part.targets[first : first + len(images)]
                first += len(images)


@dataclass(frozen=True)
class Images(ImageSet):
    """Images of one size, in memory.

    Attributes:
        inputs: count x channels x height x width, uint8 from 0 to 255 or float32 from 0 to 1.
        targets: a label for each image (int64), or an image for each (float32, of the same sizes).
    """

    inputs: Array
    targets: Array

    def __post_init__(self) -> None:
        if self.inputs.ndim != 4:
            raise WrongData(f"images must be count x channels x height x width, not of {self.inputs.ndim} axes")
        if len(self.inputs) != len(self.targets):
            raise WrongData(f"{len(self.inputs)} images have {len(self.targets)} labels")
        if self.inputs.dtype != np.uint8 and self.inputs.dtype.kind != "f":
            raise WrongData(f"images must be of uint8 (0 to 255) or floats (0 to 1), not of {self.inputs.dtype}")

    @property
    def channels(self) -> int:
        return int(self.inputs.shape[1])

    @property
    def size(self) -> tuple[int, int]:
        height, width = self.inputs.shape[2:]
        return height, width

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, index: slice | Array) -> Images:
        return Images(self.inputs[index], self.targets[index])

    def labelled(self, targets: Array) -> Images:
        return replace(self, targets=targets)

    def normalised(self, change: Callable[[Array], Array]) -> Images:
        return Images(change(self.inputs), change(self.targets) if self.targets.ndim == 4 else self.targets)

    def read(self, index: int, short_side: int | None = None) -> Array:
        image: Array = self.inputs[index]
        return image if short_side is None else resized(image, short_side)

    def finished(self, images: Array) -> Array:
        return images

    def groups(self, chosen: Array, sides: Array | None = None) -> Iterator[Array]:
        if sides is None:
            yield self.inputs[chosen]
        else:
            yield from super().groups(chosen, sides)

    def add_to(self, digest: _Hash) -> None:
        for array in (self.inputs, self.targets):
            digest.update(f"{array.dtype.str} {array.shape}\n".encode())
            digest.update(np.ascontiguousarray(array).data)


@dataclass(frozen=True)
class Parts:
    """A data set as its files have it.

    Attributes:
        train: what it has for training.
        test: what it has for testing; None if it makes no difference between its images.
        classes: the names of its labels, in their order, where it has names.
    """

    train: ImageSet
    test: ImageSet | None = None
    classes: tuple[str, ...] = ()

    def checksum(self) -> str:
        """The SHA-256 of all images and labels, in order, with their types and sizes; see `ImageSet.add_to`."""
        digest = sha256()
        for split in (self.train, *([self.test] if self.test else [])):
            split.add_to(digest)
        return digest.hexdigest()
