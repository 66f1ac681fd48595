"""Exact chances: what a random number stands for, in integers alone, so that every machine draws the same.

A random number is an integer from 0 up to, not including, a total. Each value has a stretch of these integers, and its
chance is the length of its stretch over the total. The stretches of `log` are cut at logarithms, which are computed
with decimal digits that do not depend on the machine.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import cached_property
from hashlib import shake_256
from itertools import pairwise
from math import comb, prod
from typing import Protocol, overload

from resdsl.elaborate.values import Value, show

MOST_COUNTED = 100_000
"""The most outcomes that are counted one by one."""
_TOTAL = 1 << 64
"""The total of a range with `log`."""
_DIGITS = Context(prec=60)
"""Python's decimals round their logarithms correctly, so that all digits are the same everywhere."""
_SPARE = 64
"""Random bits beyond those of a total: no value is favoured by more than 2 ** -64 of its chance."""
_MOST_KEPT = 4096
"""The longest range whose bounds are computed at once, not when they are first needed."""


class LogBounds(Sequence[int]):
    """Where the stretches of a range with `log` begin, and the total behind the last.

    The value v of a range from a with the step s has the chance ln((v + s) / v) / ln(e / a), where e is one step
    behind the last value: that of a number from a to e, whose logarithm is uniform, rounded down to the range.
    """

    def __init__(self, first: Fraction, step: Fraction, count: int) -> None:
        self._first, self._step, self._count = first, step, count
        self._whole = self._ln(count)
        self._known: dict[int, int] = {}

    def __len__(self) -> int:
        return self._count + 1

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[int]: ...
    def __getitem__(self, index: int | slice) -> int | Sequence[int]:
        if isinstance(index, slice):
            return tuple([self[at] for at in range(*index.indices(len(self)))])
        at = index + len(self) if index < 0 else index
        if not 0 <= at <= self._count:
            raise IndexError(index)
        bound = self._known.get(at)
        if bound is None:
            share = _DIGITS.divide(self._ln(at), self._whole)
            bound = self._known[at] = int(_DIGITS.multiply(share, Decimal(_TOTAL)))
        return bound

    def _ln(self, index: int) -> Decimal:
        ratio = (self._first + index * self._step) / self._first
        return _DIGITS.ln(_DIGITS.divide(Decimal(ratio.numerator), Decimal(ratio.denominator)))


def log_bounds(first: Fraction, step: Fraction, count: int) -> Sequence[int]:
    """The bounds of a range with `log` that has so many values."""
    bounds = LogBounds(first, step, count)
    return tuple(bounds) if count < _MOST_KEPT else bounds


class Drawable(Protocol):
    """What can be drawn: a value, or a list of values.

    Attributes:
        total: random numbers are below it.
    """

    @property
    def total(self) -> int: ...

    def value(self, number: int) -> Value:
        """What a random number stands for."""

    def outcome(self, number: int) -> object:
        """The same for all random numbers that stand for equal values, and for no others."""

    @property
    def size(self) -> int:
        """How many outcomes there are; above `MOST_COUNTED`, perhaps fewer."""


@dataclass(frozen=True)
class Chances:
    """One of several values.

    Attributes:
        values: the values.
        bounds: where the stretch of each begins, and at the end the total. `range(n + 1)` makes n values equally
            likely.
    """

    values: Sequence[Value]
    bounds: Sequence[int]

    @property
    def total(self) -> int:
        """Random numbers are below it."""
        return self.bounds[-1]

    def value(self, number: int) -> Value:
        """The value that a random number stands for."""
        return self.values[bisect_right(self.bounds, number) - 1]

    def outcome(self, number: int) -> int:
        """The index of that value, or of the first one equal to it."""
        return self.first_equal[bisect_right(self.bounds, number) - 1]

    @property
    def size(self) -> int:
        """How many different values can be drawn."""
        if len(self.values) > MOST_COUNTED:
            return len(self.values)
        stretches = zip(self.first_equal, pairwise(self.bounds), strict=True)
        return len({outcome for outcome, (low, high) in stretches if low < high})

    @cached_property
    def first_equal(self) -> Sequence[int]:
        """For each value, the index of the first one equal to it; `1`, `1.0` and `true` differ."""
        if isinstance(self.values, range):
            return range(len(self.values))
        firsts: list[int] = []
        places: dict[str, list[int]] = {}
        for index, value in enumerate(self.values):
            alike = places.setdefault(show(value), [])
            firsts.append(next((other for other in alike if self.values[other] == value), index))
            if firsts[-1] == index:
                alike.append(index)
        return tuple(firsts)


class SortedLists:
    """Ascending lists of several values, without any that is drawn and rejected.

    A list is as likely as if its items were drawn one by one, again and again until they ascend: its chance is
    proportional to the product of the chances of its items. If all values are equally likely, so are all lists.

    Args:
        chances: of the values, which ascend.
        count: the length of the lists, at least 1.
    """

    def __init__(self, chances: Chances, count: int) -> None:
        self._chances, self._count = chances, count
        bounds = tuple(chances.bounds)
        self._weights = [high - low for low, high in pairwise(bounds)]
        # For each length, how many random numbers the lists have that use only the last values: of none of them, of
        # the last one, of the last two, ...
        self._sizes = [[1] * (len(self._weights) + 1)]
        for _ in range(count):
            self._sizes.append([*_sums(self._weights, self._sizes[-1])])

    @property
    def total(self) -> int:
        """Random numbers are below it."""
        return self._sizes[-1][-1]

    def value(self, number: int) -> tuple[Value, ...]:
        """The list that a random number stands for."""
        return tuple([self._chances.values[index] for index in self._indices(number)])

    def outcome(self, number: int) -> tuple[int, ...]:
        """The indices of its items, of equal ones that of the first."""
        return tuple([self._chances.first_equal[index] for index in self._indices(number)])

    @property
    def size(self) -> int:
        """How many different lists can be drawn."""
        return comb(self._chances.size + self._count - 1, self._count)

    def _indices(self, number: int) -> Iterator[int]:
        """The indices of the items of a list, in ascending order."""
        for sizes in reversed(self._sizes[1:]):
            left = bisect_right(sizes, number)
            smallest = len(self._weights) - left
            yield smallest
            number = (number - sizes[left - 1]) // self._weights[smallest]


def _sums(weights: Sequence[int], shorter: Sequence[int]) -> Iterator[int]:
    """How many random numbers lists have, from how many those have that are shorter by one."""
    size = 0
    yield size
    for left, weight in enumerate(reversed(weights), 1):
        size += weight * shorter[left]
        yield size


@dataclass(frozen=True)
class AxisDraws:
    """What one axis draws.

    Attributes:
        name: its parameter.
        drawable: what is drawn at once.
        count: how many are drawn one by one and make a list; None draws one that is no list of its own.
    """

    name: str
    drawable: Drawable
    count: int | None

    def value(self, seed: int, draw: int) -> Value:
        """The value at a draw, a function of the seed, the number of the draw and the name of the axis alone."""
        values = [self.drawable.value(number) for number in self._numbers(seed, draw)]
        return values[0] if self.count is None else tuple(values)

    def outcome(self, seed: int, draw: int) -> tuple[object, ...]:
        """The same for all draws with equal values, and for no others."""
        return tuple([self.drawable.outcome(number) for number in self._numbers(seed, draw)])

    @property
    def size(self) -> int:
        """How many outcomes there are; above `MOST_COUNTED`, perhaps fewer."""
        return prod([self.drawable.size] * (self.count or 1))

    def _numbers(self, seed: int, draw: int) -> list[int]:
        """The random numbers of a draw."""
        total = self.drawable.total
        size = (total.bit_length() + _SPARE + 7) // 8
        digest = shake_256(f"resdsl draw 1\n{seed} {draw} {self.name}".encode()).digest(size * (self.count or 1))
        return [
            int.from_bytes(digest[at : at + size], "little") * total >> 8 * size for at in range(0, len(digest), size)
        ]
