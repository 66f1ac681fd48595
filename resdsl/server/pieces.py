"""A long definition statement by statement, each read once for as long as it stays as it is.

What reads a text knows of items alone: the tree is put together of the trees of its statements, each of which is a
source of its own, as definitions are in a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from resdsl.diagnostics.spec_error import SpecError
from resdsl.source import Source, Span
from resdsl.syntax import tree
from resdsl.syntax.parser import parse

LONG = 4_000
"""Characters from which on a definition is read statement by statement."""

_MARKS = re.compile(r'"(?:[^"\\\n]|\\.)*"|#[^\n]*|(?P<opens>[(\[{])|(?P<closes>[)\]}])|(?P<ends>\n)')
_REST = re.compile(r"(?:\s|#[^\n]*)*\Z")
_BEGIN = "block _ {\n"
_NUMBERS = count()


@dataclass(eq=False)
class Piece:
    """The statements of some lines.

    Attributes:
        text: the lines.
        source: the same within a definition, as the parser takes them.
        statements: what they mean.
    """

    text: str
    source: Source
    statements: tuple[tree.Statement, ...]


class Composed(NamedTuple):
    """A definition that was read in pieces.

    Attributes:
        definition: its tree.
        sources: those of its parts, each with what is to be added to its offsets.
        pieces: its statements.
    """

    definition: tree.Item
    sources: tuple[tuple[Source, int], ...]
    pieces: tuple[Piece, ...]


def composed(source: Source, known: Iterable[Piece]) -> Composed | None:
    """A definition read statement by statement; None if it must be read as a whole, to know what is wrong with it.

    Args:
        source: its text.
        known: pieces that may be used again, each once.
    """
    cut = _cut(source.text)
    if cut is None:
        return None
    opened, closed = cut[0], cut[-1]
    left: dict[str, list[Piece]] = {}
    for piece in known:
        left.setdefault(piece.text, []).append(piece)
    heading = Source(source.name, source.text[: opened + 1] + "}", source.folder)
    found: list[tuple[Piece, int]] = []
    try:
        (item,) = parse(heading).items
        for start, end in zip((opened + 1, *cut[1:-1]), cut[1:], strict=True):
            text = source.text[start:end]
            if text.strip():
                same = left.get(text)
                found.append((same.pop() if same else _piece(text, source), start - len(_BEGIN)))
    except (SpecError, ValueError):
        return None
    if not isinstance(item, tree.Definition | tree.Variant):
        return None
    statements = tuple(statement for piece, _ in found for statement in piece.statements)
    body = tree.StatementList(Span(source, opened, closed + 1), statements)
    definition = item.replace(span=Span(source, item.span.start, closed + 1), body=body)
    pieces = tuple(piece for piece, _ in found)
    return Composed(definition, ((heading, 0), *((piece.source, base) for piece, base in found)), pieces)


def _piece(text: str, whole: Source) -> Piece:
    # With a number, since two equal lines with the same problem have that problem twice.
    source = Source(whole.name, f"{_BEGIN}{text}\n# {next(_NUMBERS)}\n}}", whole.folder)
    (item,) = parse(source).items
    assert isinstance(item, tree.Definition)
    return Piece(text, source, item.body.statements)


def _cut(text: str) -> list[int] | None:
    """Where the body opens, where lines end that end a statement, and where the body closes; None if it does not, or if
    anything but comments follows.
    """
    depth, found = 0, list[int]()
    for mark in _MARKS.finditer(text):
        if mark["opens"]:
            if mark[0] == "{" and not depth:
                found.append(mark.start())
            depth += 1
        elif mark["closes"]:
            depth -= 1
            if depth == 0 and found:
                return [*found, mark.start()] if mark[0] == "}" and _REST.match(text, mark.end()) else None
        elif mark["ends"] and depth == 1 and found:
            found.append(mark.end())
    return None
