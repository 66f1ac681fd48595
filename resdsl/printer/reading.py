"""From the phrases of a text to rows of pieces."""

from __future__ import annotations

from resdsl.printer.pieces import BodyPiece, BodyRow, BracketPiece, Piece, WordPiece, is_open
from resdsl.printer.words import Cursor
from resdsl.syntax import tree
from resdsl.syntax.lalr import Phrase
from resdsl.syntax.token import Token

_OPENING = frozenset({"CALL", "INDEX", "LPAR", "LSQB"})
_CLOSING = frozenset({"RPAR", "RSQB"})
_LISTS = frozenset({"params", "arguments", "items", "bracket", "target"})
_TRAILING = frozenset({"params", "arguments", "items"})
"""Rules that allow a comma behind the last item."""
_EMPTY = frozenset({("apply", "arguments"), ("unit", "arguments"), ("variant", "arguments")})
"""Where empty brackets mean nothing, as they do behind the name of a definition."""


def rows_of(file: tree.File, phrase: Phrase) -> list[BodyRow]:
    """The rows of a text.

    Args:
        file: its syntax tree.
        phrase: what the grammar found in it, tokens and all.
    """
    return _Reader(Cursor(file.source.text, file.comments)).rows(phrase.parts, len(file.source.text))


class _Reader:
    """Reads the bodies of a text, from its first to its last."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def rows(self, parts: list[Phrase | Token], end: int) -> list[BodyRow]:
        """The lines between two braces, or of a file, which end where the closing brace begins."""
        rows = [BodyRow()]
        for part in parts:
            if isinstance(part, Phrase):
                column = "statement" if rows[-1].statements else ""
                rows[-1].statements.append(_Statement(self, self._cursor).read(part, column))
                continue
            if part.type == "NEWLINE":
                rows[-1].comment = self._cursor.comment_before(part.start)
                rows.append(BodyRow())
            self._cursor.end = part.end
        rows[-1].comment = self._cursor.comment_before(end)
        return rows

    def body(self, parts: list[Phrase | Token]) -> BodyPiece:
        """A body with its braces."""
        opening, closing = parts[0], parts[-1]
        assert isinstance(opening, Token)
        assert isinstance(closing, Token)
        self._cursor.end = opening.end
        rows = self.rows(parts[1:-1], closing.start)
        self._cursor.end = closing.end
        self._cursor.begin_statement()
        # A comment that no statement stands before is behind the brace.
        comment = rows.pop(0).comment if not rows[0].statements and rows[0].comment else ""
        is_spread = len(rows) > 1 or any(is_open(row.pieces) for row in rows)
        has_rows = any(row.statements or row.comment for row in rows)
        return BodyPiece(rows if has_rows else [], comment, bool(comment) or (has_rows and is_spread))


class _Statement:
    """Reads one statement or definition."""

    def __init__(self, reader: _Reader, cursor: Cursor) -> None:
        self._reader = reader
        self._cursor = cursor
        self._rules: tuple[str, ...] = ()
        self._pieces: list[Piece] = []
        self._around: list[tuple[BracketPiece, list[Piece]]] = []

    def read(self, phrase: Phrase, column: str) -> list[Piece]:
        """Its pieces, of which the first begins the column; if one of its bodies is open, so are all but empty ones."""
        self._cursor.begin_statement(column)
        self._walk(phrase)
        bodies = [piece for piece in self._pieces if isinstance(piece, BodyPiece)]
        if any(body.is_open for body in bodies):
            for body in bodies:
                body.is_open = bool(body.rows or body.comment)
        return self._pieces

    def _walk(self, phrase: Phrase) -> None:
        around = self._rules
        self._rules = (*around, phrase.rule)
        for position, part in enumerate(phrase.parts):
            if isinstance(part, Phrase) and part.rule != "body":
                self._walk(part)
            elif isinstance(part, Phrase):
                self._pieces.append(self._reader.body(part.parts))
            elif part.type == "LBRACE":
                self._pieces.append(self._reader.body(phrase.parts[position:]))
                break
            else:
                self._put(self._cursor.word(part, self._rules))
        self._rules = around

    def _put(self, word: WordPiece) -> None:
        if word.comments:
            self._around[-1][0].is_open = True
        if word.kind in _CLOSING:
            self._close(word)
        elif word.kind in _OPENING:
            rule = self._rules[-1]
            bracket = BracketPiece(word, rule in _LISTS, rule in _TRAILING)
            self._pieces.append(bracket)
            self._around.append((bracket, self._pieces))
            self._pieces = bracket.inside
        else:
            self._pieces.append(word)

    def _close(self, word: WordPiece) -> None:
        bracket, self._pieces = self._around.pop()
        inside = bracket.inside
        if bracket.may_trail and inside and isinstance(last := inside[-1], WordPiece) and last.kind == "COMMA":
            inside.pop()
            word.comments = last.comments + word.comments
        bracket.closing = word
        bracket.is_open |= bracket.is_list and bool(inside) and _is_spread(bracket)
        if not inside and not bracket.is_open and self._is_empty():
            self._pieces.pop()

    def _is_empty(self) -> bool:
        return self._rules[-1] == "params" or self._rules[-2:] in _EMPTY


def _is_spread(bracket: BracketPiece) -> bool:
    """Whether the author began a line with an item or with the bracket's end."""
    begins = True
    for piece in (*bracket.inside, bracket.closing):
        word = piece.opening if isinstance(piece, BracketPiece) else piece
        if isinstance(word, WordPiece) and word.starts_line and (begins or word is bracket.closing):
            return True
        begins = isinstance(piece, WordPiece) and piece.kind in ("COMMA", "SEMI")
    return False
