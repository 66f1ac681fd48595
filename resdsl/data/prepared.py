"""A data set as a recipe wants it: split, with the labels it takes, and normalised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from resdsl.data.images import Array, Images, Parts, WrongData
from resdsl.recipes.recipe import Data


@dataclass(frozen=True)
class Prepared:
    """What a run trains and tests on; values are float32.

    Attributes:
        train: images to train on.
        validation: images held back from them; None where the recipe holds none back.
        test: images to test on.
        classes: how many labels there are.
    """

    train: Images
    validation: Images | None
    test: Images
    classes: int


def prepare(parts: Parts, data: Data) -> Prepared:
    """The data set as the recipe has it.

    Raises:
        WrongData: there are fewer images than the recipe splits off, or no test part.
    """
    train, test = _tested(parts, data)
    validation = None
    if data.validation is not None:
        train, validation = _cut(train, data.validation, "validation")
    if data.labels is not None:
        train, test = _of_labels(train, data.labels), _of_labels(test, data.labels)
        validation = validation and _of_labels(validation, data.labels)
    change = _normaliser(train, data.normalise)
    classes = int(max(train.targets.max(), test.targets.max())) + 1
    return Prepared(
        _changed(train, change), validation and _changed(validation, change), _changed(test, change), classes
    )


def _changed(split: Images, change: Callable[[Array], Array]) -> Images:
    return Images(change(_unit(split.inputs)), split.targets)


def _tested(parts: Parts, data: Data) -> tuple[Images, Images]:
    if data.test is None:
        if parts.test is None:
            raise WrongData(f"the data set `{data.set}` has no test part: state `data.test` in the recipe")
        return parts.train, parts.test
    if parts.test is not None:
        raise WrongData(f"the data set `{data.set}` has a test part: `data.test` in the recipe would replace it")
    return _cut(parts.train, data.test, "test")


def _cut(split: Images, count: int, part: str) -> tuple[Images, Images]:
    if count >= len(split):
        raise WrongData(f"`data.{part}` takes {count} images of {len(split)}: none would be left to train on")
    return split[: len(split) - count], split[len(split) - count :]


def _of_labels(split: Images, labels: tuple[int, ...]) -> Images:
    """The images that have one of the labels, which become 0, 1, ... in their order in the recipe."""
    missing = sorted({*labels} - {*split.targets.tolist()})
    if missing:
        raise WrongData(f"no image has the label {missing[0]}")
    chosen = split[np.isin(split.targets, labels)]
    places = {label: place for place, label in enumerate(labels)}
    return Images(chosen.inputs, np.array([places[label] for label in chosen.targets.tolist()], np.int64))


def _unit(inputs: Array) -> Array:
    """Values from 0 to 1."""
    return inputs.astype(np.float32) / np.float32(255) if inputs.dtype == np.uint8 else inputs.astype(np.float32)


def _normaliser(train: Images, how: str | None) -> Callable[[Array], Array]:
    """What changes values of 0 to 1 as the recipe says; the mean is that of the images that are trained on."""
    if how == "pixel-mean":
        mean = _unit(train.inputs).mean(0, dtype=np.float64).astype(np.float32)
        return lambda inputs: np.asarray(inputs - mean)
    if how == "symmetric":
        return lambda inputs: np.asarray(inputs * np.float32(2) - np.float32(1))
    if how == "centred":
        return lambda inputs: np.asarray(inputs - np.float32(0.5))
    return lambda inputs: inputs
