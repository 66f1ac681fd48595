"""Weights in the types of a file: their sizes, and their values converted."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resdsl.backends.onnx.form import Precision
from resdsl.ops.records import Tensor
from resdsl.refusal import Refused

INT64, BOOL = 7, 9
CODES: dict[Precision, int] = {"float32": 1, "float16": 10, "bfloat16": 16}
"""The numbers of types in ONNX."""
BYTES: dict[Precision, int] = {"float32": 4, "float16": 2, "bfloat16": 2}

Values = NDArray[Any]


class TooLargeForType(Refused):
    """A weight has a value beyond the largest of a type."""

    def __init__(self, name: str, dtype: Precision, value: float) -> None:
        super().__init__(f"`{name}` has the value {value:g}, which {dtype} does not hold; bfloat16 and float32 do")


def code_of(tensor: Tensor, dtype: Precision) -> int:
    """The number of the type that a tensor has in a file."""
    return INT64 if tensor.dtype == "int64" else CODES[dtype]


def byte_count(tensor: Tensor, dtype: Precision) -> int:
    """The bytes of its values."""
    return prod(tensor.shape) * (8 if tensor.dtype == "int64" else BYTES[dtype])


def converted(values: Values, name: str, tensor: Tensor, dtype: Precision) -> Values:
    """Values of a tensor as they are written: little-endian, rounded to the nearest, and to even ones in between.

    Raises:
        TooLargeForType: the type does not hold a value.
    """
    if tensor.dtype == "int64":
        return np.ascontiguousarray(values, "<i8")
    if dtype == "float32":
        return np.ascontiguousarray(values, "<f4")
    wide = np.ascontiguousarray(values, "<f4")
    narrow = narrowed(wide, dtype)
    if dtype == "float16" and (lost := np.isinf(narrow) & np.isfinite(wide)).any():
        raise TooLargeForType(name, dtype, float(wide[lost][0]))
    return narrow


def narrowed(wide: Values, dtype: Precision) -> Values:
    """Numbers of float32 in a type; what is too large becomes infinite."""
    if dtype == "float32":
        return wide
    if dtype == "float16":
        with np.errstate(over="ignore"):
            return wide.astype("<f2")
    return _upper_halves(wide)


def _upper_halves(wide: Values) -> Values:
    """A bfloat16 is the upper half of a float32, rounded; what is not a number stays so."""
    bits = wide.view("<u4").astype("<u8")
    rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16
    halves: Values = np.where(np.isnan(wide), bits >> 16 | 0x40, rounded).astype("<u2")
    return halves
