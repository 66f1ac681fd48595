"""Images in another size: bilinear with antialiasing, the same in training and in testing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from resdsl.refusal import Refused

if TYPE_CHECKING:
    from PIL import Image


def resized(image: NDArray[Any], short_side: int) -> NDArray[Any]:
    """An image of which the shorter side has so many pixels, and the other as many as keep its proportions.

    Args:
        image: channels x height x width, uint8 or float32; values of uint8 are rounded.
        short_side: pixels of the shorter side.

    Raises:
        Refused: Pillow is not installed.
    """
    height, width = image.shape[-2:]
    if min(height, width) == short_side:
        return image
    try:
        from PIL import Image
    except ImportError:
        raise Refused("images are resized by Pillow: pip install 'resdsl[train]'") from None
    return np.stack(
        [np.asarray(resized_picture(Image.fromarray(np.ascontiguousarray(band)), short_side)) for band in image]
    )


def resized_picture(picture: Image.Image, short_side: int) -> Image.Image:
    """The same for a picture of Pillow, all bands at once."""
    from PIL import Image

    width, height = picture.size
    if min(height, width) == short_side:
        return picture
    return picture.resize(_size(width, height, short_side), Image.Resampling.BILINEAR)


def _size(width: int, height: int, short_side: int) -> tuple[int, int]:
    """Width and height, the longer one rounded down, as torchvision has it."""
    if width <= height:
        return short_side, short_side * height // width
    return short_side * width // height, short_side
