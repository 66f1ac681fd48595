"""Tells when all combinations of drawn values have come up, so that no later draw has another one."""

from __future__ import annotations

from math import prod

from resdsl.sweeps.chances import MOST_COUNTED
from resdsl.sweeps.drawing import Sampling


class Exhaustion:
    """The draw with which the last combination of drawn values has come up, a function of the seed and the axes.

    Args:
        sampling: what is drawn.

    Attributes:
        combinations: how many combinations there are; above `MOST_COUNTED`, perhaps fewer, and they are not counted.
    """

    def __init__(self, sampling: Sampling) -> None:
        self.combinations = prod(axis.size for axis in sampling.axes)
        self._sampling = sampling
        self._met: set[tuple[object, ...]] = set()
        self._counted = 0

    def is_over(self, draw: int) -> bool:
        """Whether all combinations are among the draws up to this one."""
        # Most samples end before as many draws, and cost nothing here.
        if draw + 1 < self.combinations or self.combinations > MOST_COUNTED:
            return False
        while self._counted <= draw and len(self._met) < self.combinations:
            self._met.add(self._sampling.outcome(self._counted))
            self._counted += 1
        return len(self._met) == self.combinations and self._counted <= draw + 1
