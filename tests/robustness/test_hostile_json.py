"""Hostile JSON: refused in words, or a network like any other; soon, and in little memory."""

from __future__ import annotations

import pytest

from tests.robustness.bounded import OF_JSON, faults_of
from tests.robustness.hostile_json import Case, cases

COUNT = 25
"""Of the five hundred that `python -m tests.robustness.hostile_json` runs."""


@pytest.mark.parametrize("case", cases(COUNT), ids=lambda case: case.name)
def test_hostile_json_ends_as_it_should(case: Case) -> None:
    assert faults_of(case.text, "hostile.json", OF_JSON)[0] == []


def test_the_same_cases_every_time() -> None:
    assert list(cases(5)) == list(cases(5))
    assert [case.text for case in cases(5)] != [case.text for case in cases(5, seed=1)]
