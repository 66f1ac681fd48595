"""Images made worse: the blur against PyTorch's convolution, patches, and the photographs as the recipe has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

import resdsl
from resdsl.data.degrading import blurred, degraded
from resdsl.data.images import Images, WrongData
from resdsl.data.prepared import prepare
from resdsl.data.sets import read_set


def test_the_blur_is_a_convolution_with_a_gaussian() -> None:
    images = np.random.default_rng(0).random((2, 3, 20, 17), np.float32)
    kernel = torch.exp(-(torch.arange(-6, 7).float() ** 2) / 8)
    plane = torch.outer(kernel, kernel) / kernel.sum() ** 2
    padded = functional.pad(torch.from_numpy(images), (6, 6, 6, 6), mode="reflect")
    wanted = functional.conv2d(padded, plane.expand(3, 1, 13, 13), groups=3)
    assert np.abs(blurred(images, 2.0) - wanted.numpy()).max() < 1e-6


def test_patches_are_cut_from_inputs_and_targets_alike_and_mixed() -> None:
    images = np.arange(2 * 10 * 13, dtype=np.float32).reshape(2, 1, 10, 13) / 260
    made = degraded(Images(images, np.arange(2)), 4, None)
    assert made.inputs.shape == (2 * 2 * 3, 1, 4, 4)
    assert np.array_equal(made.inputs, made.targets)
    found = {patch.tobytes() for patch in made.inputs}
    wanted = [images[which, 0, y : y + 4, x : x + 4] for which in (0, 1) for y in (0, 4) for x in (0, 4, 8)]
    assert found == {patch.tobytes() for patch in wanted}
    assert [patch.tobytes() for patch in made.inputs] != [patch.tobytes() for patch in wanted]
    with pytest.raises(WrongData, match="patches of 11x11 cannot be cut from images of 10x13"):
        degraded(Images(images, images), 11, 1.0)


def test_the_photographs_as_the_recipe_has_them() -> None:
    found = prepare(read_set("photographs", None), resdsl.recipe("deblur").data)
    assert isinstance(found.train, Images)
    assert found.train.inputs.shape == found.train.targets.shape == (166, 1, 24, 24)
    assert (len(found.test), found.classes) == (42, 0)
    assert -0.5 <= found.train.targets.min() < -0.4
    assert 0.4 < found.train.targets.max() <= 0.5
    sharp, blurry = (np.abs(np.diff(each)).mean() for each in (found.train.targets, found.train.inputs))
    assert blurry < sharp / 2
    with pytest.raises(WrongData, match="the photographs come with scikit-learn: they have no folder"):
        read_set("photographs", Path())
