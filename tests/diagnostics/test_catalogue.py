"""Every kind of problem has a code of its own, an explanation, a case with it mended, and a place in the manual."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from resdsl.diagnostics.problem import Problem
from resdsl.explanations.explanation import CASES, explanation_of, problem_classes
from tests.diagnostics.catalogue import MANUAL, manual
from tests.diagnostics.golden import cases, found_problems, read_case

CLASSES = problem_classes()


def test_codes_are_unique() -> None:
    codes = [kind.code for kind in CLASSES]
    assert sorted(set(codes)) == codes
    assert [code for code in codes if not re.fullmatch(r"RES[1-9]\d\d", code)] == []


def test_problems_are_explained() -> None:
    """By a docstring of their own; the text that a dataclass gives itself is no explanation."""
    assert [kind for kind in CLASSES if not kind.__doc__ or kind.__doc__.startswith(f"{kind.__name__}(")] == []


def test_problems_have_a_case_with_their_code() -> None:
    assert sorted(path.stem for path in CASES.iterdir()) == [kind.code for kind in CLASSES]


def test_cases_show_the_code_in_their_name() -> None:
    named = [(path, re.match(r"RES\d\d\d", path.stem)) for path in cases()]
    assert [path.stem for path, code in named if code and f"[{code[0]}]:" not in read_case(path).answer] == []


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.code)
def test_mended_example_has_the_problem_no_longer(
    kind: type[Problem], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mended = explanation_of(kind).case.mended
    assert mended is not None
    monkeypatch.chdir(tmp_path)
    found = found_problems(mended)
    assert [problem.code for problem in found if problem.severity == "error" or problem.code == kind.code] == []


def test_manual_is_up_to_date() -> None:
    assert MANUAL.read_text(encoding="utf-8") == manual(), "run python -m tests.diagnostics.catalogue"
