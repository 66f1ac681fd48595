"""The first different networks among those that are drawn."""

from __future__ import annotations

from resdsl.sweeps.costing import Costed
from resdsl.sweeps.exhaustion import Exhaustion


class GrowingSample:
    """A sample while it is drawn.

    A sample is the first points that the conditions of the sweep leave and that are no network drawn before, in the
    order of the draws. So it does not matter who costs them, and a longer sample begins with the shorter. Once all
    combinations of drawn values have come up, there is none left.

    Args:
        count: how many points are wanted.
        exhaustion: when all combinations have come up.

    Attributes:
        draws: how many draws were taken.
    """

    def __init__(self, count: int, exhaustion: Exhaustion) -> None:
        self._count = count
        self._exhaustion = exhaustion
        self._met: set[bytes] = set()
        self.draws = 0

    @property
    def kept(self) -> int:
        """How many points it has."""
        return len(self._met)

    @property
    def is_complete(self) -> bool:
        """Whether it has as many points as are wanted."""
        return self.kept == self._count

    @property
    def all_drawn(self) -> int | None:
        """How many combinations of drawn values there are, if all of them are among the draws."""
        return self._exhaustion.combinations if self._exhaustion.is_over(self.draws - 1) else None

    def first(self, costed: Costed) -> Costed:
        """What was found at the next draw, without the point if its network was drawn before."""
        self.draws += 1
        if costed.point is None:
            return costed
        digest = bytes.fromhex(costed.digest)
        if digest in self._met:
            return Costed(solved=costed.solved, left_out="again")
        self._met.add(digest)
        return costed
