"""Images that are read as they are needed: files of pictures, and data sets of PyTorch."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from resdsl.data.images import Array, ImageSet, WrongData
from resdsl.data.resizing import resized_picture

if TYPE_CHECKING:
    from hashlib import _Hash

    from PIL import Image

FORMATS = ("JPEG", "PNG", "BMP", "WEBP")
"""Those of Pillow that are read."""


class PictureSource(Protocol):
    """What images are read from."""

    @property
    def channels(self) -> int:
        """How many channels each image has."""

    @property
    def size(self) -> tuple[int, int] | None:
        """Height and width of all images; None if they differ."""

    def read(self, place: int, short_side: int | None) -> Array:
        """The image at a place, resized if a short side is given: channels x height x width, uint8 or float32."""

    def add_to(self, digest: _Hash) -> None:
        """Add what these images are to a hash."""


@dataclass(frozen=True)
class Pictures(ImageSet):
    """Images that are read as they are needed, and may differ in size.

    Attributes:
        source: what they are read from.
        places: where each is in it.
        targets: a label for each (int64).
        change: what makes their values those that networks take; None leaves them as they are read.
    """

    source: PictureSource
    places: Array
    targets: Array
    change: Callable[[Array], Array] | None = None

    @property
    def channels(self) -> int:
        return self.source.channels

    @property
    def size(self) -> tuple[int, int] | None:
        return self.source.size

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: slice | Array) -> Pictures:
        return replace(self, places=self.places[index], targets=self.targets[index])

    def labelled(self, targets: Array) -> Pictures:
        return replace(self, targets=targets)

    def normalised(self, change: Callable[[Array], Array]) -> Pictures:
        return replace(self, change=change)

    def read(self, index: int, short_side: int | None = None) -> Array:
        return self.source.read(int(self.places[index]), short_side)

    def finished(self, images: Array) -> Array:
        return images if self.change is None else self.change(images)

    def add_to(self, digest: _Hash) -> None:
        self.source.add_to(digest)
        for array in (self.places, self.targets):
            digest.update(np.ascontiguousarray(array).data)


@dataclass(frozen=True)
class Files:
    """Pictures in files, each read as three colours.

    Attributes:
        root: the folder that names begin from.
        names: their names, as bytes of the file system, with `/` between folders.
        sizes: bytes of each file.
    """

    root: Path
    names: Array
    sizes: Array

    @property
    def channels(self) -> int:
        return 3

    @property
    def size(self) -> None:
        return None

    def read(self, place: int, short_side: int | None) -> Array:
        """One picture as uint8, resized if a short side is given.

        Raises:
            WrongData: it is damaged, or of another format.
        """
        picture = read_picture(self.root / os.fsdecode(self.names[place]))
        if short_side is not None:
            picture = resized_picture(picture, short_side)
        return np.moveaxis(np.asarray(picture), 2, 0)

    def add_to(self, digest: _Hash) -> None:
        """Names and sizes: to read what is in each file at every start would take as long as to train."""
        for name, size in zip(self.names.tolist(), self.sizes.tolist(), strict=True):
            digest.update(name + f"\0{size}\n".encode())


def read_picture(path: Path) -> Image.Image:
    """A picture in three colours.

    Raises:
        WrongData: it is damaged, of another format or far too large, or Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError:
        raise WrongData("pictures are read by Pillow: pip install 'resdsl[train]'") from None
    try:
        with Image.open(path, formats=FORMATS) as picture:
            return picture.convert("RGB")
    except (OSError, SyntaxError, ValueError, EOFError, zlib.error, Image.DecompressionBombError) as error:
        raise WrongData(f"{path} cannot be read as a picture: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    """What Pillow says, without the name of the file, which it sometimes repeats."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:1].lower() + error.strerror[1:]
    return "it is of no format that is read" if "cannot identify" in str(error) else str(error)
