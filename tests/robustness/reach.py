"""How far a slip of one token reaches: where its problem may stand.

A problem of a text that differs from a good one in one token is within reach of the slip if one of these holds.

1. It stands in the lines of the slip, in the next one that has a word, or at a bracket: a word that is missing or too
   many is noticed at the next word, and a bracket only where another one is.
2. It stands at a name that the slip wrote, took away or gave another meaning: one of the words of the statement of the
   slip, wherever that name is used.
3. It is led to by the statement of the slip: one of its further places, or a step of its chain, stands there.
4. It is in what the text states of its network, a shape or an expectation, or where what flows no longer fits: a
   statement further down in the same definition, or one that applies it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from resdsl.checking import check
from resdsl.diagnostics.problem import Problem
from resdsl.resources import shipped_specs
from resdsl.source import Source, Span
from tests.robustness.mutations import mutated, tokens_of

_WORD = re.compile(r"[A-Za-z_]\w*")
_OF_FLOW = frozenset(
    {"RES305", "RES403", "RES404", "RES405", "RES408", "RES412", "RES416", "RES417", "RES419", "RES800"}
)
"""Codes of what is stated of a network, or does not fit what flows."""


@dataclass(frozen=True)
class Slip:
    """A text before and after a slip."""

    before: str
    after: str

    @property
    def stretch(self) -> tuple[int, int]:
        """Where the text after the slip differs."""
        start = 0
        while start < min(len(self.before), len(self.after)) and self.before[start] == self.after[start]:
            start += 1
        end = 0
        shorter = min(len(self.before), len(self.after)) - start
        while end < shorter and self.before[-1 - end] == self.after[-1 - end]:
            end += 1
        return start, len(self.after) - end

    @property
    def statement(self) -> tuple[int, int]:
        """The lines that the slip is in, and the one behind them that has a word."""
        start, end = self.stretch
        start = self.after.rfind("\n", 0, start) + 1
        behind = re.compile(r"[^\n]*(?:\n\s*(?:#[^\n]*\n\s*)*[^\n]*)?").match(self.after, end)
        return start, behind.end() if behind else end

    @property
    def words(self) -> frozenset[str]:
        """The names in the lines of the slip, before and after it."""
        start, end = self.statement
        left = len(self.after) - end
        return frozenset(
            _WORD.findall(self.after[start:end]) + _WORD.findall(self.before[start : len(self.before) - left])
        )


@cache
def specs() -> tuple[tuple[str, str, tuple[tuple[int, int, str], ...]], ...]:
    """The name, the text and the tokens of each shipped spec."""
    texts = [(path.name, path.read_text(encoding="utf-8")) for path in shipped_specs()]
    return tuple((name, text, tuple(tokens_of(text))) for name, text in texts)


def slip(number: int) -> tuple[Slip, tuple[Problem, ...]]:
    """A slip, the same one for each number, and the errors that it causes."""
    dice = random.Random(f"mistake {number}")
    name, text, tokens = dice.choice(specs())
    made = Slip(text, mutated(text, list(tokens), dice))
    return made, check(Source(name, made.after)).errors


def rule_of(problem: Problem, slip: Slip) -> int | None:
    """The number of the rule by which a problem is within reach of a slip; None if it is not."""
    span = problem.span
    if span is None:
        return None
    start, end = slip.statement
    if (start <= span.start <= end) or _is_around(span, slip):
        return 1
    if slip.words & set(_WORD.findall(span.text)):
        return 2
    if any(start <= place.start <= end for place in _further(problem)):
        return 3
    if problem.code in _OF_FLOW:
        return 4
    return None


def _is_around(span: Span, slip: Slip) -> bool:
    """Whether the span is that of a bracket."""
    return span.text in ("(", "[", "{", ")", "]", "}") or span.start >= len(slip.after.rstrip())


def _further(problem: Problem) -> Iterator[Span]:
    yield from (label.span for label in problem.further)
    yield from (step.span for step in problem.chain)
