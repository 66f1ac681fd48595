"""From rows to lines: what fits on one is written on one, and columns are aligned; the rest is broken at brackets."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from resdsl.printer.columns import AlignedLine, aligned
from resdsl.printer.pieces import (
    REMARK,
    BodyPiece,
    BodyRow,
    BracketPiece,
    Piece,
    WordPiece,
    is_open,
    width_of,
    words_of,
)

WIDTH = 120
"""The most characters of a line; only what has no bracket to be broken at, a string or a comment are longer."""
_INDENT = 2


def lines_of(rows: Sequence[BodyRow], indent: int = 0) -> list[str]:
    """The lines of a body, or of a file.

    Args:
        rows: what is written on them.
        indent: how many blanks stand before each.
    """
    lines: list[str] = []
    run: list[AlignedLine] = []
    for row in _fitting(rows, indent):
        pieces = row.pieces
        if pieces and not is_open(pieces) and _fits(pieces, indent):
            run.append(AlignedLine(pieces, row.comment))
            continue
        lines += aligned(run, indent, WIDTH)
        run = []
        if pieces:
            lines += _Broken(indent).lines(row)
        elif row.comment:
            lines.append(" " * indent + row.comment)
        elif lines and lines[-1]:
            lines.append("")
    lines += aligned(run, indent, WIDTH)
    return lines if not lines or lines[-1] else lines[:-1]


def _fitting(rows: Sequence[BodyRow], indent: int) -> Iterator[BodyRow]:
    """The rows, where those that are too long have a line for each statement."""
    for row in rows:
        if len(row.statements) < 2 or is_open(row.pieces) or _fits(row.pieces, indent):
            yield row
            continue
        for statement in row.statements[:-1]:
            yield BodyRow([statement])
        yield BodyRow(row.statements[-1:], row.comment)


def _fits(pieces: Sequence[Piece], indent: int) -> bool:
    return indent - 1 + width_of(pieces) <= WIDTH


class _Broken:
    """A row that takes several lines.

    Args:
        indent: how many blanks stand before its first and its last line.
    """

    def __init__(self, indent: int) -> None:
        self._indent = indent
        self._lines: list[str] = []
        self._line = " " * indent

    def lines(self, row: BodyRow) -> list[str]:
        """Its lines."""
        self._write(row.pieces, self._indent)
        self._remark(row.comment)
        return [*self._lines, self._line]

    def _write(self, pieces: Sequence[Piece], indent: int, reserved: int = 0) -> None:
        """Write pieces, opening as many of them as must be.

        Args:
            pieces: what is written.
            indent: of the line that they begin on, and of those behind brackets that were opened.
            reserved: how many characters follow them.
        """
        if not self._opened(pieces, indent, WIDTH - reserved) and indent > self._indent:
            self._wrap(pieces, indent)
            return
        for piece in pieces:
            self._put(piece, indent)

    def _put(self, piece: Piece, indent: int) -> None:
        if isinstance(piece, WordPiece):
            self._word(piece, indent)
        elif isinstance(piece, BracketPiece):
            self._word(piece.opening, indent)
            if piece.is_open:
                self._spread(piece, indent + _INDENT)
            else:
                self._write(piece.inside, indent)
            self._word(piece.closing, indent)
        else:
            self._body(piece, indent)

    def _word(self, word: WordPiece, indent: int) -> None:
        self._comments(word, indent)
        self._line += word.text if self._is_blank() else word.spaced

    def _comments(self, word: WordPiece, indent: int) -> None:
        """Write the comments before a word, if they were not written yet."""
        for comment in word.comments:
            if comment.has_own_line:
                self._break(indent)
            self._remark(comment.text)
            self._break(indent)
        word.comments = ()

    def _body(self, body: BodyPiece, indent: int) -> None:
        self._line += " {" if body.rows or body.comment else " { }"
        if not body.rows and not body.comment:
            return
        if not body.is_open:
            for row in body.rows:
                self._write(row.pieces, indent)
            self._line += " }"
            return
        self._remark(body.comment)
        self._lines += [self._line, *lines_of(body.rows, indent + _INDENT)]
        self._line = " " * indent + "}"

    def _remark(self, comment: str) -> None:
        if comment:
            self._line += comment if self._is_blank() else " " * REMARK + comment

    def _break(self, indent: int) -> None:
        if not self._is_blank():
            self._lines.append(self._line)
        self._line = " " * indent

    def _is_blank(self) -> bool:
        return not self._line.strip(" ")

    # ------------------------------------------------------------------------------- within brackets

    def _spread(self, bracket: BracketPiece, indent: int) -> None:
        """Write what is in a bracket on lines of its own, filling them where the author broke none."""
        self._break(indent)
        before = len(self._lines)
        items = [*_items(bracket.inside, bracket.is_list)]
        is_broken = False
        for number, item in enumerate(items):
            self._comments(_first(item), indent)
            comma = number == len(items) - 1 and bracket.may_trail
            begins = bracket.is_list and _first(item).starts_line
            is_long = len(self._line) + width_of(item) + comma > WIDTH
            if begins or is_broken or is_open(item) or is_long:
                self._break(indent)
            lines = len(self._lines)
            self._write(item, indent, reserved=comma)
            is_broken = len(self._lines) > lines
        if len(self._lines) > before and bracket.may_trail and items:
            self._line += ","
        self._comments(bracket.closing, indent)
        self._break(indent - _INDENT)

    def _wrap(self, pieces: Sequence[Piece], indent: int) -> None:
        """Write an item that is longer than a line, broken before operators."""
        for number, chunk in enumerate(_chunks(pieces)):
            self._comments(_first(chunk), indent + _INDENT)
            if number and len(self._line) + width_of(chunk) > WIDTH:
                self._break(indent + _INDENT)
            for piece in chunk:
                self._put(piece, indent)

    def _opened(self, pieces: Sequence[Piece], indent: int, width: int) -> bool:
        """Open bodies and brackets until all lines fit; False if that is not enough.

        Twice as many brackets are opened each time, so that thousands of them take no longer than they must; of the
        last ones, those are closed again that need not be open. So a text that is broken already opens no others.
        """
        count = 1
        closed: Sequence[BodyPiece | BracketPiece] = ()
        while max(self._widths(pieces, indent)) > width:
            bodies = [body for body in pieces if isinstance(body, BodyPiece) and body.rows and not body.is_open]
            closed = bodies or _longest(pieces)[:count]
            if not closed:
                return False
            _open_first(closed, len(closed))
            count *= 2
        if closed and isinstance(closed[0], BracketPiece):

            def suffices(number: int) -> bool:
                _open_first(closed, number)
                return max(self._widths(pieces, indent)) <= width

            _open_first(closed, bisect_left(range(len(closed)), True, key=suffices))
        return True

    def _widths(self, pieces: Sequence[Piece], indent: int) -> list[int]:
        """The widths of the lines that pieces take, from where the line stands, without those within what is open."""
        widths = [len(self._line) - self._is_blank()]
        for piece in pieces:
            if not is_open([piece]):
                widths[-1] += width_of([piece])
            elif isinstance(piece, BodyPiece):
                widths[-1] += len(" {")
                widths.append(indent + len("}"))
            elif isinstance(piece, BracketPiece) and piece.is_open:
                widths[-1] += width_of([piece.opening])
                widths.append(indent + len(piece.closing.text))
            elif isinstance(piece, BracketPiece):
                widths[-1] += width_of([piece.opening])
                inside = _Broken(indent)._widths(piece.inside, indent)
                widths[-1] += inside[0] - indent + 1
                widths += inside[1:]
                widths[-1] += 1
        return widths


def _open_first(pieces: Sequence[BodyPiece | BracketPiece], number: int) -> None:
    """Open the first pieces, and close the others."""
    for position, piece in enumerate(pieces):
        piece.is_open = position < number


def _longest(pieces: Sequence[Piece]) -> list[BracketPiece]:
    """The brackets that may be opened, in the order in which they are: lists before others, the longest first."""
    closed = [each for each in pieces if isinstance(each, BracketPiece) and each.inside and not each.is_open]
    may_open = [each for each in closed if each.opening.kind != "INDEX"]
    return sorted(may_open, key=lambda each: (each.is_list, width_of(each.inside)), reverse=True)


def _first(pieces: Sequence[Piece]) -> WordPiece:
    return next(words_of(pieces))


def _items(inside: Sequence[Piece], is_list: bool) -> Iterator[list[Piece]]:
    """The items of a list, each with the sign that parts it from the next; else what may stand on lines of its own."""
    if not is_list:
        yield from _chunks(inside)
        return
    item: list[Piece] = []
    for piece in inside:
        item.append(piece)
        if isinstance(piece, WordPiece) and piece.kind in ("COMMA", "SEMI"):
            yield item
            item = []
    if item:
        yield item


def _chunks(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """The parts of an expression, before whose first words a line may be broken."""
    chunk: list[Piece] = []
    for piece in pieces:
        if chunk and isinstance(piece, WordPiece) and piece.is_break:
            yield chunk
            chunk = []
        chunk.append(piece)
    if chunk:
        yield chunk
