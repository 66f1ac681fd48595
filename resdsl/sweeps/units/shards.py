"""Splits the points of a sweep into parts, so that several machines can make them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
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
    """One of several parts, counted from one. It depends only on the sweep, not on what was made before."""

    number: int = 1
    count: int = 1

    def dealt(self, units: Iterable[T], cost: Callable[[T], float]) -> list[T]:
        """The units of this part, the dearest first; empty if there are fewer units than parts.

        Each unit, beginning with the dearest, goes to the part that costs least so far; of equal ones, to the first.
        Where all cost the same, this is every `count`-th.

        Args:
            units: the units of all parts.
            cost: what a unit costs, in any measure; more than 0.
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
