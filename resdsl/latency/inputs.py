"""What networks are given while they are timed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from resdsl.api import Net
    from resdsl.weights.source import Values


def random_arrays(net: Net, batch: int, seed: int = 0) -> list[Values]:
    """Normal numbers for each input of a network, in the order of its text, in float32."""
    drawn = np.random.default_rng(seed)
    return [drawn.standard_normal((batch, *given.shape), np.float32) for given in net.ir.inputs]
