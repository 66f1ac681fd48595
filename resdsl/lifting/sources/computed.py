"""Weights that a model computes from its tensors before it applies them: which layers of the language do the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import sqrt
from typing import NamedTuple

import numpy as np

from resdsl.lifting.graph import FileTensor

_DIGITS = 13
"""So many digits of a number are free of the rounding of two operations."""


class StandardisedWeight(NamedTuple):
    """A weight each of whose filters is standardised.

    Attributes:
        weight: the tensor of the model, in the form of the weight.
        eps: what is added to the variances.
        gain: the learned tensor that scales the filters; None if there is none.
        gamma: what else scales them, times the square root of the elements of a filter.
    """

    weight: FileTensor
    eps: float
    gain: FileTensor | None = None
    gamma: float = 1.0


class FrozenStatistics(NamedTuple):
    """The tensors of a batch norm that are applied as a scale and a shift."""

    weight: FileTensor
    bias: FileTensor
    running_mean: FileTensor
    running_var: FileTensor
    eps: float


def standardised_weight(weight: FileTensor) -> StandardisedWeight | None:
    """What a weight is whose filters were standardised; None if it is a tensor, or computed in another way."""
    made, shape = weight.made, weight.shape
    rows = made.operands[0] if made is not None and made.kind == "BatchNormalization" else None
    if made is None or rows is None or not rows.name or rows.shape[:2] != (1, shape[0]):
        return None
    own = FileTensor(rows.name, shape, lambda: rows.values().reshape(shape))
    scale = made.operands[1]
    if scale is None:
        return StandardisedWeight(own, made.eps)
    gain, factor = _scaled(scale)
    if gain is None or not gain.name or gain.size != shape[0]:
        return None
    elements = weight.size // shape[0]
    gamma = _shortest(factor * sqrt(elements), factor, elements)
    return StandardisedWeight(own, made.eps, replace(gain, made=None), gamma)


def _scaled(tensor: FileTensor) -> tuple[FileTensor | None, float]:
    """The tensor that another one is a multiple of, and the factor."""
    if tensor.made is None:
        return tensor, 1.0
    found = _operands(tensor, "Mul")
    if found is None:
        return None, 1.0
    one, other = found if found[0].size >= found[1].size and not _is_number(found[0]) else found[::-1]
    return (one, float(other.values().reshape(-1)[0])) if _is_number(other) else (None, 1.0)


def _is_number(tensor: FileTensor) -> bool:
    return tensor.size == 1 and not tensor.name and tensor.made is None


def _shortest(number: float, factor: float, elements: int) -> float:
    """A number without the rounding of what it was computed by, if it gives the same factor in single precision."""
    short = float(f"{number:.{_DIGITS}g}")
    return short if np.float32(short / sqrt(elements)) == np.float32(factor) else number


def frozen_statistics(scale: FileTensor, shift: FileTensor) -> FrozenStatistics | None:
    """The batch norm of which a scale and a shift are computed; None if they are not those of one.

    The scale is weight / sqrt(variance + eps), and the shift bias - mean * scale, as in torchvision.
    """
    found = _normalising(scale)
    terms = _operands(shift, "Sub")
    product = _operands(terms[1], "Mul") if terms is not None else None
    if found is None or terms is None or product is None:
        return None
    mean, own = product if _normalising(product[1]) is not None else product[::-1]
    again = _normalising(own)
    tensors = (found[0], terms[0], mean, found[1])
    if again is None or [each.name for each in again[:2]] != [each.name for each in found[:2]] or again[2] != found[2]:
        return None
    if not all(each.name and each.made is None and each.size == scale.size for each in tensors):
        return None
    weight, bias, mean, variance = (replace(each, shape=(each.size,), values=_flat(each)) for each in tensors)
    return FrozenStatistics(weight, bias, mean, variance, found[2])


def _flat(tensor: FileTensor) -> Callable[[], np.ndarray]:
    return lambda: tensor.values().reshape(-1)


def _normalising(scale: FileTensor) -> tuple[FileTensor, FileTensor, float] | None:
    """The weight, the variance and the eps of weight / sqrt(variance + eps)."""
    for weight, root in _orders(_operands(scale, "Mul")):
        turned = _operands(root, "Reciprocal", 1)
        inner = _operands(turned[0], "Sqrt", 1) if turned is not None else None
        found = _operands(inner[0], "Add") if inner is not None else None
        for variance, eps in _orders(found):
            if _is_number(eps):
                return weight, variance, float(eps.values().reshape(-1)[0])
    return None


def _operands(tensor: FileTensor, kind: str, count: int = 2) -> tuple[FileTensor, ...] | None:
    """What a tensor was computed from by one operator."""
    made = tensor.made
    found = tuple(each for each in made.operands if each is not None) if made is not None and made.kind == kind else ()
    return found if len(found) == count else None


def _orders(pair: tuple[FileTensor, ...] | None) -> Iterator[tuple[FileTensor, FileTensor]]:
    """Two operands in both orders."""
    if pair is not None:
        yield pair[0], pair[1]
        yield pair[1], pair[0]
