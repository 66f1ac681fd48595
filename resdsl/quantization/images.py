"""The images that a network is quantised with: some to choose scales by, and others to judge the result on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR

import numpy as np

from resdsl.data.images import Array, Images, ImageSet, Parts, WrongData
from resdsl.data.loose import FILES, labelled, unlabelled
from resdsl.data.normalisation import normalisation_of
from resdsl.data.prepared import prepare
from resdsl.data.sets import Given, parts_of
from resdsl.data.statistics import moments, spread
from resdsl.recipes.recipe import Recipe, Test
from resdsl.testing.views import views

CALIBRATED = 512
"""Images that scales are chosen by, at most."""
_AT_ONCE = 16


@dataclass(frozen=True)
class Calibration:
    """Images for both purposes.

    Attributes:
        name: of the data.
        chosen: images that scales are chosen by.
        test: images that the result is judged on; none is among those.
        has_labels: whether the images have labels.
        way: what the network is given of an image.
    """

    name: str
    chosen: ImageSet
    test: ImageSet
    has_labels: bool
    way: Test

    def batches(self) -> Iterator[Array]:
        """What the network is given of the images that scales are chosen by, a few at a time, in float32.

        Raises:
            WrongData: an image cannot be read.
        """
        for start in range(0, len(self.chosen), _AT_ONCE):
            for view in views(self.chosen[start : start + _AT_ONCE], self.way):
                yield from (np.ascontiguousarray(group, np.float32) for group in view)


def calibration_of(given: Given, recipe: Recipe | None) -> Calibration:
    """The images in the data that are given, as the recipe has them in its first way of testing.

    With labels, scales are chosen by some of the training images, evenly spread, and the result is judged on the test
    images. Without, some of the images, evenly spread, are for the first, and all others for the second.

    Args:
        given: the data as `resdsl.test` takes them, a folder of pictures without classes, or a file: `.npy` with
            images, or `.npz` with `images` and `labels`.
        recipe: the data set, what is done to its images, and what is looked at; arrays of float32 are taken as they
            are without one.

    Raises:
        OSError: there is no such file or folder.
        WrongData: the data cannot be read, or do not suit.
    """
    path = Path(given) if isinstance(given, str | Path) else None
    if path is not None and S_ISDIR(path.stat().st_mode) and not any(path.iterdir()):
        raise WrongData(f"{path} is empty: it has no images")
    if path is not None and (images := unlabelled(path)) is not None:
        return _without_labels(path.name, images, recipe)
    if recipe is None:
        raise WrongData("name a recipe with --recipe: it says what is done to the images")
    parts = Parts(labelled(path)) if path is not None and path.suffix in FILES else parts_of(given, recipe.data.set)
    prepared = prepare(parts, recipe.data)
    chosen = spread(len(prepared.train), CALIBRATED)
    return Calibration(recipe.data.set, prepared.train[chosen], prepared.test, True, next(iter(recipe.test.values())))


def _without_labels(name: str, images: ImageSet, recipe: Recipe | None) -> Calibration:
    if len(images) < 2:
        count = f"{len(images)} image{'' if len(images) == 1 else 's'}"
        raise WrongData(f"{name} has {count}: some are for scales, and others to judge the result on")
    way = Test(views="whole")
    if recipe is not None:
        way = next(iter(recipe.test.values()))
        images = images.normalised(normalisation_of(images, recipe.data.normalise, lambda: moments(images)))
    elif not (isinstance(images, Images) and images.inputs.dtype == np.float32):
        raise WrongData(f"what is done to the images in {name}? Name a recipe; only arrays of float32 need none")
    chosen = spread(len(images), min(CALIBRATED, len(images) // 2))
    others = np.setdiff1d(np.arange(len(images)), chosen)
    return Calibration(name, images[chosen], images[others], False, way)
