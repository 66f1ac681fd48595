"""Parts of a sweep's points, so that many machines build one sweep."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from resdsl.refusal import Refused

T = TypeVar("T")


class NoShard(Refused):
    """A text that names no part of a sweep."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"`{text}` is no part of a sweep: 3/16 is the third of sixteen, 1/16 the first, 16/16 the last"
        )


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several parts: every `count`-th point, from the one at place `number` on, counted from one.

    Neighbours cost alike, so that parts made of every so-manieth point take about equally long. A part is fixed by the
    sweep and by nothing that was built before.
    """

    number: int = 1
    count: int = 1

    def of(self, points: Sequence[T]) -> Sequence[T]:
        """The points of this part; with more parts than points some have none."""
        return points[self.number - 1 :: self.count]


def read_shard(text: str) -> Shard:
    """The part that a text such as `3/16` names.

    Raises:
        NoShard: it names none.
    """
    found = re.fullmatch(r"\s*([0-9]{1,9})\s*/\s*([0-9]{1,9})\s*", text)
    number, count = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= number <= count:
        raise NoShard(text)
    return Shard(number, count)
