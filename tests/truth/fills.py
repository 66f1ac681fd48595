"""Weights and inputs that a formula gives, for networks in any framework.

A tensor's values depend on its name, its shape and its index: its place in the state dict, counted from
zero over all entries, `num_batches_tracked` included. k counts a tensor's elements in C order. Everything
is computed in float64 and rounded to float32 at the end. Counters are zero.

`sin`, smooth, with s = sin(0.37 k + index):

    running_var             1 + 0.1 |s|
    weight of a norm        1 + 0.05 s
    all else                0.05 s
    input                   sin(0.37 k)

`hash`, irregular, with u in [0, 1) a hash of (k, index) over 2**32, and v = 2 u - 1:

    running_var             0.5 + u
    weight of a norm        0.5 + u
    other vectors           0.2 v
    conv and fc weights     v sqrt(3) gain / sqrt(fan in)
    input                   v sqrt(3), index 1000003

The hash mixes k xor (0x9E3779B9 index + 0x85EBCA6B) modulo 2**32: thrice x ^= x >> s, for s = 16, 15, 16,
with a multiplication after the first two, by 0x7FEB352D and by 0x846CA68B.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

FILLS = ("hash", "sin")
_INPUT = 1_000_003
_WORD = 0xFFFFFFFF

Array = NDArray[Any]
Shape = tuple[int, ...]


def entry(fill: str, name: str, shape: Shape, index: int, gain: float) -> Array:
    """One entry of a state dict."""
    if name.endswith("num_batches_tracked"):
        return np.zeros(shape, np.int64)
    rule = _hash_entry if fill == "hash" else _sin_entry
    return rule(name, shape, index, gain).reshape(shape).astype(np.float32)


def network_input(fill: str, shape: Shape) -> Array:
    """The input that the logits are for; `shape` has the batch."""
    count = prod(shape)
    values = (2 * _uniform(count, _INPUT) - 1) * sqrt(3) if fill == "hash" else _wave(count, 0)
    return values.reshape(shape).astype(np.float32)


def network_inputs(fill: str, shapes: Sequence[Shape]) -> list[Array]:
    """Those of a network with several inputs: the second like the first, but from right to left, and so on."""
    filled = [network_input(fill, shape) for shape in shapes]
    return [np.ascontiguousarray(each[..., ::-1]) if place % 2 else each for place, each in enumerate(filled)]


def _sin_entry(name: str, shape: Shape, index: int, _: float) -> Array:
    wave = _wave(prod(shape), index)
    if name.endswith("running_var"):
        return 1 + 0.1 * np.abs(wave)
    return 1 + 0.05 * wave if _scales(name, shape) else 0.05 * wave


def _hash_entry(name: str, shape: Shape, index: int, gain: float) -> Array:
    uniform = _uniform(prod(shape), index)
    if name.endswith("running_var") or _scales(name, shape):
        return 0.5 + uniform
    centred = 2 * uniform - 1
    if len(shape) == 1:
        return 0.2 * centred
    return centred * sqrt(3) * gain / sqrt(prod(shape[1:]))


def _scales(name: str, shape: Shape) -> bool:
    """Whether it is the weight of a norm: the only weights that are vectors."""
    return len(shape) == 1 and name.endswith("weight")


def _wave(count: int, index: int) -> Array:
    return np.sin(0.37 * np.arange(count, dtype=np.float64) + index)


def _uniform(count: int, index: int) -> Array:
    word = np.arange(count, dtype=np.uint64) ^ np.uint64((0x9E3779B9 * index + 0x85EBCA6B) & _WORD)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B), (16, 1)):
        # A product of two words has less than 64 bits.
        word = (word ^ (word >> np.uint64(shift))) * np.uint64(factor) & np.uint64(_WORD)
    return word.astype(np.float64) / 2**32
