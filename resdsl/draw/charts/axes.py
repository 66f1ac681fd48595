"""Axes of charts: where the marks stand, and what is written at them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, frexp

_UNITS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))
_WIDE_RANGE = 100.0
_LOG_2 = 0.6931471805599453
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class ChartAxis:
    """A range of figures laid along a stretch of the figure.

    Attributes:
        low: the figure at `start`; `high` the one at `end`, both in points of the scene.
        ticks: the figures that are marked.
        log: whether equal distances are equal ratios.
    """

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]
    log: bool = False

    def place(self, value: float) -> float:
        """Where a figure stands."""
        if self.log:
            share = _log(value / self.low) / _log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def axis(values: list[float], start: float, end: float, *, apart: float = 60.0, from_zero: bool = False) -> ChartAxis:
    """The axis on which all values have their place, with about one mark in `apart` points.

    It is logarithmic where all values are above zero and the highest is more than 100 times the lowest,
    unless it is to start from zero.
    """
    low, high = min(values, default=0.0), max(values, default=1.0)
    count = max(2, round(abs(end - start) / apart))
    if not from_zero and low > 0 and high / low > _WIDE_RANGE:
        return _logarithmic(low, high, start, end, count)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        low, high = (low - abs(low) / 2, high + abs(high) / 2) if low else (0.0, 1.0)
    step = _step((high - low) / count)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    ticks = tuple([index * step for index in range(first, last + 1)])
    return ChartAxis(ticks[0], ticks[-1], start, end, ticks)


def tick_texts(ticks: tuple[float, ...]) -> tuple[str, ...]:
    """What is written at the marks: all in one unit on an even axis, as short as tells them apart.

    On a logarithmic axis each has its own unit.
    """
    gaps = [after - before for before, after in pairwise(ticks)]
    even = gaps and max(gaps) - min(gaps) < 1e-6 * max(gaps)
    if not even:
        return tuple([_short(tick) for tick in ticks])
    size, suffix = next(((size, suffix) for size, suffix in _UNITS if max(map(abs, ticks)) >= size), (1, ""))
    decimals = next(
        (digits for digits in range(4) if all(abs(round(tick / size, digits) - tick / size) < 1e-6 for tick in ticks)),
        4,
    )
    return tuple([f"{tick / size:.{decimals}f}{suffix}" if round(tick, 9) else "0" for tick in ticks])


def _short(value: float) -> str:
    size, suffix = next(((size, suffix) for size, suffix in _UNITS if abs(value) >= size), (1, ""))
    return f"{value / size:g}{suffix}"


def _step(least: float) -> float:
    """The smallest round figure that is no smaller."""
    power = _power(_exponent(least))
    return next(power * step for step in _STEPS if power * step >= least * (1 - 1e-9))


def _logarithmic(low: float, high: float, start: float, end: float, count: int) -> ChartAxis:
    """From a mark at 1, 2 or 5 to another; decades are marked, and what is between them where there is room."""
    first, last = _exponent(low), _exponent(high) + 1
    fine = [step * _power(power) for power in range(first, last + 1) for step in (1.0, 2.0, 5.0)]
    bottom = max(mark for mark in fine if mark <= low * (1 + 1e-9))
    top = min(mark for mark in fine if mark >= high * (1 - 1e-9))
    marks = [mark for mark in fine if bottom <= mark <= top]
    if len(marks) > count + 3:
        decades = [_power(power) for power in range(first, last + 1) if bottom <= _power(power) <= top]
        marks = decades[:: ceil(len(decades) / (count + 2))]
    return ChartAxis(bottom, top, start, end, tuple(marks), log=True)


def _exponent(value: float) -> int:
    """The power of ten that a figure above zero begins with, read off its digits."""
    return int(f"{value:.9e}".partition("e")[2])


def _power(exponent: int) -> float:
    return float(f"1e{exponent}")


def _log(value: float) -> float:
    """The natural logarithm to nine digits, by plain arithmetic: mathematics libraries differ in the last digit.

    log(m * 2**e) with 2 * artanh((m - 1) / (m + 1)) for m between 0.7 and 1.4.
    """
    mantissa, exponent = frexp(value)
    if mantissa < 0.7071:
        mantissa, exponent = 2 * mantissa, exponent - 1
    ratio = (mantissa - 1) / (mantissa + 1)
    square = ratio * ratio
    series = 0.0
    for divisor in (13, 11, 9, 7, 5, 3, 1):
        series = series * square + 1 / divisor
    return exponent * _LOG_2 + 2 * ratio * series
