"""The data types for which bytes and times are counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Dtype = Literal["float64", "float32", "float16", "bfloat16", "int8"]
DTYPES: tuple[Dtype, ...] = get_args(Dtype)
WIDTHS: Mapping[Dtype, int] = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}
"""The bytes of an element."""
GRADIENTLESS: frozenset[Dtype] = frozenset({"int8"})
"""The data types that are not used for training, so figures about training are empty."""
