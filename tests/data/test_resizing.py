"""Resizing: the shorter side and the proportions, by bands or at once, and antialiasing against PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.functional import interpolate

from resdsl.data.resizing import resized, resized_picture


@pytest.mark.parametrize(
    ("height", "width", "side", "size"),
    [(375, 500, 256, (256, 341)), (500, 375, 256, (341, 256)), (20, 20, 30, (30, 30)), (7, 9, 7, (7, 9))],
)
def test_the_shorter_side_has_the_size_and_the_other_keeps_the_proportions(
    height: int, width: int, side: int, size: tuple[int, int]
) -> None:
    for dtype in (np.uint8, np.float32):
        made = resized(np.ones((3, height, width), dtype), side)
        assert made.shape == (3, *size)
        assert made.dtype == dtype
        assert (made == 1).all()


@pytest.mark.parametrize("side", [11, 40])
def test_resizing_is_that_of_pytorch(side: int) -> None:
    image = np.random.default_rng(0).random((2, 24, 32), np.float32)
    made = resized(image, side)
    wanted = interpolate(torch.from_numpy(image)[None], size=made.shape[1:], mode="bilinear", antialias=True)[0]
    assert np.abs(made - wanted.numpy()).max() < 1e-5


def test_a_picture_is_resized_as_its_bands_are() -> None:
    bands = np.random.default_rng(0).integers(0, 256, (3, 37, 50), np.uint8)
    picture = Image.fromarray(np.ascontiguousarray(np.moveaxis(bands, 0, 2)))
    assert np.array_equal(np.moveaxis(np.asarray(resized_picture(picture, 16)), 2, 0), resized(bands, 16))
