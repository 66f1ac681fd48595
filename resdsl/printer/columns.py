"""Aligns what stands on neighbouring lines in columns.

The parts of stages, expectations, variants and sweeps are always aligned, and so are the comments of neighbouring
lines. Other columns are aligned where the author did so: where words of neighbouring lines are written below each
other, and more than one blank stands before one of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from resdsl.printer.pieces import REMARK, Piece, words_of

_ALWAYS = frozenset({"title", "unit", "repeat", "arrow", "relation", "when", "equal", "value", "comment"})
_FARTHEST = 20
"""How many blanks a column may add; lines whose parts differ by more are not aligned to each other."""
_NEAR = 3
"""How many lines two of a column may be apart; comments only one."""

_Key = tuple[str, int]
"""A column: its kind, and its number among those of that kind on the line."""
_START: _Key = ("", 0)
_COMMENT: _Key = ("comment", 0)


class _Cell(NamedTuple):
    """A part of a line.

    Attributes:
        key: the column that it is in.
        text: with the blanks before it.
        has_room: whether the author put more than one blank before it.
        place: how far from the beginning of the line the author wrote it.
    """

    key: _Key
    text: str
    has_room: bool = False
    place: int = 0


class AlignedLine:
    """A line before its columns are aligned.

    Args:
        pieces: what stands on it, all of it closed.
        comment: behind it, if there is one.

    Attributes:
        keys: its columns, from left to right.
    """

    def __init__(self, pieces: Sequence[Piece], comment: str) -> None:
        cells = [*_cells(pieces)]
        self.width = sum(len(cell.text) for cell in cells)
        if comment:
            cells.append(_Cell(_COMMENT, " " * REMARK + comment))
        self.keys = [cell.key for cell in cells]
        self._cells = cells
        self._blanks = dict.fromkeys(self.keys, 0)

    @property
    def text(self) -> str:
        """The line as it is written."""
        return "".join(" " * self._blanks[cell.key] + cell.text for cell in self._cells)

    def cell(self, key: _Key) -> _Cell | None:
        """What stands in a column, if anything does."""
        return self._cells[self.keys.index(key)] if key in self._blanks else None

    def position(self, key: _Key) -> int:
        """Where a column begins, with the blanks that belong to it."""
        before = self._cells[: self.keys.index(key)]
        return sum(self._blanks[cell.key] + len(cell.text) for cell in before)

    def move(self, key: _Key, blanks: int) -> None:
        """Put a column so many blanks further to the right."""
        self._blanks[key] = blanks
        self.width += blanks if key != _COMMENT else 0


def aligned(run: Sequence[AlignedLine], indent: int, width: int) -> list[str]:
    """Neighbouring lines as they are written.

    Args:
        run: the lines.
        indent: how many blanks stand before each.
        width: the most characters of a line; columns that would need more are not aligned.
    """
    columns = _columns(run)
    for key in _in_order(run, columns):
        for cluster in _clusters(run, columns[key], key):
            farthest = max(run[number].position(key) for number in cluster)
            moves = [(run[number], farthest - run[number].position(key)) for number in cluster]
            if key == _COMMENT or all(indent + line.width + blanks <= width for line, blanks in moves):
                for line, blanks in moves:
                    line.move(key, blanks)
    return [" " * indent + line.text for line in run]


def _columns(run: Sequence[AlignedLine]) -> dict[_Key, list[int]]:
    """The columns that are aligned, and the numbers of the lines that have them."""
    found: dict[_Key, list[int]] = {}
    for number, line in enumerate(run):
        for key in line.keys[1:]:
            found.setdefault(key, []).append(number)
    chosen = {key: lines if key[0] in _ALWAYS else _aligned_by_hand(run, lines, key) for key, lines in found.items()}
    return {key: lines for key, lines in chosen.items() if len(lines) > 1}


def _aligned_by_hand(run: Sequence[AlignedLine], lines: Sequence[int], key: _Key) -> list[int]:
    """Those of the lines on which the author aligned the column: neighbours that have it at the same place, one of
    them with more than one blank before it.
    """
    chosen: list[int] = []
    cells = [(number, cell) for number in lines if (cell := run[number].cell(key))]
    for _, group in groupby(cells, key=lambda numbered: numbered[1].place):
        chain = [*group]
        if len(chain) > 1 and any(cell.has_room for _, cell in chain):
            chosen += [number for number, _ in chain]
    return chosen


def _in_order(run: Sequence[AlignedLine], columns: Mapping[_Key, Sequence[int]]) -> list[_Key]:
    """The columns, each behind those that stand before it on some line."""
    before: dict[_Key, set[_Key]] = {key: set() for key in columns}
    for line in run if columns else ():
        for first, second in pairwise(key for key in line.keys if key in columns):
            before[second].add(first)
    order: list[_Key] = []
    while before:
        key = next((key for key, earlier in before.items() if not earlier & before.keys()), next(iter(before)))
        order.append(key)
        del before[key]
    return order


def _clusters(run: Sequence[AlignedLine], lines: Sequence[int], key: _Key) -> Iterator[list[int]]:
    """The lines of a column, parted where their places are too far from each other."""
    cluster: list[int] = []
    low = high = 0
    for number in lines:
        position = run[number].position(key)
        low, high = min(low, position), max(high, position)
        is_apart = bool(cluster) and key[0] in _ALWAYS and number > cluster[-1] + (1 if key == _COMMENT else _NEAR)
        if not cluster or high - low > _FARTHEST or is_apart:
            if cluster:
                yield cluster
            cluster, low, high = [], position, position
        cluster.append(number)
    yield cluster


def _cells(pieces: Sequence[Piece]) -> Iterator[_Cell]:
    """The line cut before every word that may begin a column."""
    counts: Counter[str] = Counter()
    cell = _Cell(_START, "")
    for word in words_of(pieces):
        if not cell.text and cell.key == _START:
            cell = cell._replace(text=word.text)
        elif word.column:
            yield cell
            key = word.column, counts[word.column]
            cell = _Cell(key, word.spaced, word.has_room, word.place)
            counts[word.column] += 1
        else:
            cell = cell._replace(text=cell.text + word.spaced)
    yield cell
