"""The weights that a network applies, where some of its layers standardise theirs first (`Op.standardises`).

PyTorch standardises them in each forward pass, so that they can be trained; a file for inference has the result.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from resdsl.ir.network import Network
from resdsl.ir.walk import steps
from resdsl.ops.records import Standardised, Tensor
from resdsl.weights.source import Values, WeightSource, whole

Doubles = NDArray[np.float64]


class Applied:
    """The weights as they are applied, computed in float64 and rounded to float32 once.

    Args:
        source: the weights of the network.
        network: the network.
    """

    def __init__(self, source: WeightSource, network: Network) -> None:
        self._source = source
        self._network = network

    def pieces(self, name: str, tensor: Tensor) -> Iterator[Values]:
        """See `WeightSource.pieces`."""
        path, _, own = name.rpartition(".")
        how = self._standardised.get(path) if own == "weight" else None
        if how is None:
            return self._source.pieces(name, tensor)
        return iter([standardised(self._source, path, tensor, how).astype("<f4").reshape(-1)])

    @cached_property
    def _standardised(self) -> dict[str, Standardised]:
        # Only when a tensor is requested: by then, the number of layers has been checked.
        found = ((step.path, step.layer.op.standardises(step.shapes)) for step in steps(self._network))
        return {path: how for path, how in found if how is not None}


def standardised(source: WeightSource, path: str, weight: Tensor, how: Standardised) -> Doubles:
    """The standardised weight of the layer with this path."""
    values = whole(source, f"{path}.weight", weight).astype("<f8")
    axes = tuple(range(1, values.ndim))
    centred = values - values.mean(axes, keepdims=True)
    made: Doubles = centred / np.sqrt(np.square(centred).mean(axes, keepdims=True) + how.eps) * how.factor
    return made if how.gain is None else made * whole(source, f"{path}.gain", how.gain)
