"""What lines are made of: words, brackets with what is in them, bodies in braces, and the rows of a body.

A piece is closed if it is written on one line, and open if its contents have lines of their own. How the author wrote
it decides first; what does not fit on a line is opened later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

REMARK = 3
"""Blanks before a comment, and before the shape that a statement states."""


class InnerComment(NamedTuple):
    """A comment between two words within brackets.

    Attributes:
        text: with the `#`.
        has_own_line: whether it stands alone on its line.
    """

    text: str
    has_own_line: bool


@dataclass(slots=True)
class WordPiece:
    """A word or sign.

    Attributes:
        text: as it is written.
        kind: the terminal of the grammar.
        is_tight: whether no blank stands before it.
        column: the column that begins with it, if it is to be below another.
        has_room: whether the author put more than one blank before it.
        place: how far from the beginning of the line the author wrote it.
        starts_line: whether the author began a line with it.
        comments: those before it.
        is_break: whether a line that is too long may be broken before it.
    """

    text: str
    kind: str
    is_tight: bool = False
    column: str = ""
    has_room: bool = False
    place: int = 0
    starts_line: bool = False
    comments: tuple[InnerComment, ...] = ()
    is_break: bool = False

    @property
    def spaced(self) -> str:
        """The word with the blanks that stand before it within a line."""
        if self.is_tight:
            return self.text
        return f"{'':{REMARK}}{self.text}" if self.kind == "ARROW" else f" {self.text}"


@dataclass(slots=True)
class BracketPiece:
    """`( ... )` or `[ ... ]`.

    Attributes:
        opening: the bracket.
        is_list: whether it holds items, parted by commas or semicolons.
        may_trail: whether a comma may stand behind the last item.
        inside: what it holds; without a comma behind the last item.
        closing: its counterpart.
        is_open: whether what it holds has lines of its own.
    """

    opening: WordPiece
    is_list: bool = False
    may_trail: bool = False
    inside: list[Piece] = field(default_factory=list)
    closing: WordPiece = field(default_factory=lambda: WordPiece(")", "RPAR", is_tight=True))
    is_open: bool = False


@dataclass(slots=True)
class BodyRow:
    """A line of a body as the author wrote it; an empty one without either.

    Attributes:
        statements: those on the line.
        comment: the one at its end.
    """

    statements: list[list[Piece]] = field(default_factory=list)
    comment: str = ""

    @property
    def pieces(self) -> list[Piece]:
        """What is on the line, with a semicolon between statements."""
        joined: list[Piece] = []
        for statement in self.statements:
            if joined:
                joined.append(WordPiece(";", "SEMI", is_tight=True))
            joined += statement
        return joined


@dataclass(slots=True)
class BodyPiece:
    """`{ ... }`.

    Attributes:
        rows: its lines.
        comment: the one behind the opening brace.
        is_open: whether the rows have lines of their own.
    """

    rows: list[BodyRow]
    comment: str = ""
    is_open: bool = False


Piece: TypeAlias = WordPiece | BracketPiece | BodyPiece


def words_of(pieces: Sequence[Piece]) -> Iterator[WordPiece]:
    """All words, in the order of the text."""
    for piece in pieces:
        if isinstance(piece, WordPiece):
            yield piece
        elif isinstance(piece, BracketPiece):
            yield piece.opening
            yield from words_of(piece.inside)
            yield piece.closing
        else:
            yield WordPiece("{", "LBRACE")
            for row in piece.rows:
                yield from words_of(row.pieces)
            yield WordPiece("}", "RBRACE")


def is_open(pieces: Sequence[Piece]) -> bool:
    """Whether anything among the pieces has lines of its own."""
    return any(
        (isinstance(piece, BodyPiece) and piece.is_open)
        or (isinstance(piece, BracketPiece) and (piece.is_open or is_open(piece.inside)))
        for piece in pieces
    )


def width_of(pieces: Sequence[Piece]) -> int:
    """How many characters the pieces take on one line, with a blank before them unless the first is tight."""
    return sum(len(word.spaced) for word in words_of(pieces))
