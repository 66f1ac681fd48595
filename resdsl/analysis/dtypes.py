"""The data types that bytes and times are counted for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Dtype = Literal["float64", "float32", "float16", "bfloat16", "int8"]
DTYPES: tuple[Dtype, ...] = get_args(Dtype)
WIDTHS: Mapping[Dtype, int] = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}
"""Bytes of an element."""
GRADIENTLESS: frozenset[Dtype] = frozenset({"int8"})
"""Those that nothing is trained in: figures of training are empty."""
