"""One slip, one problem, and where it is: one token of a shipped spec is left out, doubled, swapped or changed."""

from __future__ import annotations

import pytest

from resdsl.checking import check
from resdsl.source import Source
from tests.robustness.reach import Slip, rule_of, slip

MOST_ON_AVERAGE = 1.2
FEW = range(100)


@pytest.mark.parametrize("numbers", [FEW, pytest.param(range(100, 1100), marks=pytest.mark.zoo)], ids=["few", "many"])
def test_a_slip_is_one_problem_within_its_reach(numbers: range) -> None:
    failing = [(number, *made) for number in numbers if (made := slip(number))[1]]
    assert len(failing) > len(numbers) // 2
    count = sum(len(problems) for _, _, problems in failing)
    assert count <= MOST_ON_AVERAGE * len(failing), count / len(failing)
    far = [
        (number, problem.code, problem.headline)
        for number, made, problems in failing
        for problem in problems
        if rule_of(problem, made) is None
    ]
    assert far == []


def test_reach_has_an_end() -> None:
    """A problem elsewhere, about something else, is not within reach."""
    text = "network a {\n  input 3x8x8\n  conv 3x3, 8\n  norm\n  act\n  fc 10\n}\n"
    made = Slip(text, text.replace("conv 3x3", "conv 3x4"))
    (wrong,) = check(Source("a.res", text.replace("act", "zonk"))).errors
    assert rule_of(wrong, made) is None
    (wrong,) = check(Source("a.res", text.replace("conv", "covn"))).errors
    assert rule_of(wrong, made) == 1
