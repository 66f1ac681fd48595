"""Where a network's numbers come from: a seed, or a file of trained weights.

A source yields a tensor in pieces, so that no output ever has to hold all weights of a network.
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
    """Whatever knows the values of a network's parameters and buffers."""

    def pieces(self, name: str, tensor: Tensor) -> Iterator[Values]:
        """The tensor's values in C order and of its dtype, little-endian, in consecutive one-dimensional pieces.

        A piece is valid until the next is asked for. May be called from several threads.

        Args:
            name: the full name, such as `layer1.0.conv1.weight`.
            tensor: the record that the network has under this name.
        """
        ...


class Seeded:
    """Fresh weights: every tensor by its init, from the stream that `resdsl.weights.stream` documents."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def pieces(self, name: str, tensor: Tensor) -> Iterator[Values]:
        """As `Source.pieces`."""
        if tensor.dtype == "int64":
            start = tensor.init.value if isinstance(tensor.init, Constant) else 0
            return iter([np.full(tensor.shape, start, "<i8").reshape(-1)])
        return initial_values(self.seed, name, tensor)


def whole(source: WeightSource, name: str, tensor: Tensor) -> Values:
    """A tensor in one array of its own, with its shape."""
    values = np.empty(tensor.shape, "<i8" if tensor.dtype == "int64" else "<f4")
    flat, start = values.reshape(-1), 0
    for piece in source.pieces(name, tensor):
        flat[start : start + len(piece)] = piece
        start += len(piece)
    return values
