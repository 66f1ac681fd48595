"""Every kind of problem has a code of its own, an explanation, a golden case, and a place in the manual."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from resdsl.diagnostics.problem import Problem
from tests.diagnostics.catalogue import MANUAL, manual, problem_classes
from tests.diagnostics.golden import cases, read_case

CLASSES = problem_classes()


def test_codes_are_unique() -> None:
    codes = [kind.code for kind in CLASSES]
    assert sorted(set(codes)) == codes
    assert [code for code in codes if not re.fullmatch(r"RES[1-9]\d\d", code)] == []


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_problem_is_explained(kind: type[Problem]) -> None:
    assert kind.__doc__
    assert not kind.__doc__.startswith(f"{kind.__name__}("), "the dataclass's own text is no explanation"


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_problem_has_a_case(kind: type[Problem]) -> None:
    assert any(f"[{kind.code}]:" in read_case(path).answer for path in cases() if path.stem.startswith(kind.code))


@pytest.mark.parametrize("path", cases(), ids=lambda path: path.stem)
def test_case_shows_the_code_in_its_name(path: Path) -> None:
    named = re.match(r"RES\d\d\d", path.stem)
    assert named is None or f"[{named[0]}]:" in read_case(path).answer


def test_manual_is_up_to_date() -> None:
    assert MANUAL.read_text(encoding="utf-8") == manual(), "run python -m tests.diagnostics.catalogue"
