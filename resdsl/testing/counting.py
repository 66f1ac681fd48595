"""From scores to errors: averages over views, ranks and the confusion matrix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from resdsl.data.images import Array

TOP = 5
"""The label may be among so many best scores in the second error that is reported (He et al. 2015, Table 3)."""


@dataclass(frozen=True)
class Counts:
    """What was counted over some images.

    Attributes:
        confusion: how many images of each label (row) were taken for each label (column).
        outside_top: images whose label is not among the best `TOP` scores.
        unscored: images of which a score is not a finite number; they are errors, and in no cell of `confusion`.
    """

    confusion: Array
    outside_top: int
    unscored: int

    @property
    def images(self) -> int:
        """All images."""
        return int(self.confusion.sum()) + self.unscored

    @property
    def error(self) -> float:
        """The share of images that are classified wrongly."""
        return (self.images - int(np.trace(self.confusion))) / self.images

    @property
    def top5_error(self) -> float | None:
        """The share of images whose label is not among the best five; None if there are no more than five labels."""
        return self.outside_top / self.images if len(self.confusion) > TOP else None

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.confusion + other.confusion, self.outside_top + other.outside_top, self.unscored + other.unscored
        )


def averaged(scores: Iterable[Array], average: Literal["probabilities", "scores"]) -> Array:
    """The mean over views of images x classes, in float64; one view alone is taken as it is."""
    each = [np.asarray(view, np.float64) for view in scores]
    if len(each) > 1 and average == "probabilities":
        each = [_probabilities(view) for view in each]
    return np.asarray(sum(each) / len(each))


def counted(scores: Array, labels: Array) -> Counts:
    """Counts of images x classes against the label of each image; of equal scores, the first class comes first."""
    finite = np.isfinite(scores).all(1)
    given, classes = scores[finite], scores.shape[1]
    true = labels[finite]
    own = np.take_along_axis(given, true[:, None], 1)
    ahead = (given > own) | ((given == own) & (np.arange(classes) < true[:, None]))
    confusion = np.zeros((classes, classes), np.int64)
    np.add.at(confusion, (true, given.argmax(1)), 1)
    unscored = int((~finite).sum())
    return Counts(confusion, int((ahead.sum(1) >= TOP).sum()) + unscored, unscored)


def _probabilities(scores: Array) -> Array:
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True))
