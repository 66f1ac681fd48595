"""Kinds of problems by their codes, and what is to be said of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import cleandoc
from pathlib import Path

from resdsl.diagnostics.problem import Problem
from resdsl.elaborate import errors
from resdsl.explanations.case import CaseOfProblem, parse_case

CASES = Path(__file__).with_name("cases")

GROUPS = {
    "1": "Form",
    "2": "Names",
    "3": "Values and arguments",
    "4": "What flows",
    "5": "Networks, stages and variants",
    "6": "Files and imports",
    "7": "Limits",
    "8": "Figures of a network",
    "9": "Sweeps",
}
"""What problems are about, by the first digit of their codes."""


@dataclass(frozen=True)
class ProblemExplanation:
    """What is to be said of a kind of problem.

    Attributes:
        code: `RES310`.
        name: of the class, which is short for what is wrong.
        is_warning: whether a network is built in spite of it.
        meaning: some sentences.
        case: an example with the problem, the answer, and the example mended.
    """

    code: str
    name: str
    is_warning: bool
    meaning: str
    case: CaseOfProblem


@cache
def problem_classes() -> tuple[type[Problem], ...]:
    """Every kind of problem, by code."""
    for module in ("syntax.errors", "analysis.errors", *(f"elaborate.errors.{name}" for name in errors.__all__)):
        import_module(f"resdsl.{module}")
    kinds = (kind for kind in _below() if "code" in vars(kind))
    return tuple(sorted(kinds, key=lambda kind: (kind.code, kind.__name__)))


def _below() -> Iterator[type[Problem]]:
    waiting = list(Problem.__subclasses__())
    while waiting:
        kind = waiting.pop()
        yield kind
        waiting += kind.__subclasses__()


def explanation_of(kind: type[Problem]) -> ProblemExplanation:
    """What is to be said of a kind of problem."""
    case = parse_case((CASES / f"{kind.code}.txt").read_text(encoding="utf-8"))
    return ProblemExplanation(kind.code, kind.__name__, kind.severity == "warning", cleandoc(kind.__doc__ or ""), case)
