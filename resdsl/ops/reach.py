"""How far an output looks into an input, along one axis, as a map that composes.

Why it exists: the receptive field of a value is a composition of what its ops say, and two hundred equal
blocks must cost no more than one. Windows alone are a step and two offsets. Where a map is magnified,
neighbouring positions of the output differ (nearest neighbours read `p // factor`), so offsets come as a
list with a period; they never decrease, so a composition reads from what its first position reads first to
what its last reads last. Cf. Araujo et al., "Computing receptive fields of convolutional neural networks",
Distill 2019, which has windows only.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm

from resdsl.refusal import Refused

LONGEST_PERIOD = 10_000
"""Positions of an output after which what it reads comes again; four times magnified by two, it is 16."""


class PeriodTooLong(Refused):
    """What positions of a map read differs so much that it cannot be listed."""

    def __init__(self, period: int) -> None:
        super().__init__(
            f"what a magnified map reads comes again after {period:_} positions only, and receptive fields are found "
            f"up to {LONGEST_PERIOD:_}; the columns `short`, `paper` and `memory` ask for none"
        )


@dataclass(frozen=True, slots=True)
class Reach:
    """Which positions of an input the positions of an output read, along one axis.

    With the period n, the position q * n + r reads from q * step + first[r] to q * step + last[r], both
    included. What lies between and is skipped, as by a dilation, counts as read; padding has positions too.

    Attributes:
        step: by how much the input moves on in one period; 0 where every position reads the same.
        first: the first position that is read, for each position of the first period.
        last: the last one.
    """

    step: int
    first: tuple[int, ...]
    last: tuple[int, ...]

    @property
    def period(self) -> int:
        """After how many positions of the output the pattern comes again."""
        return len(self.first)

    @property
    def size(self) -> int:
        """How many positions are read at most, those between included."""
        return max(last - first for first, last in zip(self.first, self.last, strict=True)) + 1

    @property
    def stride(self) -> Fraction:
        """By how much the input moves on per position of the output: the effective stride."""
        return Fraction(self.step, self.period)

    def at(self, position: int) -> tuple[int, int]:
        """The first and the last position of the input that one position of the output reads."""
        turns, phase = divmod(position, self.period)
        return turns * self.step + self.first[phase], turns * self.step + self.last[phase]

    def then(self, reader: Reach) -> Reach:
        """What is read of the input by the reader of the output."""
        return _composed(self, reader)

    def repeated(self, times: int) -> Reach:
        """What `times` such maps in a row read; by squaring, so that many cost little more than one."""
        result, power = POINT, self
        while times:
            if times & 1:
                result = result.then(power)
            power = power.then(power) if times > 1 else power
            times >>= 1
        return result

    def joined(self, other: Reach) -> Reach | None:
        """What both read together; None where they move apart, so that no one map says it."""
        if self.stride != other.stride:
            return None
        period = _checked(lcm(self.period, other.period))
        pairs = [(self.at(position), other.at(position)) for position in range(period)]
        step = self.step * (period // self.period)
        return Reach(step, tuple([min(a[0], b[0]) for a, b in pairs]), tuple([max(a[1], b[1]) for a, b in pairs]))


def _checked(period: int) -> int:
    if period > LONGEST_PERIOD:
        raise PeriodTooLong(period)
    return period


@lru_cache(maxsize=4096)
def _composed(inner: Reach, reader: Reach) -> Reach:
    turns = inner.period // gcd(reader.step, inner.period)
    period = _checked(turns * reader.period)
    ends = [reader.at(position) for position in range(period)]
    step = inner.step * (turns * reader.step // inner.period)
    return Reach(step, tuple([inner.at(start)[0] for start, _ in ends]), tuple([inner.at(end)[1] for _, end in ends]))


POINT = Reach(1, (0,), (0,))
"""Every position reads itself."""
FIRST = Reach(0, (0,), (0,))
"""Every position reads the first: a gate of size one that is spread over a map."""

Reaches = tuple[Reach, ...]
"""One per spatial axis."""


def windows(
    kernel: tuple[int, ...], stride: tuple[int, ...], before: tuple[int, ...], dilation: tuple[int, ...] | None = None
) -> Reaches:
    """Sliding windows: p reads from p * stride - before, over dilation * (kernel - 1) further positions."""
    spans = zip(kernel, stride, before, dilation or (1,) * len(kernel), strict=True)
    return tuple([Reach(s, (-b,), (d * (k - 1) - b,)) for k, s, b, d in spans])


def repeats(factor: int) -> Reach:
    """Magnified by repeating: p reads p // factor."""
    return Reach(1, (0,) * _checked(factor), (0,) * factor)


def interpolated(factor: int) -> Reach:
    """Magnified by linear interpolation between centres: p reads both sides of (p + 1/2) / factor - 1/2."""
    first = [(2 * phase + 1 - factor) // (2 * factor) for phase in range(_checked(factor))]
    exact = [(2 * phase + 1 - factor) % (2 * factor) == 0 for phase in range(factor)]
    return Reach(1, tuple(first), tuple([low + (not on) for low, on in zip(first, exact, strict=True)]))
