"""Aligns what stands on neighbouring lines in columns.

The parts of stages, expectations, variants and sweeps are always aligned, and so are the comments of neighbouring
lines. Other columns are aligned where the author did so: where words of neighbouring lines are written below each
other, and more than one blank stands before one of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from resdsl.printer.pieces import REMARK, BodyPiece, Piece, words_of

_COMMENT = "comment"
_FARTHEST = dict.fromkeys(("title", "unit", "repeat", "relation", "when", "equal", "value"), 12) | {
    "arrow": 30,
    _COMMENT: 30,
}
"""Columns that are always aligned, and how many blanks they may add: lines that differ by more are not aligned."""
_NEAR = 3
"""How many lines two of a column may be apart; comments only one."""


class _Cell(NamedTuple):
    """A part of a line.

    Attributes:
        kind: of the column that it may begin.
        text: with the blanks before it.
        has_room: whether the author put more than one blank before it.
        place: how far from the beginning of the line the author wrote it.
    """

    kind: str
    text: str
    has_room: bool = False
    place: int = 0


class _Place(NamedTuple):
    """A cell, by the number of its line and its own on that line."""

    line: int
    cell: int


_Column = list[_Place]


class AlignedLine:
    """A line whose columns are aligned with those of others.

    Args:
        pieces: what stands on it, all of it closed.
        comment: behind it, if there is one.

    Attributes:
        cells: the line in parts.
        width: how many characters it has, without the comment.
    """

    def __init__(self, pieces: Sequence[Piece], comment: str) -> None:
        self.cells = [*_cells(pieces)]
        self.width = sum(len(cell.text) for cell in self.cells)
        if comment:
            self.cells.append(_Cell(_COMMENT, " " * REMARK + comment))
        self._blanks = [0] * len(self.cells)

    @property
    def text(self) -> str:
        """The line as it is written."""
        return "".join(" " * blanks + cell.text for blanks, cell in zip(self._blanks, self.cells, strict=True))

    def position(self, number: int) -> int:
        """Where a cell begins, with the blanks that belong to it."""
        return sum(self._blanks[:number]) + sum(len(cell.text) for cell in self.cells[:number])

    def move(self, number: int, blanks: int) -> None:
        """Put a cell so many blanks further to the right."""
        self._blanks[number] = blanks
        self.width += blanks if self.cells[number].kind != _COMMENT else 0


def aligned(run: Sequence[AlignedLine], indent: int, width: int) -> list[str]:
    """Neighbouring lines as they are written.

    Args:
        run: the lines.
        indent: how many blanks stand before each.
        width: the most characters of a line; columns that would need more are not aligned.
    """
    for column in _in_order(run, [*_always(run), *_by_hand(run)]):
        for cluster in _clusters(run, column):
            positions = [run[place.line].position(place.cell) for place in cluster]
            moves = [max(positions) - position for position in positions]
            kind = run[cluster[0].line].cells[cluster[0].cell].kind
            widths = [run[place.line].width + blanks for place, blanks in zip(cluster, moves, strict=True)]
            if kind == _COMMENT or indent + max(widths) <= width:
                for place, blanks in zip(cluster, moves, strict=True):
                    run[place.line].move(place.cell, blanks)
    return [" " * indent + line.text for line in run]


def _always(run: Sequence[AlignedLine]) -> Iterator[_Column]:
    """Columns that are aligned in any case: cells that are the first, the second, ... of their kind on their lines."""
    found: dict[tuple[str, int], _Column] = {}
    for number, line in enumerate(run):
        counts: Counter[str] = Counter()
        for position, cell in enumerate(line.cells):
            if cell.kind in _FARTHEST:
                found.setdefault((cell.kind, counts[cell.kind]), []).append(_Place(number, position))
                counts[cell.kind] += 1
    return (column for column in found.values() if len(column) > 1)


def _by_hand(run: Sequence[AlignedLine]) -> Iterator[_Column]:
    """Columns that the author aligned: cells of a kind that are written below each other, one of them with more than
    one blank before it.
    """
    kinds = {cell.kind for line in run for cell in line.cells[1:] if cell.has_room} - _FARTHEST.keys()
    for kind in sorted(kinds):
        columns: dict[int, _Column] = {}
        for number, line in enumerate(run):
            here = {cell.place: _Place(number, at) for at, cell in enumerate(line.cells) if at and cell.kind == kind}
            if not here:
                continue
            yield from (column for place, column in columns.items() if place not in here and _is_meant(run, column))
            columns = {place: [*columns.get(place, []), cell] for place, cell in here.items()}
        yield from (column for column in columns.values() if _is_meant(run, column))


def _is_meant(run: Sequence[AlignedLine], column: _Column) -> bool:
    return len(column) > 1 and any(run[place.line].cells[place.cell].has_room for place in column)


def _in_order(run: Sequence[AlignedLine], columns: Sequence[_Column]) -> list[_Column]:
    """The columns, each behind those that stand before it on some line."""
    of_place = {place: number for number, column in enumerate(columns) for place in column}
    before: dict[int, set[int]] = {number: set() for number in range(len(columns))}
    for number, line in enumerate(run) if columns else ():
        places = (_Place(number, cell) for cell in range(len(line.cells)))
        for first, second in pairwise(of_place[place] for place in places if place in of_place):
            before[second].add(first)
    order: list[_Column] = []
    while before:
        chosen = next((each for each, earlier in before.items() if not earlier & before.keys()), next(iter(before)))
        order.append(columns[chosen])
        del before[chosen]
    return order


def _clusters(run: Sequence[AlignedLine], column: _Column) -> Iterator[_Column]:
    """A column, parted where its lines are too far from each other, or their cells at places too different."""
    kind = run[column[0].line].cells[column[0].cell].kind
    near = 1 if kind == _COMMENT else _NEAR if kind in _FARTHEST else len(run)
    cluster: _Column = []
    low = high = 0
    for place in column:
        position = run[place.line].position(place.cell)
        low, high = min(low, position), max(high, position)
        if not cluster or place.line > cluster[-1].line + near or high - low > _FARTHEST.get(kind, high):
            if cluster:
                yield cluster
            cluster, low, high = [], position, position
        cluster.append(place)
    yield cluster


def _cells(pieces: Sequence[Piece]) -> Iterator[_Cell]:
    """The line cut before every word that may begin a column; nothing within braces is aligned."""
    cell: _Cell | None = None
    for piece in pieces:
        for word in words_of([piece]):
            if cell is None:
                cell = _Cell("", word.text)
            elif word.column and not isinstance(piece, BodyPiece):
                yield cell
                cell = _Cell(word.column, word.spaced, word.has_room, word.place)
            else:
                cell = cell._replace(text=cell.text + word.spaced)
    if cell is not None:
        yield cell
