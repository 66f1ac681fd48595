"""Distributions and their intervals, compared with bootstraps that numpy draws."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from resdsl.sweeps.distribution import Distribution, share_interval

TAIL = 0.025
NUMBERS = st.lists(st.integers(-9, 9).map(float), min_size=1, max_size=30)


def of(values: list[float], *, below: int = 0, above: int = 0) -> Distribution:
    return Distribution(tuple(sorted(values)), below, above)


@pytest.mark.parametrize(("n", "decimals"), [(2, 2), (9, 0), (60, 1), (500, 3)])
def test_intervals_are_those_of_a_bootstrap_that_is_drawn(n: int, decimals: int) -> None:
    """The percentile bootstrap written out: resamples of the networks, and quantiles of what each resample has."""
    draw = np.random.default_rng(n)
    values = np.round(draw.gamma(2.0, 10.0, n), decimals)
    resamples = values[draw.integers(0, n, (8000, n))]
    found = of(values.tolist())
    for step in list(found.steps())[:: max(1, n // 12)]:
        shares = (resamples <= step.value).mean(axis=1)
        low, high = np.quantile(shares, [TAIL, 1 - TAIL], method="inverted_cdf")
        assert step.share == (values <= step.value).mean()
        assert abs(step.low - low) <= 1.01 / n
        assert abs(step.high - high) <= 1.01 / n
    medians = np.sort(resamples, axis=1)[:, (n + 1) // 2 - 1]
    ends = np.quantile(medians, [TAIL - 0.005, TAIL + 0.005, 1 - TAIL - 0.005, 1 - TAIL + 0.005], method="inverted_cdf")
    median = found.median()
    assert median.value == np.sort(values)[(n + 1) // 2 - 1]
    assert median.interval is not None
    assert ends[0] <= median.interval[0] <= ends[1]
    assert ends[2] <= median.interval[1] <= ends[3]
    bound = float(np.quantile(values, 0.3))
    below = found.share_below(bound)
    assert below.value == (values < bound).mean()
    assert below.interval == share_interval(int((values < bound).sum()), n)


@pytest.mark.parametrize("values", [[1.0, 2.0, 4.0], [3.0, 3.0, 5.0, 8.0], [1.0, 2.0, 3.0, 4.0, 5.0]])
def test_of_few_networks_all_resamples_are_looked_at(values: list[float]) -> None:
    n = len(values)
    resamples = [sorted(each) for each in product(values, repeat=n)]

    def end(figures: list[float], likely: float) -> float:
        return sorted(figures)[int(np.ceil(likely * len(figures))) - 1]

    found = of(values)
    for step in found.steps():
        shares = [sum(value <= step.value for value in each) / n for each in resamples]
        assert (step.low, step.high) == (end(shares, TAIL), end(shares, 1 - TAIL))
    medians = [each[(n + 1) // 2 - 1] for each in resamples]
    assert found.median().interval == (end(medians, TAIL), end(medians, 1 - TAIL))


@settings(max_examples=60)
@given(st.integers(1, 60), st.data())
def test_ends_are_exact_quantiles_of_the_binomial_distribution(n: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, n))
    share = Fraction(count, n)
    likely = [comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1)]
    ends = (Fraction(1, 40), Fraction(39, 40))
    expected = [next(k for k in range(n + 1) if sum(likely[: k + 1]) >= least) for least in ends]
    assert [round(end * n) for end in share_interval(count, n)] == expected


@given(NUMBERS, st.integers(0, 5), st.integers(0, 5))
def test_steps_are_shares_of_all(values: list[float], below: int, above: int) -> None:
    found = of(values, below=below, above=above)
    n = len(values) + below + above
    steps = list(found.steps())
    assert found.n == n
    assert found.start == below / n
    assert [step.value for step in steps] == sorted(set(values))
    for step in steps:
        assert step.share == (below + sum(value <= step.value for value in values)) / n
        assert 0 <= step.low <= step.share <= step.high <= 1
    median = found.median().value
    everything = [float("-inf")] * below + sorted(values) + [float("inf")] * above
    middle = everything[(n + 1) // 2 - 1]
    assert median == (middle if middle in values else None)


def test_a_single_network_has_no_interval() -> None:
    found = of([4.0])
    assert [(step.share, step.low, step.high) for step in found.steps()] == [(1.0, 1.0, 1.0)]
    assert found.median().interval is None
    assert found.share_below(4.0).value == 0
    assert found.share_below(4.1).interval is None


def test_equal_values_are_one_step() -> None:
    assert [step.share for step in of([2.0, 2.0, 2.0, 7.0]).steps()] == [0.75, 1.0]
    assert of([5.0] * 9).median().interval == (5.0, 5.0)


def test_networks_without_a_value_count() -> None:
    found = of([1.0, 2.0], above=3)
    assert [step.share for step in found.steps()] == [0.2, 0.4]
    assert found.median().value is None
    assert found.median().interval is None
    assert found.share_below(9.0).value == 0.4


def test_of_many_steps_some_are_left_out() -> None:
    found = of([float(value) for value in range(100_000)])
    steps = list(found.steps(100))
    assert 100 <= len(steps) <= 102
    assert (steps[0].value, steps[-1].value, steps[-1].share) == (0.0, 99_999.0, 1.0)
    assert max(other.share - one.share for one, other in pairwise(steps)) <= 0.0101
    assert all(step.share == (step.value + 1) / 100_000 for step in steps)
