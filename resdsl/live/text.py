"""Texts of specs as lines of pieces, with the places of problems marked."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from resdsl.diagnostics.problem import Problem
from resdsl.source import Source, Span

T = TypeVar("T")

LONGEST_TEXT = 300_000
"""Characters; a browser would take long over a longer text, which no one reads there."""
_KINDS: Mapping[tuple[str, ...], str] = {
    ("Comment",): "comment",
    ("Keyword",): "keyword",
    ("Literal", "Number"): "number",
    ("Literal", "String"): "string",
    ("Name", "Attribute"): "attribute",
    ("Name", "Builtin"): "builtin",
    ("Name", "Class"): "name",
    ("Name", "Function"): "name",
}
"""The kinds of tokens of Pygments that look different from plain text."""
_RANKS = ("", "label", "warning", "error")


class Mark(NamedTuple):
    """A marked stretch of a text; of two at one place, the one with the higher rank is visible."""

    start: int
    end: int
    rank: int


def text_records(main: Source, problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """The text, and after it every other text that a problem has a place in.

    Each has a `name`, and `lines`: for each line its pieces, as lists of a text, its kind for highlighting, and its
    mark: `error`, `warning`, `label` or nothing. A text that is too long has no lines.
    """
    sources = {_key(main): main}
    marks: dict[object, list[Mark]] = {}
    for problem in problems:
        for span, rank in _places(problem):
            sources.setdefault(_key(span.source), span.source)
            marks.setdefault(_key(span.source), []).append(Mark(span.start, span.end, rank))
    return [{"name": source.name, "lines": _lines(source, marks.get(key, []))} for key, source in sources.items()]


def _key(source: Source) -> object:
    return source.path or (source.name, source.text)


def _places(problem: Problem) -> Iterator[tuple[Span, int]]:
    if problem.span is not None:
        yield problem.span, _RANKS.index(problem.severity)
    for label in problem.labels:
        yield label.span, _RANKS.index("label")


def _lines(source: Source, marks: Sequence[Mark]) -> list[list[list[str]]] | None:
    text = source.text
    if len(text) > LONGEST_TEXT:
        return None
    lines: list[list[list[str]]] = [[]]
    for piece, kind, mark in _pieces(text, kinds_of(text), marks):
        first, *others = piece.replace("\r\n", "\n").split("\n")
        lines[-1] += [[first, kind, mark]] if first or mark else []
        lines += [[[each, kind, mark]] if each else [] for each in others]
    return lines


def _pieces(text: str, kinds: Sequence[tuple[int, str]], marks: Sequence[Mark]) -> Iterator[tuple[str, str, str]]:
    """The text cut wherever its kind or its mark changes; a mark without length yields an empty piece."""
    steps = _steps(marks)
    empty = {mark.start: mark.rank for mark in marks if mark.start == mark.end}
    cuts = sorted({0, len(text), *empty, *(start for start, _ in kinds), *(start for start, _ in steps)})
    for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True):
        if start in empty:
            yield "", "", _RANKS[empty[start]]
        if end > start:
            yield text[start:end], _at(kinds, start, ""), _RANKS[_at(steps, start, 0)]


def _steps(marks: Sequence[Mark]) -> list[tuple[int, int]]:
    """Where the highest rank of the marks changes, and to what."""
    places = sorted({place for mark in marks for place in (mark.start, mark.end)})
    return [(at, max((mark.rank for mark in marks if mark.start <= at < mark.end), default=0)) for at in places]


def _at(steps: Sequence[tuple[int, T]], place: int, before: T) -> T:
    """The last step at or before a place."""
    index = bisect_right(steps, place, key=itemgetter(0))
    return steps[index - 1][1] if index else before


def kinds_of(text: str) -> list[tuple[int, str]]:
    """Where each word begins, and its kind: `comment`, `keyword`, ..., or nothing for plain text."""
    from resdsl.highlighting.lexer import ResdslLexer

    tokens: Iterator[tuple[int, tuple[str, ...], str]] = ResdslLexer().get_tokens_unprocessed(text)
    return [(start, _KINDS.get(kind[:2], _KINDS.get(kind[:1], ""))) for start, kind, _ in tokens]
