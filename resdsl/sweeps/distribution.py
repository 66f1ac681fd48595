"""Empirical distributions of a figure over networks, with intervals of the bootstrap.

A resample draws as many networks as there are, with replacement, and all are equally likely. Of a share of the
networks and of their median, the distribution over all resamples is known: how many networks of a resample are among
`count` of `n` is binomial. Its percentiles are therefore computed, and nothing is drawn at random; a bootstrap with
more and more resamples comes ever closer to them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from math import fsum

CONFIDENCE = 0.95
"""The share of resamples whose share or median lies within an interval, at least."""
FEWEST = 2
"""The fewest networks that an interval is computed from."""
_LEFT_OUT = 1e-20
"""The likelihood, relative to the most likely count, of counts that are not looked at."""


@dataclass(frozen=True, slots=True)
class DistributionStep:
    """A step of a distribution: the share of networks with at most a value, and its interval."""

    value: float
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class BootstrapEstimate:
    """A share or a median; None of a median that lies among networks without a value.

    Attributes:
        interval: its interval; None if there are fewer networks than `FEWEST`, or an end lies among those.
    """

    value: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Distribution:
    """The values of a figure over networks.

    Attributes:
        values: at least one, in order.
        below: how many more networks have no value and count as below all others; `above` likewise.
    """

    values: tuple[float, ...]
    below: int = 0
    above: int = 0

    @property
    def n(self) -> int:
        """How many networks there are."""
        return self.below + len(self.values) + self.above

    @property
    def start(self) -> float:
        """The share of networks below all values."""
        return self.below / self.n

    def steps(self, most: int = 1000) -> Iterator[DistributionStep]:
        """The steps from the lowest value to the highest.

        Of more than `most` distinct values, some are left out, so that the share is off by 1 in `most` at most there.
        """
        distinct = sorted(set(self.values))
        counted = 0
        for at, value in enumerate(distinct):
            count = bisect_right(self.values, value)
            ends = at in (0, len(distinct) - 1)
            if len(distinct) > most and not ends and (count - counted) * most < len(self.values):
                continue
            counted = count
            below = self.below + count
            yield DistributionStep(value, below / self.n, *share_interval(below, self.n))

    def share_below(self, bound: float) -> BootstrapEstimate:
        """The share of networks whose value is lower than a bound."""
        count = self.below + bisect_left(self.values, bound)
        return BootstrapEstimate(count / self.n, share_interval(count, self.n) if self.n >= FEWEST else None)

    def median(self) -> BootstrapEstimate:
        """The lowest value that at least half of the networks do not exceed."""
        half = (self.n + 1) // 2
        interval = self._median_interval() if self.n >= FEWEST else None
        return BootstrapEstimate(self._at(half), interval)

    def _median_interval(self) -> tuple[float, float] | None:
        tail = (1 - CONFIDENCE) / 2
        low, high = (self._at(self._rank(likely)) for likely in (tail, 1 - tail))
        return None if low is None or high is None else (low, high)

    def _rank(self, likely: float) -> int:
        """The lowest rank whose value the median of a resample does not exceed with a likelihood at least."""
        ranks = range(1, self.n + 1)
        half = (self.n + 1) // 2
        return ranks[bisect_left(ranks, likely, key=lambda rank: _at_least(half, self._up_to(rank), self.n))]

    def _up_to(self, rank: int) -> int:
        """How many networks do not exceed the value of a rank, which equal ones share."""
        value = self._at(rank)
        if value is None:
            return self.below if rank <= self.below else self.n
        return self.below + bisect_right(self.values, value)

    def _at(self, rank: int) -> float | None:
        """The value of a rank, counted from 1; None where it is a network without a value."""
        place = rank - 1 - self.below
        return self.values[place] if 0 <= place < len(self.values) else None


def share_interval(count: int, n: int) -> tuple[float, float]:
    """The percentile interval of the bootstrap of a share of `count` in `n`, at the level `CONFIDENCE`."""
    tail = (1 - CONFIDENCE) / 2
    first, weights = _binomial(count, n)
    sums = list(accumulate(weights))
    low, high = (first + bisect_left(sums, likely * sums[-1]) for likely in (tail, 1 - tail))
    return low / n, high / n


def _at_least(least: int, count: int, n: int) -> float:
    """The likelihood that a resample has `least` of `count` networks in `n`."""
    first, weights = _binomial(count, n)
    return fsum(weights[max(0, least - first) :]) / fsum(weights)


def _binomial(count: int, n: int) -> tuple[int, list[float]]:
    """How likely each number of networks in a resample is that are among `count` in `n`, and the first such number.

    The numbers are relative to the most likely one, which is `count` itself, from which others follow by ratios: no
    logarithm is needed, of which machines differ in the last digit.
    """
    if count in (0, n):
        return count, [1.0]
    odds = count / (n - count)
    down = _ratios(count, lambda k: k / (n - k + 1) / odds, -1, 0)
    up = _ratios(count, lambda k: (n - k) / (k + 1) * odds, 1, n)
    return count - len(down), [*reversed(down), 1.0, *up]


def _ratios(start: int, ratio: Callable[[int], float], step: int, end: int) -> list[float]:
    """Likelihoods from the most likely number on in one direction, as far as they matter."""
    found: list[float] = []
    weight = 1.0
    for number in range(start, end, step):
        weight *= ratio(number)
        if weight < _LEFT_OUT:
            break
        found.append(weight)
    return found
