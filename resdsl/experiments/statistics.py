"""Statistics over seeds: mean, deviation, and differences between runs of the same seed with an interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import atan, cos, fsum, pi, sin, sqrt

CONFIDENCE = 0.95
"""The share of intervals that cover the true mean, where values are normally distributed."""
FEWEST = 3
"""The fewest values that an interval is computed from."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known of a quantity from several seeds.

    Attributes:
        n: how many values there are, at least one.
        mean: their mean.
        deviation: their sample standard deviation, with n - 1 in the denominator; None for a single value.
        best: the lowest value, or the highest where more is better.
    """

    n: int
    mean: float
    deviation: float | None
    best: float


@dataclass(frozen=True, slots=True)
class PairedChange:
    """How a quantity differs from that of a baseline, over the seeds that both have.

    Attributes:
        n: how many such seeds there are, at least one.
        mean: the mean of the differences.
        interval: its confidence interval, of `CONFIDENCE`; None for fewer than `FEWEST` seeds.
    """

    n: int
    mean: float
    interval: tuple[float, float] | None


def summary(values: Sequence[float], *, more_is_better: bool = False) -> Summary:
    """The summary of at least one value."""
    n = len(values)
    mean = fsum(values) / n
    deviation = sqrt(fsum((value - mean) ** 2 for value in values) / (n - 1)) if n > 1 else None
    return Summary(n, mean, deviation, max(values) if more_is_better else min(values))


def paired(ours: Mapping[int, float], theirs: Mapping[int, float]) -> PairedChange | None:
    """The change of values by seed against those of a baseline; None if no seed is common.

    The differences are taken within each seed, since runs of the same seed share their order of images and, as far as
    their layers are the same, their first weights.
    """
    differences = [value - theirs[seed] for seed, value in ours.items() if seed in theirs]
    if not differences:
        return None
    found = summary(differences)
    if found.deviation is None or found.n < FEWEST:
        return PairedChange(found.n, found.mean, None)
    half = quantile(found.n - 1) * found.deviation / sqrt(found.n)
    return PairedChange(found.n, found.mean, (found.mean - half, found.mean + half))


@lru_cache
def quantile(freedom: int) -> float:
    """The value that Student's t exceeds in size with a probability of 1 - `CONFIDENCE`, to nine digits.

    Args:
        freedom: degrees of freedom, at least 1.
    """
    low, high = 0.0, 1e3
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < CONFIDENCE else (low, middle)
    return float(f"{high:.9g}")


def _within(t: float, freedom: int) -> float:
    """The probability that Student's t is between -t and t: Abramowitz and Stegun (1964), 26.7.3 and 26.7.4."""
    angle = atan(t / sqrt(freedom))
    term, total = (cos(angle), 0.0) if freedom % 2 else (1.0, 0.0)
    for power in range(1 + freedom % 2, freedom, 2):
        total += term
        term *= cos(angle) ** 2 * power / (power + 1)
    if freedom % 2:
        return 2 / pi * (angle + sin(angle) * total)
    return sin(angle) * total
