"""The table of normal values, against two other ways to compute it."""

from __future__ import annotations

from hashlib import sha256
from math import erfc, log, sqrt
from statistics import NormalDist

import numpy as np

from resdsl.weights.normal import SIZE, natural_log, normal_table, truncated_table

# Of the table's 65,536 float64 values, low byte first. It must be this on every machine.
DIGEST = "a3528bd9ff0d5fed71126bab4556a60e5759723900b70fd7f1b4634b305a222a"


def test_table_is_the_same_to_the_last_bit() -> None:
    assert sha256(normal_table().astype("<f8").tobytes()).hexdigest() == DIGEST


def test_table_holds_the_quantiles() -> None:
    wanted = [NormalDist().inv_cdf((place + 0.5) / SIZE) for place in range(SIZE)]
    assert np.abs(normal_table() - wanted).max() < 1e-12


def test_truncated_table_holds_the_quantiles_between_two_deviations() -> None:
    normal = NormalDist()
    low, high = normal.cdf(-2), normal.cdf(2)
    wanted = [normal.inv_cdf(low + (high - low) * (place + 0.5) / SIZE) for place in range(SIZE)]
    assert np.abs(truncated_table() - wanted).max() < 1e-12
    assert np.abs(truncated_table()).max() < 2


def test_quantiles_have_their_probabilities() -> None:
    # By the error function, which shares nothing with the rational approximation.
    found = [0.5 * erfc(-value / sqrt(2)) for value in normal_table().tolist()]
    assert np.abs(np.array(found) - (np.arange(SIZE) + 0.5) / SIZE).max() < 1e-15


def test_table_is_symmetric_and_rises() -> None:
    table = normal_table()
    assert np.array_equal(table, -table[::-1])
    assert np.all(np.diff(table) > 0)


def test_moments_are_as_documented() -> None:
    table = normal_table()
    assert round(float(table.var()), 5) == 0.99998
    assert round(float((table**4).mean() / table.var() ** 2), 4) == 2.9992
    assert round(float(table.max()), 3) == 4.325


def test_natural_log() -> None:
    values = np.array([1e-300, 1e-6, 0.07, 0.5, 0.7071067811865475, 0.7071067811865476, 0.999, 1.0, 1.4142, 7.0, 1e300])
    wanted = np.array([log(value) for value in values.tolist()])
    assert np.allclose(natural_log(values), wanted, rtol=4e-16, atol=1e-18)
