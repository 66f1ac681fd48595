"""Changes to a text: those that put it into canonical form, and those that mend a problem."""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import accumulate
from typing import NamedTuple

from resdsl.diagnostics.problem import Problem
from resdsl.diagnostics.spec_error import SpecError
from resdsl.printer.formatting import format_text
from resdsl.server.items import TextLayout


class TextEdit(NamedTuple):
    """A stretch of a text, and what is to stand there instead."""

    start: int
    end: int
    text: str


def formatting(text: str, start: int = 0, end: int | None = None) -> list[TextEdit]:
    """The changes that put a text into canonical form, line by line; none if it cannot be read.

    Args:
        text: the whole text.
        start: where the stretch begins whose lines are changed.
        end: where it ends; by default all of the text is changed.
    """
    try:
        after = format_text(text)
    except SpecError:
        return []
    old, new = text.splitlines(keepends=True), after.splitlines(keepends=True)
    at = [0, *accumulate(map(len, old))]
    last = len(text) if end is None else end
    edits = []
    for kind, first, behind, from_, to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal" and at[behind] >= start and at[first] <= last:
            edits.append(TextEdit(at[first], at[behind], "".join(new[from_:to])))
    return edits


class QuickFix(NamedTuple):
    """A change that mends a problem.

    Attributes:
        title: what it does, in a few words.
        problem: what it mends.
        edit: the change.
    """

    title: str
    problem: Problem
    edit: TextEdit


def quick_fixes(layout: TextLayout, problems: tuple[Problem, ...], start: int, end: int) -> list[QuickFix]:
    """The changes that mend problems in a stretch of a text, where it is certain what was meant."""
    found = []
    for problem in problems:
        place = layout.place(problem.span) if problem.span is not None else None
        if problem.replacement is None or place is None or place[0] > end or place[1] < start:
            continue
        where = layout.place(problem.replacement.span)
        if where is not None:
            edit = TextEdit(*where, problem.replacement.text)
            found.append(QuickFix(_title(layout.whole.text[slice(*where)], edit.text), problem, edit))
    return found


def _title(before: str, after: str) -> str:
    """What a change does, in a few words."""
    before, after = (" ".join(text.split()) for text in (before, after))
    if not after:
        return f"Remove `{before}`"
    return f"Replace `{before}` by `{after}`" if before else f"Insert `{after}`"
