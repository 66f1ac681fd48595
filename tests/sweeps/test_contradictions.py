"""Conditions that exclude each other are refused before anything is built, and no others are."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from resdsl.checking import check
from resdsl.elaborate.contradictions import contradictions
from resdsl.source import Source
from resdsl.syntax.parser import parse_expression

NETWORK = "network n(k = 1, w = 8) { input 3x8x8; conv 3x3, w; for i in 0..k { conv 3x3, w } }\n"
COMPARISONS = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
}


def codes(*lines: str) -> list[tuple[str, str | None, str | None]]:
    """The codes of the problems with a sweep that has these lines, with the place and the other one."""
    problems = check(
        Source("spec.res", f"{NETWORK}sweep s {{ network n; over k = [1, 2]; {'; '.join(lines)} }}")
    ).problems
    return [
        (problem.code, problem.span and problem.span.text, problem.labels[0].span.text if problem.labels else None)
        for problem in problems
    ]


@pytest.mark.parametrize(
    ("lines", "place", "other"),
    [
        (["keep macs >= 400M and macs <= 360M"], "macs <= 360M", "macs >= 400M"),
        (["keep 400M <= macs", "keep depth > 1 and macs < 400M"], "macs < 400M", "400M <= macs"),
        (["when w > 8", "keep w <= 8"], "w <= 8", "w > 8"),
        (["when k == 2 and k == 3"], "k == 3", "k == 2"),
        (["when k < -1 and k > -1"], "k > -1", "k < -1"),
        (["keep params < 0"], "params < 0", None),
        (["keep -1 >= params"], "-1 >= params", None),
    ],
)
def test_what_no_point_can_fulfil_is_refused(lines: list[str], place: str, other: str | None) -> None:
    assert codes(*lines) == [("RES929", place, other)]


@pytest.mark.parametrize(
    "lines",
    [
        ["keep macs >= 400M or macs <= 360M"],
        ["keep macs >= 360M and macs <= 360M"],
        ["keep macs >= 400M and params <= 360M"],
        ["keep not (macs >= 400M) and macs <= 360M"],
        ["keep params <= 0"],
        ["when k < 0"],
        ["keep macs / 2 >= 400M and macs <= 360M"],
    ],
)
def test_what_some_point_might_fulfil_is_not(lines: list[str]) -> None:
    assert codes(*lines) == []


@given(st.lists(st.tuples(st.sampled_from([*COMPARISONS]), st.integers(-3, 3)), min_size=1, max_size=4))
def test_conditions_on_a_parameter_exclude_each_other_exactly_if_no_number_fulfils_all(
    bounds: list[tuple[str, int]],
) -> None:
    condition = " and ".join(f"w {operator} {value}" for operator, value in bounds)
    halves = [Fraction(number, 2) for number in range(-10, 11)]
    fulfil = [each for each in halves if all(COMPARISONS[operator](each, value) for operator, value in bounds)]
    assert bool([*contradictions([parse_expression(Source("condition", condition))])]) == (not fulfil)
