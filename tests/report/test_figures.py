"""Figures for people and for programs."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from resdsl.report.figures import bytes_text, cell_text, change_text, count_text, exact_text, share_text
from resdsl.report.table import Brackets, Cell, Measure


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.000k"),
        (21_797_672, "21.80M"),
        (269_722, "269.7k"),
        (3_663_761_408, "3.664G"),
        (999_949, "999.9k"),
        (999_951, "1.000M"),
        (999_999_999_999, "1.000T"),
        (-1_500, "-1.500k"),
        (5 * 10**20, "500.0E"),
        (5 * 10**21, "5.000e21"),
        (12 * 10**24, "1.200e25"),
    ],
)
def test_counts(count: int, said: str) -> None:
    assert count_text(count) == said


@pytest.mark.parametrize(
    ("size", "said"), [(0, "0 bytes"), (999, "999 bytes"), (87_190_688, "87.2 MB"), (999_960_000, "1.0 GB")]
)
def test_bytes(size: int, said: str) -> None:
    assert bytes_text(size) == said


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0%"), (1, "100%"), (0.0001, "<0.1%"), (0.0005, "0.1%"), (0.5, "50.0%"), (0.9999, ">99.9%"), (0.999, "99.9%")],
)
def test_shares_say_all_and_nothing_of_all_and_nothing(share: float, said: str) -> None:
    assert share_text(share) == said


@pytest.mark.parametrize(("change", "said"), [(0, "0"), (1500, "+1.500k"), (-3, "-3")])
def test_changes_have_signs(change: int, said: str) -> None:
    assert change_text(change) == said


@given(count=st.integers(0, 10**40))
def test_a_count_is_off_by_less_than_its_last_digit(count: int) -> None:
    said = count_text(count)
    scale = dict(zip("kMGTPE", (1e3, 1e6, 1e9, 1e12, 1e15, 1e18), strict=True))
    value = float(said[:-1]) * scale[said[-1]] if said[-1] in scale else float(said)
    assert value == pytest.approx(count, rel=1e-3)
    assert len(said) <= 9


@pytest.mark.parametrize(
    ("cell", "measure", "shown", "exact"),
    [
        (None, "count", "", ""),
        ("a name", "text", "a name", "a name"),
        (4_089_184_256, "count", "4.089G", "4089184256"),
        (4_089_184_256, "text", "4.089G", "4089184256"),
        (4000, "bytes", "4.0 kB", "4000"),
        (0.25, "share", "25.0%", "0.25"),
        (1202, "number", "1202", "1202"),
        (4_089_184_256, "exact", "4,089,184,256", "4089184256"),
        (22_227_968, "exact_change", "+22,227,968", "22227968"),
        (-231_211_008, "exact_change", "-231,211,008", "-231211008"),
        (0, "exact_change", "0", "0"),
        (31.25, "number", "31.25", "31.25"),
        (460.0, "number", "460.0", "460.0"),
        (0.01234567, "number", "0.01235", "0.01234567"),
        (123456.7, "number", "123457", "123456.7"),
        (-2000, "change", "-2.000k", "-2000"),
        (Brackets(("3x3, 64", "3x3, 64"), 3), "text", "[3x3, 64; 3x3, 64] x 3", "[3x3, 64; 3x3, 64] x 3"),
        (Brackets(("3x3, 64",)), "text", "[3x3, 64]", "[3x3, 64]"),
    ],
)
def test_cells(cell: Cell, measure: Measure, shown: str, exact: str) -> None:
    assert (cell_text(cell, measure), exact_text(cell)) == (shown, exact)
