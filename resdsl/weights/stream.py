"""The documented stream of random weights: one per tensor, by seed and full name.

For a seed and a tensor's full name, such as 0 and `layer1.0.conv1.weight`:

1. SHA-256 of the UTF-8 text "resdsl 1", line feed, the seed in decimal, line feed, the name. Its first
   24 bytes are three 64-bit words, low byte first.
2. SFC64 (Doty-Humphrey's small fast counting generator, as in PractRand and numpy) whose state is these
   three words and a counter of 1. The first 12 outputs are dropped.
3. Normal: each output gives four values, by its 16-bit parts from the lowest; part i picks place i of
   `normal_table`. The value is that times the standard deviation, in float64, rounded to float32.
   Truncated normal: likewise, with `truncated_table`.
4. Uniform: each output gives two values, by its 32-bit halves from the lower. The top 24 bits are an
   integer k, and the value is (k - 2**23) * s in float32, with s = bound / 2**23 rounded to float32.

Values are those of the tensor in C order. Nothing here depends on threads, on the order of tensors, on
a library's distributions or on the mathematics library of a machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from math import prod

import numpy as np
from numpy.random import SFC64
from numpy.typing import NDArray

from resdsl.ops.records import Constant, Init, Normal, Tensor, Truncated, Uniform
from resdsl.weights.normal import SIZE, normal_table, truncated_table

PIECE = 1 << 17
"""How many values are generated at once: enough to amortise the calls, few enough for the processor's cache."""

Floats = NDArray[np.float32]

_DROPPED = 12
_CENTRE = np.int32(1 << 23)
_VERSION = "resdsl 1"


def initial_values(seed: int, name: str, tensor: Tensor) -> Iterator[Floats]:
    """The values of a fresh float32 tensor in consecutive pieces of at most `PIECE`.

    A piece is valid until the next one is requested, since all use the same buffer.
    """
    count = prod(tensor.shape)
    buffer = np.empty(min(count, PIECE), np.float32)
    if isinstance(tensor.init, Constant):
        buffer.fill(tensor.init.value)
        for start in range(0, count, PIECE):
            yield buffer[: count - start]
        return
    generator = bit_generator(seed, name)
    table = _scaled_table(tensor.init, count)
    for start in range(0, count, PIECE):
        piece = buffer[: count - start]
        if isinstance(tensor.init, Uniform):
            _fill_uniform(generator, tensor.init.bound, piece)
        else:
            _fill_normal(generator, table, tensor.init, piece)
        yield piece


def bit_generator(seed: int, name: str) -> SFC64:
    """The generator of the raw integers of one tensor."""
    digest = sha256(f"{_VERSION}\n{seed}\n{name}".encode()).digest()
    words = np.frombuffer(digest, "<u8", 3)
    generator = SFC64(0)
    state = np.array([*words, 1], np.uint64)
    generator.state = {"bit_generator": "SFC64", "state": {"state": state}, "has_uint32": 0, "uinteger": 0}
    generator.random_raw(_DROPPED, output=False)
    return generator


def _scaled_table(init: Init, count: int) -> Floats | None:
    """The table scaled by the standard deviation, if that is less work than scaling the selected values."""
    if not isinstance(init, Normal | Truncated) or count < SIZE:
        return None
    return (_quantiles(init) * init.std).astype(np.float32)


def _quantiles(init: Normal | Truncated) -> NDArray[np.float64]:
    return truncated_table() if isinstance(init, Truncated) else normal_table()


def _fill_normal(generator: SFC64, table: Floats | None, init: Normal | Truncated, piece: Floats) -> None:
    places = _raw(generator, len(piece), 4).view("<u2")[: len(piece)]
    if table is None:
        piece[:] = _quantiles(init)[places] * init.std
    else:
        # Every place is in range; the mode spares `take` a second buffer.
        table.take(places, out=piece, mode="clip")


def _fill_uniform(generator: SFC64, bound: float, piece: Floats) -> None:
    halves = _raw(generator, len(piece), 2).view("<u4")[: len(piece)]
    # The difference has 24 bits, so that float32 holds it exactly and there is one rounding.
    np.multiply((halves >> 8).view("<i4") - _CENTRE, np.float32(bound / (1 << 23)), out=piece, casting="unsafe")


def _raw(generator: SFC64, values: int, each: int) -> NDArray[np.uint64]:
    """As many raw outputs as these values need, in little-endian order."""
    raw = generator.random_raw(-(-values // each))
    return np.asarray(raw).astype("<u8", copy=False)
