"""A table as plain text for terminals, in columns as wide as their contents.

A terminal breaks long lines anywhere. Here names wrap at spaces within their column, and if that is not enough, the
remaining columns move to a further table below, with the first column repeated. A line is longer than the screen only
if the first column and a single one beside it do not fit.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from unicodedata import combining, east_asian_width

from resdsl.printable import one_line
from resdsl.report.figures import cell_text
from resdsl.report.table import Brackets, Cell, Column, Table, TableLine

_GAP = 2
_INDENT = 2
_WIDEST = 44
"""The maximum width of a column of text; longer text wraps."""
_NARROWEST = 14
"""The minimum width of a column of text, before columns move to a table below."""
_NARROW = 9
"""The same where it makes one table of what would be two."""
_FEW_LINES = 2
"""The maximum number of lines of a cell in such a table."""
_MOST_LINES = 4
"""The maximum number of lines of a cell; the rest is replaced by dots."""
_BESIDE = 16
"""The width that a column of unbreakable text leaves for another column."""
_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"

Block = tuple[str, ...]
"""A cell as lines of text."""


def write(table: Table, *, width: int = 80, colour: bool = False) -> str:
    """The table with its title above and its notes below.

    Args:
        table: the table.
        width: the maximum width of a line in characters; at least 40.
        colour: whether to use ANSI escapes for bold titles and totals and dim notes.
    """
    page = _Page(table, max(width, 40), colour=colour)
    return "\n".join(page.lines()) + "\n"


def display_width(text: str) -> int:
    """The width of a text on a terminal, in character cells."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


class _Page:
    """Sets one table as text."""

    def __init__(self, table: Table, width: int, *, colour: bool) -> None:
        self._table = table
        self._width = width
        self._narrowest = _NARROWEST
        self._colour = colour
        self._heads = [one_line(column.title) for column in table.columns]
        self._natural = [self._natural_width(index) for index in range(len(table.columns))]

    def lines(self) -> list[str]:
        title = _filled(_shortened(one_line(self._table.title), 3 * self._width), self._width)
        out = [self._styled(line, _BOLD) for line in title]
        for columns in self._parts():
            out += ["", *self._part(columns)]
        if self._table.notes:
            out.append("")
        for note in self._table.notes:
            wrapped = _filled(one_line(note), self._width)
            out += [self._styled(line, _DIM) for line in wrapped]
        return out

    def _parts(self) -> list[dict[int, int]]:
        """The columns of each of the stacked tables, with their widths."""
        parts: list[dict[int, int]] = []
        waiting = [index for index in range(1, len(self._natural)) if self._says_something(index)]
        if self._least([0, *waiting]) > self._width:
            # Words that wrap within a narrow column are better than a second table, but words cut short are not.
            self._narrowest = _NARROW
            fitted = self._fitted([0, *waiting])
            if self._is_readable(fitted):
                return [fitted]
            self._narrowest = _NARROWEST
        while waiting or not parts:
            taken = [0]
            while waiting and self._least([*taken, waiting[0]]) <= self._width:
                taken.append(waiting.pop(0))
            if len(taken) == 1 and waiting:
                taken.append(waiting.pop(0))
            parts.append(self._fitted(taken))
        return parts

    def _is_readable(self, widths: dict[int, int]) -> bool:
        """Whether the table fits into these widths without words cut short or cells of many lines."""
        if sum(widths.values()) + _GAP * (len(widths) - 1) > self._width:
            return False
        if any(width < self._longest_word(index) for index, width in widths.items()):
            return False
        lines = [line for line in self._table.lines if line.kind not in {"heading", "total"}]
        return all(
            len(self._cell(line, index, width)) <= _FEW_LINES for line in lines for index, width in widths.items()
        )

    def _says_something(self, index: int) -> bool:
        """Whether a column has any non-empty cell; that of a stage's blocks has none without stages."""
        return any(line.cells[index] not in (None, "") for line in self._table.lines if line.kind != "heading")

    def _least(self, columns: list[int]) -> int:
        return sum(self._floor(column) for column in columns) + _GAP * (len(columns) - 1)

    def _fitted(self, columns: list[int]) -> dict[int, int]:
        """Widths that fit: the widest column of text shrinks first, and words are broken only as a last resort."""
        widths = {column: self._natural[column] for column in columns}
        whole = {column: max(self._floor(column), self._longest_word(column)) for column in columns}
        excess = sum(widths.values()) + _GAP * (len(columns) - 1) - self._width
        for _ in range(excess):
            widest = max(columns, key=lambda c: (widths[c] > whole[c], widths[c] > self._floor(c), widths[c]))
            if widths[widest] == self._floor(widest):
                break
            widths[widest] -= 1
        return widths

    def _floor(self, index: int) -> int:
        """The minimum width of a column."""
        natural = self._natural[index]
        if self._table.columns[index].whole:
            return min(natural, self._width - _BESIDE)
        if not self._has_words(index):
            return natural
        return min(natural, max(self._narrowest, display_width(self._heads[index])))

    def _longest_word(self, index: int) -> int:
        """The width below which words would be broken."""
        if self._table.columns[index].whole or not self._has_words(index):
            return self._natural[index]
        lines = [line for line in self._table.lines if line.kind != "heading"]
        words = [
            display_width(word) + (_INDENT * line.level if index == 0 else 0)
            for line in lines
            for text in _split(one_line(cell_text(line.cells[index], self._table.columns[index].measure)))
            for word in self._unbroken(text)
        ]
        return min(max(words, default=0), self._natural[index])

    def _unbroken(self, word: str) -> list[str]:
        """What is not broken of a word: where columns are narrow, a path may be after its dots."""
        if self._narrowest == _NARROWEST:
            return [word]
        return [piece + " " * _INDENT for piece in re.split(r"(?<=[.,(])", word)]

    def _has_brackets(self, index: int) -> bool:
        return any(isinstance(line.cells[index], Brackets) for line in self._table.lines)

    def _has_words(self, index: int) -> bool:
        """Whether the cells of a column can be wrapped: text can, brackets cannot."""
        if self._has_brackets(index):
            return False
        words = any(isinstance(line.cells[index], str) for line in self._table.lines if line.kind != "heading")
        return words or self._table.columns[index].measure == "text"

    def _natural_width(self, index: int) -> int:
        column = self._table.columns[index]
        found = [display_width(self._heads[index])]
        for line in self._table.lines:
            if line.kind != "heading":
                widths = [display_width(text) for text in _block(line.cells[index], column)]
                found.append(max(widths, default=0) + (_INDENT * line.level if index == 0 else 0))
        widest = max(found)
        return min(widest, _WIDEST) if self._has_words(index) and not column.whole else widest

    def _part(self, columns: dict[int, int]) -> list[str]:
        rule = "-" * (sum(columns.values()) + _GAP * (len(columns) - 1))
        heads: list[Block] = [(self._heads[index],) for index in columns]
        out = [*(self._styled(text, _BOLD) for text in self._set(columns, heads, 0)), rule]
        for line in self._table.lines:
            if line.kind == "heading":
                text = _shortened(one_line(cell_text(line.cells[0], "text")), len(rule) - _INDENT * line.level)
                out.append(self._styled(" " * _INDENT * line.level + text, _BOLD))
                continue
            if line.kind == "total" and out[-1] != rule:
                out.append(rule)
            out += [self._styled(text, _BOLD if line.kind == "total" else "") for text in self._line(columns, line)]
        return out

    def _line(self, columns: dict[int, int], line: TableLine) -> list[str]:
        blocks = [self._cell(line, index, width) for index, width in columns.items()]
        if not any(text.strip() for block in blocks for text in block):
            return []
        return self._set(columns, blocks, len(max(blocks, key=len)))

    def _cell(self, line: TableLine, index: int, width: int) -> Block:
        """The lines of a cell in a column of this width."""
        column = self._table.columns[index]
        indent = _INDENT * line.level if index == 0 else 0
        block = _block(line.cells[index], column)
        return _parted(block[0], width, indent) if column.whole else _wrapped(block, width, indent)

    def _set(self, columns: dict[int, int], blocks: list[Block], height: int) -> list[str]:
        """Cells side by side."""
        out = []
        for row in range(max(height, 1)):
            cells = []
            for (index, width), block in zip(columns.items(), blocks, strict=True):
                text = block[row] if row < len(block) else ""
                blank = " " * max(width - display_width(text), 0)
                cells.append(text + blank if self._table.columns[index].measure == "text" else blank + text)
            out.append((" " * _GAP).join(cells).rstrip())
        return out

    def _styled(self, text: str, style: str) -> str:
        return f"{style}{text}{_PLAIN}" if self._colour and style and text else text


def _filled(text: str, width: int) -> list[str]:
    """Lines of words; of double-width characters, a line holds half as many."""
    room = width if display_width(text) <= len(text) else width // 2
    return textwrap.wrap(text, room, break_on_hyphens=False)


def _block(cell: Cell, column: Column) -> Block:
    """The lines of a cell before wrapping."""
    if not isinstance(cell, Brackets):
        return (one_line(cell_text(cell, column.measure)),)
    rows = [one_line(row) for row in cell.rows]
    width = max((display_width(row) for row in rows), default=0)
    lines = [f"[{row}{' ' * (width - display_width(row))}]" for row in rows] or ["[]"]
    middle = len(lines) // 2
    return tuple(f"{line} x {cell.times}" if at == middle and cell.times > 1 else line for at, line in enumerate(lines))


def _wrapped(block: Block, width: int, indent: int) -> Block:
    """The lines of a cell, indented and wrapped at spaces where they are too wide."""
    if all(display_width(line) + indent <= width for line in block):
        return tuple(" " * indent + line for line in block)
    indent = min(indent, width // 2)
    hang = " " * min(indent + _INDENT, width // 2)
    (text,) = block
    lines = [" " * indent]
    for gap, word in _words(text, width - len(hang)):
        joined = f"{lines[-1]}{gap}{word}" if lines[-1].strip() else lines[-1] + word
        if display_width(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(hang + word)
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], _left_off(lines[_MOST_LINES - 1], width)]
    return tuple(lines)


def _left_off(line: str, width: int) -> str:
    """A line that is not the last, with dots for all that would follow."""
    while display_width(line) > width - 3:
        line = line[:-1]
    return f"{line}..."


def _parted(text: str, width: int, indent: int) -> Block:
    """A text in full, on as many lines as it takes, broken after hyphens or, failing that, anywhere."""
    lines = [" " * min(indent, width // 2)]
    hang = " " * min(indent + _INDENT, width // 2)
    for piece in re.split(r"(?<=-)", text) if display_width(text) + indent > width else [text]:
        if display_width(lines[-1] + piece) > width and lines[-1].strip():
            lines.append(hang)
        for char in piece:
            if display_width(lines[-1] + char) > width:
                lines.append(hang)
            lines[-1] += char
    return tuple(lines)


def _split(text: str) -> list[str]:
    """Words; `x 3` is one."""
    return re.split(r"(?<! x) ", text)


def _words(text: str, width: int) -> Iterator[tuple[str, str]]:
    """Words that fit, each with the space before it; long ones are split."""
    for word in _split(text):
        pieces = re.split(r"(?<=[.,(])", word) if display_width(word) > width else [word]
        for index, piece in enumerate(pieces):
            yield "" if index else " ", _shortened(piece, width)


def _shortened(text: str, width: int) -> str:
    """The text, with dots in place of its middle if it is too wide."""
    if display_width(text) <= width:
        return text
    kept = max(width - 3, 2)
    before, after = kept - kept // 2, kept // 2
    start, end = text[:before], text[-after:]
    while display_width(start) > before:
        start = start[:-1]
    while display_width(end) > after:
        end = end[1:]
    return f"{start}...{end}"
