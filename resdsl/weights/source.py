"""Where weights come from: a seed, or a file of trained weights.

A source yields a tensor in pieces, so that no output has to hold all weights of a network at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from resdsl.ops.records import Constant, Tensor
from resdsl.weights.stream import initial_values

Values = NDArray[Any]


class WeightSource(Protocol):
    """Provides the values of the parameters and buffers of a network."""

    def pieces(self, name: str, tensor: Tensor) -> Iterator[Values]:
        """The values of a tensor in C order, in its dtype, little-endian, in consecutive one-dimensional pieces.

        A piece is valid until the next one is requested. May be called from several threads.

        Args:
            name: the full name, such as `layer1.0.conv1.weight`.
            tensor: the tensor of this name in the network.
        """
        ...


class Seeded:
    """Fresh weights: every tensor is initialised from the random stream documented in `resdsl.weights.stream`."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def pieces(self, name: str, tensor: Tensor) -> Iterator[Values]:
        """See `WeightSource.pieces`."""
        if tensor.dtype == "int64":
            start = tensor.init.value if isinstance(tensor.init, Constant) else 0
            return iter([np.full(tensor.shape, start, "<i8").reshape(-1)])
        return initial_values(self.seed, name, tensor)


def whole(source: WeightSource, name: str, tensor: Tensor) -> Values:
    """A tensor as a new array with its shape."""
    values = np.empty(tensor.shape, "<i8" if tensor.dtype == "int64" else "<f4")
    flat, start = values.reshape(-1), 0
    for piece in source.pieces(name, tensor):
        flat[start : start + len(piece)] = piece
        start += len(piece)
    return values
