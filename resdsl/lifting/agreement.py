"""How the outputs of a model and of its text compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from resdsl.lifting.refusals import LiftDiffers

_NEAR = 1e-3
MOST_VALUES = 64 * 1024 * 1024
"""So many weights are run at most: both networks are in memory."""


@dataclass(frozen=True)
class Agreement:
    """How the outputs of a model and of its text compare.

    Attributes:
        difference: the largest difference over the largest output; None if nothing was run.
        why_not: why nothing was run.
    """

    difference: float | None = None
    why_not: str = ""


def agreement_of(pairs: Sequence[tuple[np.ndarray, np.ndarray]], name: str) -> Agreement:
    """How outputs of a model and of its text compare, two and two.

    Raises:
        LiftDiffers: they differ.
    """
    largest = 0.0
    for one, other in pairs:
        other = other.reshape(one.shape)  # a file may keep axes of one that the text has flattened
        if not np.isfinite(one).all():
            return Agreement(why_not="its outputs are not finite on random input")
        scale = float(np.abs(one).max()) or 1.0
        largest = max(largest, float(np.abs(one - other).max()) / scale)
    if not largest <= _NEAR:
        raise LiftDiffers(name, f"outputs on random input differ by {largest:.2g} of the largest")
    return Agreement(largest)
