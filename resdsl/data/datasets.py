"""Data sets of PyTorch, and whatever else has a length and yields an image and its label by index."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from resdsl.data.images import Array, Images, ImageSet, Parts, WrongData
from resdsl.data.normalisation import unit
from resdsl.data.pictures import Pictures
from resdsl.data.resizing import resized

if TYPE_CHECKING:
    from hashlib import _Hash


class Indexed(Protocol):
    """A data set in the form of PyTorch's: an item is an image, and its label or its target.

    Images are channels x height x width or height x width, uint8 from 0 to 255 or floats from 0 to 1, as arrays or
    tensors; or pictures of Pillow. Labels are integers; targets are images.
    """

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Any: ...


@dataclass(frozen=True)
class IndexedImages:
    """The images of a data set that has a length and an index.

    Attributes:
        dataset: the data set; its items may be drawn anew each time.
        channels: of its images.
        size: height and width of its images; None if they differ.
    """

    dataset: Indexed = field(repr=False)
    channels: int
    size: tuple[int, int] | None

    def read(self, place: int, short_side: int | None) -> Array:
        """The image of an item, resized if a short side is given."""
        image = _image(self.dataset[place][0], place)
        return image if short_side is None else resized(image, short_side)

    def add_to(self, digest: _Hash) -> None:
        """The kind of data set: images are not read for it, as they may be drawn anew each time."""
        digest.update(type(self.dataset).__qualname__.encode())


def as_parts(given: Indexed | tuple[Indexed, Indexed]) -> Parts:
    """A data set, or one for training and one for tests, in the form of all others.

    Raises:
        WrongData: an item is no image with its label.
    """
    if isinstance(given, tuple):
        if len(given) != 2:
            raise WrongData(f"data are one data set, or two for training and for tests, not {len(given)}")
        return Parts(_split(given[0]), _split(given[1]))
    return Parts(_split(given))


def _split(dataset: Indexed) -> ImageSet:
    count = _length(dataset)
    first, last = (_image(_pair(dataset, place)[0], place) for place in (0, count - 1))
    if np.ndim(_pair(dataset, 0)[1]) > 1:
        return _restored(dataset, count)
    size = (int(first.shape[1]), int(first.shape[2])) if first.shape == last.shape else None
    return Pictures(IndexedImages(dataset, len(first), size), np.arange(count), _labels(dataset, count))


def _length(dataset: Indexed) -> int:
    try:
        count = len(dataset)
    except TypeError:
        raise WrongData(f"{type(dataset).__name__} is no data set: it has no length") from None
    if not count:
        raise WrongData("the data set has no images")
    return count


def _pair(dataset: Indexed, place: int) -> tuple[Any, Any]:
    item = dataset[place]
    if not isinstance(item, tuple | list) or len(item) != 2:
        raise WrongData(f"item {place} of the data set is no image with its label")
    return item[0], item[1]


def _labels(dataset: Indexed, count: int) -> Array:
    """The labels: what the data set has as `targets`, as those of torchvision do, or else those of all items."""
    found = getattr(dataset, "targets", None)
    if found is None or len(found) != count:
        found = [_pair(dataset, place)[1] for place in range(count)]
    labels = np.array([int(label) for label in found], np.int64)
    if labels.min() < 0:
        raise WrongData(f"item {int(labels.argmin())} of the data set has the label {int(labels.min())}")
    return labels


def _restored(dataset: Indexed, count: int) -> Images:
    """A data set whose targets are images, read into memory."""
    pairs = [_pair(dataset, place) for place in range(count)]
    inputs = [unit(_image(image, place)) for place, (image, _) in enumerate(pairs)]
    targets = [unit(_image(target, place)) for place, (_, target) in enumerate(pairs)]
    if len({image.shape for image in (*inputs, *targets)}) > 1:
        raise WrongData("images that are targets have all one size, which is that of the inputs")
    return Images(np.stack(inputs), np.stack(targets))


def _image(value: Any, place: int) -> Array:
    """An image as channels x height x width."""
    image = np.asarray(value)
    if image.ndim == 3 and hasattr(value, "getbands"):  # a picture of Pillow
        image = np.moveaxis(image, 2, 0)
    if image.ndim == 2:
        image = image[None]
    if image.ndim != 3 or (image.dtype != np.uint8 and image.dtype.kind != "f"):
        raise WrongData(f"item {place} of the data set is no image of uint8 or floats: {image.dtype}, {image.shape}")
    return image if image.dtype == np.uint8 else image.astype(np.float32)
