"""A data set as a recipe wants it: degraded, split, with the labels it takes, and normalised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from resdsl.data.degrading import degraded
from resdsl.data.images import Array, ImageSet, Parts, WrongData
from resdsl.data.normalisation import Scaling, normalisation_of
from resdsl.data.statistics import moments
from resdsl.recipes.recipe import Data, Recipe


@dataclass(frozen=True)
class Prepared:
    """What a run trains and tests on; values are float32 once a split has finished them.

    Attributes:
        train: images to train on.
        validation: images held back from them; None where the recipe holds none back.
        test: images to test on.
        classes: how many labels there are; 0 where targets are images.
        normalisation: how values were changed.
        colours: the principal components of colour as they are added to images, channels x channels; None if they were
            not asked for.
    """

    train: ImageSet
    validation: ImageSet | None
    test: ImageSet
    classes: int
    normalisation: Scaling
    colours: Array | None = None


def prepare(parts: Parts, data: Data, *, colours: bool = False) -> Prepared:
    """The data set as the recipe has it.

    Args:
        parts: the data set.
        data: what the recipe says of it.
        colours: whether augmentation needs the principal components of colour.

    Raises:
        WrongData: there are fewer images than the recipe splits off, or no test part.
    """
    if data.patch is not None or data.blur is not None:
        test_part = parts.test and degraded(parts.test, data.patch, data.blur)
        parts = Parts(degraded(parts.train, data.patch, data.blur), test_part)
    train, test = _tested(parts, data)
    validation = None
    if data.validation is not None:
        train, validation = _cut(train, data.validation, "validation")
    if data.labels is not None:
        train, test = _of_labels(train, data.labels), _of_labels(test, data.labels)
        validation = validation and _of_labels(validation, data.labels)
    measured = cache(partial(moments, train))
    change = normalisation_of(train, data.normalise, measured)
    return Prepared(
        train.normalised(change),
        validation and validation.normalised(change),
        test.normalised(change),
        _classes([train, test, *([validation] if validation is not None else [])]),
        change,
        measured().principal() * np.float32(change.scale) if colours else None,
    )


def prepare_for(parts: Parts, recipe: Recipe) -> Prepared:
    """The data set as training by a recipe needs it; raises what `prepare` raises."""
    return prepare(parts, recipe.data, colours=recipe.augmentation.colour > 0)


def _classes(splits: Sequence[ImageSet]) -> int:
    labels = [split.targets for split in splits]
    if labels[0].ndim > 1:
        return 0
    if any(each.dtype != np.int64 or each.min() < 0 for each in labels):
        raise WrongData("labels must be of int64, from 0 on")
    return int(max(each.max() for each in labels)) + 1


def _tested(parts: Parts, data: Data) -> tuple[ImageSet, ImageSet]:
    if data.test is None:
        if parts.test is None:
            raise WrongData(f"the data set `{data.set}` has no test part: state `data.test` in the recipe")
        return parts.train, parts.test
    if parts.test is not None:
        raise WrongData(f"the data set `{data.set}` has a test part: `data.test` in the recipe would replace it")
    return _cut(parts.train, data.test, "test")


def _cut(split: ImageSet, count: int, part: str) -> tuple[ImageSet, ImageSet]:
    if count >= len(split):
        raise WrongData(f"`data.{part}` takes {count} images of {len(split)}: none would be left to train on")
    return split[: len(split) - count], split[len(split) - count :]


def _of_labels(split: ImageSet, labels: tuple[int, ...]) -> ImageSet:
    """The images that have one of the labels, which become 0, 1, ... in their order in the recipe."""
    missing = sorted({*labels} - {*split.targets.tolist()})
    if missing:
        raise WrongData(f"no image has the label {missing[0]}")
    chosen = split[np.isin(split.targets, labels)]
    places = {label: place for place, label in enumerate(labels)}
    return chosen.labelled(np.array([places[label] for label in chosen.targets.tolist()], np.int64))
