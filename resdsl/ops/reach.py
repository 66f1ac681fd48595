"""Which part of an input an output reads along one axis, as a map that can be composed.

Why it exists: the receptive field of a value is the composition of those of its ops, and two hundred equal blocks must
cost no more than one. A window alone is a step and two offsets. Where a map is magnified, neighbouring positions of the
output differ (nearest neighbours read `p // factor`), so offsets are a list with a period. They never decrease, so a
composition reads from the first position of its first part to the last position of its last part. Cf. Araujo et al.,
"Computing receptive fields of convolutional neural networks", Distill 2019, which has only windows.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm

from resdsl.refusal import Refused

LONGEST_PERIOD = 10_000
"""The longest period, in positions of an output; magnifying by two four times gives 16."""


class PeriodTooLong(Refused):
    """The positions that a map reads have too long a period to be listed."""

    def __init__(self, period: int) -> None:
        super().__init__(
            f"the receptive field of a magnified map repeats only after {period:_} positions, more than the limit of "
            f"{LONGEST_PERIOD:_}; the columns `short`, `paper` and `memory` do without it"
        )


@dataclass(frozen=True, slots=True)
class Reach:
    """The positions of an input that each position of an output reads, along one axis.

    With the period n, the position q * n + r reads from q * step + first[r] to q * step + last[r], both included.
    Positions in between that are skipped, as by a dilation, count as read, and padding counts as well.

    Attributes:
        step: by how much the input moves on in one period; 0 if every position reads the same.
        first: the first position that is read, for each position of the first period.
        last: the last one.
    """

    step: int
    first: tuple[int, ...]
    last: tuple[int, ...]

    @property
    def period(self) -> int:
        """The number of output positions after which the pattern repeats."""
        return len(self.first)

    @property
    def size(self) -> int:
        """The most positions that one position reads, including those in between."""
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
        """The map from the input to what reads the output: this map, then `reader`."""
        return _composed(self, reader)

    def repeated(self, times: int) -> Reach:
        """`times` such maps in a row; computed by squaring, so that many cost little more than one."""
        result, power = POINT, self
        while times:
            if times & 1:
                result = result.then(power)
            power = power.then(power) if times > 1 else power
            times >>= 1
        return result

    def joined(self, other: Reach) -> Reach | None:
        """What both maps read together; None if they move apart, so that no single map describes it."""
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
"""Every position reads the first one: a gate of size one that is spread over a map."""

Reaches = tuple[Reach, ...]
"""One per spatial axis."""


def windows(
    kernel: tuple[int, ...], stride: tuple[int, ...], before: tuple[int, ...], dilation: tuple[int, ...] | None = None
) -> Reaches:
    """Sliding windows: p reads from p * stride - before, over dilation * (kernel - 1) further positions."""
    spans = zip(kernel, stride, before, dilation or (1,) * len(kernel), strict=True)
    return tuple([Reach(s, (-b,), (d * (k - 1) - b,)) for k, s, b, d in spans])


def transposed(
    kernel: tuple[int, ...], stride: tuple[int, ...], before: tuple[int, ...], dilation: tuple[int, ...]
) -> Reaches:
    """Windows the other way: p is read from every q with p + before - stride * q within the dilated kernel.

    A position that nothing reaches, because the stride is wider than the kernel, counts as reading the last one before.
    """
    spans = zip(kernel, stride, before, dilation, strict=True)
    return tuple([_transposed(d * (k - 1), s, b) for k, s, b, d in spans])


def _transposed(span: int, stride: int, before: int) -> Reach:
    last = [(phase + before) // stride for phase in range(_checked(stride))]
    first = [-((span - phase - before) // stride) for phase in range(stride)]
    return Reach(1, tuple(map(min, first, last)), tuple(last))


def repeats(after: int, before: int = 1) -> Reach:
    """Resizing by the nearest position: of a ratio of after / before, p reads p * before // after."""
    period, step = after // gcd(after, before), before // gcd(after, before)
    first = tuple([phase * step // period for phase in range(_checked(period))])
    return Reach(step, first, first)


def interpolated(after: int, before: int = 1) -> Reach:
    """Resizing by linear interpolation between centres: p reads both sides of (p + 1/2) * before / after - 1/2."""
    period, step = after // gcd(after, before), before // gcd(after, before)
    exact = [divmod((2 * phase + 1) * step - period, 2 * period) for phase in range(_checked(period))]
    return Reach(step, tuple([low for low, _ in exact]), tuple([low + (rest > 0) for low, rest in exact]))
