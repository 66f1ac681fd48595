"""Splits the points of a sweep into parts, so that several machines can make them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from heapq import heapreplace
from typing import TypeVar

from resdsl.refusal import Refused

T = TypeVar("T")


class NoShard(Refused):
    """A text does not denote a part of a sweep."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"`{text}` is not a valid part of a sweep; of sixteen parts, the first is 1/16, the last 16/16"
        )


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several parts: every `count`-th point, starting with the point at position `number`, counted from one.

    Neighbours have similar costs, so the parts take about equally long. A part depends only on the sweep, not on what
    was built before.
    """

    number: int = 1
    count: int = 1

    def of(self, points: Sequence[T]) -> Sequence[T]:
        """The points of this part; empty if there are fewer points than parts."""
        return points[self.number - 1 :: self.count]

    def dealt(self, units: Iterable[T], cost: Callable[[T], float]) -> list[T]:
        """The units of this part if costs differ much, the dearest first.

        Each unit, beginning with the dearest, goes to the part that costs least so far; of equal ones, to the first.
        """
        loads = [(0.0, number) for number in range(self.count)]
        mine: list[T] = []
        for unit in sorted(units, key=cost, reverse=True):
            load, number = loads[0]
            heapreplace(loads, (load + cost(unit), number))
            if number == self.number - 1:
                mine.append(unit)
        return mine


def read_shard(text: str) -> Shard:
    """The part that a text such as `3/16` denotes.

    Raises:
        NoShard: the text is not valid.
    """
    found = re.fullmatch(r"\s*([0-9]{1,9})\s*/\s*([0-9]{1,9})\s*", text)
    number, count = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= number <= count:
        raise NoShard(text)
    return Shard(number, count)
