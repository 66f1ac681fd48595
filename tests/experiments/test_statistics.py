"""Statistics over seeds, against published tables and the standard library."""

from __future__ import annotations

import statistics

import pytest

from resdsl.experiments.statistics import paired, quantile, summary

# Student (1908) as tabulated by NIST/SEMATECH, e-Handbook of Statistical Methods, 1.3.6.7.2, upper tail of 0.025.
TABLE = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228}
TABLE |= {11: 2.201, 19: 2.093, 20: 2.086, 30: 2.042, 60: 2.000, 99: 1.984, 100: 1.984}


@pytest.mark.parametrize(("freedom", "published"), TABLE.items())
def test_quantiles_are_those_of_the_published_table(freedom: int, published: float) -> None:
    assert round(quantile(freedom), 3) == published


def test_the_deviation_is_that_of_a_sample() -> None:
    values = [6.61, 6.43, 6.9, 6.5]
    found = summary(values)
    assert found.mean == pytest.approx(statistics.fmean(values))
    assert found.deviation == pytest.approx(statistics.stdev(values))
    assert (found.n, found.best) == (4, 6.43)


def test_one_value_has_no_deviation() -> None:
    assert summary([0.5]).deviation is None


def test_the_best_may_be_the_highest() -> None:
    assert summary([30.1, 29.9], more_is_better=True).best == 30.1


def test_changes_are_paired_by_seed() -> None:
    change = paired({0: 1.0, 1: 2.0, 2: 3.0, 7: 100.0}, {2: 2.5, 0: 0.9, 1: 1.4})
    assert change is not None
    assert change.n == 3
    assert change.mean == pytest.approx(0.4)
    assert change.interval is not None
    # The differences are 0.1, 0.6 and 0.5, with a sample standard deviation of 0.2646; t with 2 degrees is 4.303.
    assert change.interval == pytest.approx((0.4 - 4.303 * 0.26458 / 3**0.5, 0.4 + 4.303 * 0.26458 / 3**0.5), abs=1e-3)


def test_two_seeds_have_no_interval() -> None:
    change = paired({0: 1.0, 1: 2.0}, {0: 0.5, 1: 1.0})
    assert change is not None
    assert (change.n, change.mean, change.interval) == (2, 0.75, None)


def test_without_a_common_seed_there_is_no_change() -> None:
    assert paired({0: 1.0}, {1: 1.0}) is None
