"""Mends texts by the replacements of their problems.

A replacement is kept only if the text it makes has that problem no more, and no new one in its form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from resdsl.diagnostics.problem import Problem, Replacement
from resdsl.source import Source

Find = Callable[[Source], Sequence[Problem]]
"""Finds all problems of a text, those in its imports among them."""

_UNREADABLE = "RES100"
"""The code of a file that cannot be read, which says nothing of the form of this text."""
_UNCLOSED = "RES103"
"""The code of brackets that do not match, which shows far from where one is missing."""
_MOST_ROUNDS = 100
"""How often a text is mended anew: mending one problem of form brings up the next in the same definition."""


@dataclass(frozen=True)
class Mended:
    """A text after mending.

    Attributes:
        source: the text.
        mended: the problems that it had.
        left: the problems that it still has.
    """

    source: Source
    mended: tuple[Problem, ...]
    left: tuple[Problem, ...]


def mend(source: Source, find: Find) -> Mended:
    """Apply the replacements of a text's problems, and of those that come up once these are mended.

    Args:
        source: the text; only this one is changed, not what it imports.
        find: finds the problems of a text.
    """
    left = tuple(find(source))
    mended: tuple[Problem, ...] = ()
    texts = {source.text}
    for _ in range(_MOST_ROUNDS):
        step = _step(source, left, find)
        if step is None or step.source.text in texts:
            break
        source, mended, left = step.source, (*mended, *step.mended), step.left
        texts.add(source.text)
    return Mended(source, mended, left)


def mends(problem: Problem, find: Find) -> bool:
    """Whether the replacement of a problem mends it."""
    own = problem.replacement
    return own is not None and _step(own.span.source, (problem,), find) is not None


def apply(text: str, changes: Sequence[Replacement]) -> str:
    """The text with changes that do not overlap, in the order of their places."""
    parts, at = [], 0
    for span, new in changes:
        parts += [text[at : span.start], new]
        at = span.end
    return "".join((*parts, text[at:]))


def _step(source: Source, problems: tuple[Problem, ...], find: Find) -> Mended | None:
    """The text with all replacements that can be made at once; None if there is none."""
    chosen = _apart(source, problems)
    while chosen:
        after = replace(source, text=apply(source.text, [change for _, change in chosen]))
        left = tuple(find(after))
        kept = [one for one in chosen if _is_gone(*one, _Shift([change for _, change in chosen]), problems, left)]
        if len(kept) == len(chosen):
            return Mended(after, tuple(problem for problem, _ in chosen), left)
        chosen = kept
    return None


def _apart(source: Source, problems: Sequence[Problem]) -> list[tuple[Problem, Replacement]]:
    """The problems that can be mended in this text, whose replacements do not overlap, in order."""
    found = [(problem, change) for problem in problems if (change := problem.replacement) is not None]
    here = [one for one in found if one[1].span.source is source]
    apart: list[tuple[Problem, Replacement]] = []
    for one in sorted(here, key=lambda one: (one[1].span.start, one[1].span.end)):
        if not apart or apart[-1][1].span.end < one[1].span.start:
            apart.append(one)
    return apart


class _Shift:
    """Where places of a text are after changes."""

    def __init__(self, changes: Sequence[Replacement]) -> None:
        self._changes = changes

    def __call__(self, at: int) -> int:
        return at + sum(
            len(new) - (span.end - span.start) for span, new in self._changes if span.end <= at and span.start < at
        )


def _is_gone(
    problem: Problem, change: Replacement, shift: _Shift, before: Sequence[Problem], after: Sequence[Problem]
) -> bool:
    """Whether a problem is gone, and the text can be read further than before."""
    start = shift(change.span.start)
    end = start + len(change.text)
    reached = _reached(problem, change, end, shift) if _is_of_form(problem) else None
    known = {(shift(at), other.headline) for other in before if (at := _place_of_form(other)) is not None}
    for other in after:
        if other.code == problem.code and other.span and start <= other.span.start < max(end, start + 1):
            return False
        place = _place_of_form(other)
        if place is None or (place, other.headline) in known:
            continue
        if reached is None or other.code == _UNCLOSED or start <= place < reached:
            return False
    return True


def _reached(problem: Problem, change: Replacement, end: int, shift: _Shift) -> int:
    """How far the text could be read before, as a place of the text after."""
    at = problem.span.end if problem.span else change.span.end
    return shift(at) if at > change.span.end else end - (change.span.end - at)


def _is_of_form(problem: Problem) -> bool:
    return problem.code.startswith("RES1") and problem.code != _UNREADABLE


def _place_of_form(problem: Problem) -> int | None:
    return problem.span.start if problem.span is not None and _is_of_form(problem) else None
