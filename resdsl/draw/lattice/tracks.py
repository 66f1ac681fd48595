"""The upright lines between two columns of a lattice: each on a track of its own where they would meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from resdsl.draw.lattice.grid import Cell
from resdsl.draw.lattice.parts import Value

Net = tuple[Cell, Value]
"""A value that leaves a cell."""

_OVERLAP = 100
_SWEEPS = 6


@dataclass(frozen=True, slots=True)
class Turn:
    """A value that changes its height between two columns.

    Attributes:
        start: the height at which it comes.
        stops: the heights at which it goes on, sorted.
    """

    net: Net
    start: float
    stops: tuple[float, ...]

    @property
    def low(self) -> float:
        """The upper end of its upright line."""
        return min(self.start, self.stops[0])

    @property
    def high(self) -> float:
        """The lower end of its upright line."""
        return max(self.start, self.stops[-1])

    def forks(self) -> Iterator[float]:
        """The heights at which it parts."""
        for y in sorted({self.start, *self.stops}):
            arms = (y == self.start) + (y in self.stops) + (y > self.low) + (y < self.high)
            if arms > 2:
                yield y


def tracks_of(turns: Sequence[Turn]) -> Mapping[Net, int]:
    """A track for each turn, from the left, such that lines do not overlap and cross little."""
    order = _ordered(sorted(turns, key=lambda turn: (turn.start, turn.stops)))
    tracks: dict[Net, int] = {}
    for index, turn in enumerate(order):
        met = [tracks[other.net] for other in order[:index] if _touch(turn, other)]
        tracks[turn.net] = max(met, default=-1) + 1
    return tracks


def _ordered(turns: list[Turn]) -> list[Turn]:
    """Turns from left to right: each is moved to where it crosses the fewest others, until none moves."""
    for _ in range(_SWEEPS):
        moved = False
        for turn in turns:
            before = turns.index(turn)
            rest = [other for other in turns if other is not turn]
            best = min(range(len(turns)), key=lambda place: (_cost_at(turn, rest, place), abs(place - before)))
            if best != before and _cost_at(turn, rest, best) < _cost_at(turn, rest, before):
                turns = [*rest[:best], turn, *rest[best:]]
                moved = True
        if not moved:
            break
    return turns


def _cost_at(turn: Turn, rest: Sequence[Turn], place: int) -> int:
    left = sum(_cost(other, turn) for other in rest[:place])
    return left + sum(_cost(turn, other) for other in rest[place:])


def _cost(left: Turn, right: Turn) -> int:
    """The crossings of two turns, the first to the left of the second; a stretch that both would cover counts most."""
    across = sum(right.low < y < right.high for y in left.stops) + (left.low < right.start < left.high)
    return across + _OVERLAP * (right.start in left.stops)


def _touch(one: Turn, other: Turn) -> bool:
    return one.low <= other.high + 3 and other.low <= one.high + 3
