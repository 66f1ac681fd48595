"""Every kind of problem has a code of its own, an explanation, a golden case, and a place in the manual."""

from __future__ import annotations

import re

from tests.diagnostics.catalogue import MANUAL, manual, problem_classes
from tests.diagnostics.golden import cases, read_case

CLASSES = problem_classes()


def test_codes_are_unique() -> None:
    codes = [kind.code for kind in CLASSES]
    assert sorted(set(codes)) == codes
    assert [code for code in codes if not re.fullmatch(r"RES[1-9]\d\d", code)] == []


def test_problems_are_explained() -> None:
    """By a docstring of their own; the text that a dataclass gives itself is no explanation."""
    assert [kind for kind in CLASSES if not kind.__doc__ or kind.__doc__.startswith(f"{kind.__name__}(")] == []


def test_problems_have_a_case_with_their_code() -> None:
    answers = {path.stem: read_case(path).answer for path in cases()}
    shown = {stem[:6] for stem, answer in answers.items() if f"[{stem[:6]}]:" in answer}
    assert {kind.code for kind in CLASSES} <= shown


def test_cases_show_the_code_in_their_name() -> None:
    named = [(path, re.match(r"RES\d\d\d", path.stem)) for path in cases()]
    assert [path.stem for path, code in named if code and f"[{code[0]}]:" not in read_case(path).answer] == []


def test_manual_is_up_to_date() -> None:
    assert MANUAL.read_text(encoding="utf-8") == manual(), "run python -m tests.diagnostics.catalogue"
