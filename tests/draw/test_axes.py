"""Axes: round marks that hold all values, equal ratios on wide ranges."""

from __future__ import annotations

from math import log10

import pytest
from hypothesis import given, strategies as st

from resdsl.draw.charts.axes import axis, tick_texts
from resdsl.draw.texts import figure_text
from resdsl.report.figures import count_text

COUNTS = st.lists(st.integers(0, 10**13), min_size=1, max_size=20).map(lambda counts: [float(each) for each in counts])


@given(COUNTS, st.booleans())
def test_all_values_have_their_place(values: list[float], from_zero: bool) -> None:
    found = axis(values, 300, 20, from_zero=from_zero)
    assert all(20 - 1e-6 <= found.place(value) <= 300 + 1e-6 for value in values)
    assert list(found.ticks) == sorted(set(found.ticks))
    assert found.log == (not from_zero and min(values) > 0 and max(values) > 100 * min(values))
    assert not from_zero or found.place(0) == 300


@given(COUNTS, st.booleans())
def test_marks_are_told_apart(values: list[float], from_zero: bool) -> None:
    found = axis(values, 0, 400, from_zero=from_zero)
    said = tick_texts(found.ticks)
    assert 2 <= len(said) <= 13
    assert len(set(said)) == len(said)
    assert all(len(each) <= 7 for each in said)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([0, 118e6], ["0", "50M", "100M", "150M"]),
        ([269722, 1727962], ["0", "0.5M", "1.0M", "1.5M", "2.0M"]),
        ([1, 2], ["1.0", "1.5", "2.0"]),
        ([5, 5], ["2", "4", "6", "8"]),
        ([0, 0], ["0", "0.5", "1.0"]),
        ([40e6, 11.5e9], ["100M", "1G", "10G"]),
        ([3, 400], ["10", "100"]),
    ],
)
def test_marks_are_round(values: list[float], said: list[str]) -> None:
    assert tick_texts(axis(values, 0, 180).ticks) == tuple(said)


@given(st.floats(1e-3, 1e12), st.floats(1.0, 1e6))
def test_places_of_a_logarithmic_axis_are_those_of_logarithms(low: float, ratio: float) -> None:
    found = axis([low, low * 101, low * 101 * ratio], 0, 1000)
    for value in (low, low * 7, low * 101 * ratio):
        expected = 1000 * log10(value / found.low) / log10(found.high / found.low)
        assert found.place(value) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0"), (999, "999"), (1000, "1.000k"), (25_557_032, "25.56M"), (4_089_184_256, "4.089G"), (12.5, "12.5")],
)
def test_figures_have_four_digits(count: float, said: str) -> None:
    assert figure_text(count) == said


@given(count=st.integers(0, 10**18))
def test_figures_and_tables_say_a_count_alike(count: int) -> None:
    assert figure_text(count) == count_text(count)
