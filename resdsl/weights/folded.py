"""The weights of a network with batch norms folded into the preceding layers (`resdsl.ir.folding`)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, reduce
from math import prod
from operator import mul

import numpy as np
from numpy.typing import NDArray

from resdsl.ir.folding import Fold, FoldedNorm, Folding
from resdsl.ops.records import Tensor
from resdsl.weights.source import Values, WeightSource, whole
from resdsl.weights.standardised import standardised

Doubles = NDArray[np.float64]


class Folded:
    """The weights of `folding.network`, computed from those of the original network.

    With the statistics of a norm, for each output channel of the layer (Jacob et al., arXiv 1712.05877,
    Section 3.2):

        scale  = norm weight / sqrt(running_var + eps)
        weight = weight * scale
        bias   = norm bias + (bias - running_mean) * scale

    in float64, rounded to float32 once; a weight that the layer standardises is standardised before. All other tensors
    are unchanged.

    Args:
        source: the weights of `folding.before`.
        folding: which norms were folded into which layers.
    """

    def __init__(self, source: WeightSource, folding: Folding) -> None:
        self._source = source
        self._folding = folding

    def pieces(self, name: str, tensor: Tensor) -> Iterator[Values]:
        """See `WeightSource.pieces`."""
        path, _, own = name.rpartition(".")
        fold = self._folds.get(path)
        if fold is None or own not in ("weight", "bias"):
            return self._source.pieces(name, tensor)
        return self._weight(fold, name, tensor) if own == "weight" else iter([self._bias(fold, name, tensor)])

    @cached_property
    def _folds(self) -> dict[str, Fold]:
        # Only when a tensor is requested: by then, the number of layers has been checked.
        return {fold.path: fold for fold in self._folding.changes()}

    def _weight(self, fold: Fold, name: str, tensor: Tensor) -> Iterator[Values]:
        groups, times = fold.groups
        scale = reduce(mul, (scale_of(self._source, norm) for norm in fold.norms))
        scale = scale.reshape(groups, 1, -1).repeat(times, axis=1).ravel()
        start, each = 0, prod(tensor.shape) // len(scale)
        for piece in self._plain(fold, name, tensor):
            yield (piece * _spread(scale, each, start, len(piece))).astype("<f4")
            start += len(piece)

    def _plain(self, fold: Fold, name: str, tensor: Tensor) -> Iterator[Values]:
        if fold.standardised is None:
            return self._source.pieces(name, tensor)
        return iter([standardised(self._source, fold.path, tensor, fold.standardised).reshape(-1)])

    def _bias(self, fold: Fold, name: str, tensor: Tensor) -> Values:
        bias = whole(self._source, name, tensor).astype("<f8") if fold.biased else np.zeros(tensor.shape)
        for norm in fold.norms:
            bias = normalised(self._source, norm, bias)
        return bias.astype("<f4")


def scale_of(source: WeightSource, norm: FoldedNorm) -> Doubles:
    """What a norm multiplies each channel by."""
    return _statistic(source, norm, "weight") / np.sqrt(_statistic(source, norm, "running_var") + norm.eps)


def normalised(source: WeightSource, norm: FoldedNorm, value: Doubles) -> Doubles:
    """What a norm makes of a number per channel."""
    mean, shift = (_statistic(source, norm, own) for own in ("running_mean", "bias"))
    return shift + (value - mean) * scale_of(source, norm)


def _statistic(source: WeightSource, norm: FoldedNorm, own: str) -> Doubles:
    tensor = next(each for each in norm.state if each.name == own)
    return whole(source, f"{norm.path}.{own}", tensor).astype("<f8")


def _spread(scale: Doubles, each: int, start: int, count: int) -> Doubles:
    """The scales of `count` values from `start` on, where each channel has `each` consecutive values."""
    first, last = start // each, (start + count - 1) // each
    edges = np.arange(first, last + 2) * each
    return np.repeat(scale[first : last + 1], np.diff(edges.clip(start, start + count)))
