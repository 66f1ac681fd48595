"""What networks are given while they are timed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from resdsl.latency.turns import Work
from resdsl.weights.source import Values

if TYPE_CHECKING:
    from resdsl.net import Net

Runnable = Callable[[Sequence[Values]], Work]
"""Takes an array for each input, in their order, and returns what computes the outputs for them once."""


def random_arrays(net: Net, batch: int, seed: int = 0) -> list[Values]:
    """Normal numbers for each input of a network, in the order of its text, in float32."""
    drawn = np.random.default_rng(seed)
    return [drawn.standard_normal((batch, *given.shape), np.float32) for given in net.ir.inputs]
