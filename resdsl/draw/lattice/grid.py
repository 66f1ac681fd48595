"""Gives the parts of a lattice their columns and rows: depth across, resolution down.

Boxes are in even columns and joins in odd ones, so that a line that comes from above or below to a join meets no box.
A value that is read further on passes the columns between on a lane of its own. Lanes are the lines of a row: what
follows each other in a row is a run on one lane.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod

from resdsl.draw.lattice.parts import Lattice, LatticePart, Value
from resdsl.ops.base import Shape


@dataclass(eq=False, slots=True)
class Cell:
    """A part in its column and row, or a value that passes a column.

    Attributes:
        value: the value that passes, or the first output of the part.
        part: the index of the part; None for a value that passes.
        before: the cells that lead to it in the column before; `after` are those that it leads to.
    """

    column: int
    row: int
    value: Value
    part: int | None = None
    before: list[Cell] = field(default_factory=list)
    after: list[Cell] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Link:
    """A value on its way from a cell to one in the next column."""

    source: Cell
    target: Cell
    value: Value


@dataclass(frozen=True, slots=True)
class LatticeGrid:
    """Cells with their columns and rows.

    Attributes:
        sizes: the resolution of each row, from the finest to a single position.
        columns: the cells of each column.
        ways: for each value that a part reads, by the index of the part, the links that lead there.
    """

    sizes: tuple[Shape, ...]
    columns: tuple[tuple[Cell, ...], ...]
    ways: tuple[tuple[int, tuple[Link, ...]], ...]

    @property
    def links(self) -> tuple[Link, ...]:
        """All links, each once."""
        return tuple(dict.fromkeys(link for _, way in self.ways for link in way))

    def cells(self) -> Iterator[Cell]:
        """All cells, column by column."""
        for column in self.columns:
            yield from column


def grid_of(lattice: Lattice) -> LatticeGrid:
    """The parts and passing values of a lattice in columns and rows."""
    return _Gridding(lattice).grid()


def columns_of(lattice: Lattice) -> list[int]:
    """The column of each part, joins in odd columns, everything else in even ones.

    A part follows all that it reads. Joins of the same parts, as between the streams of an HRNet, share a column, and
    what is read more than it reads keeps step with its readers.
    """
    parts, readers = lattice.parts, lattice.readers()
    together = _together(parts)
    columns = [0] * len(parts)
    moved = True
    while moved:
        moved = False
        for index, part in enumerate(parts):
            least = max([columns[value.part] + 1 for value in part.reads], default=0)
            column = max([_next(least, part), *(columns[other] for other in together[index])])
            moved |= column != columns[index]
            columns[index] = column
    for index in reversed(range(len(parts))):
        part = parts[index]
        late = (part.form == "resample" and part.size != (1,)) or len(readers[index]) > len(part.reads)
        if readers[index] and late and part.form != "join":
            latest = min(columns[reader] for reader in readers[index]) - 1
            columns[index] = latest - latest % 2
    return columns


def _together(parts: Sequence[LatticePart]) -> list[list[int]]:
    """For each join the joins of the same parts, changes of resolution aside."""
    groups: dict[frozenset[int], list[int]] = {}
    mine: list[frozenset[int]] = []
    for index, part in enumerate(parts):
        known = frozenset(_unsampled(parts, value.part) for value in part.reads) if part.form == "join" else frozenset()
        mine.append(known)
        groups.setdefault(known, []).append(index)
    return [groups[known] if known else [] for known in mine]


def _unsampled(parts: Sequence[LatticePart], index: int) -> int:
    while parts[index].form == "resample" and parts[index].reads:
        index = parts[index].reads[0].part
    return index


def _next(least: int, part: LatticePart) -> int:
    """The first column for a part from this one on."""
    return least + (least % 2 != _parity(part))


def _parity(part: LatticePart) -> int:
    return int(part.form == "join")


class _Gridding:
    def __init__(self, lattice: Lattice) -> None:
        self._parts = lattice.parts
        self._columns = columns_of(lattice)
        sizes = dict.fromkeys(part.size for part in self._parts)
        self._sizes = sorted(sizes, key=lambda size: (size == (1,), -prod(size)))
        self._rows = [self._sizes.index(part.size) for part in self._parts]
        self._cells = [Cell(column, row, Value(index), index) for index, (column, row) in self._places()]
        self._passing: dict[tuple[Value, int, int], Cell] = {}
        self._ways: list[tuple[int, tuple[Link, ...]]] = []
        self._boxes = {(cell.column, cell.row) for cell in self._cells}

    def grid(self) -> LatticeGrid:
        for index, part in enumerate(self._parts):
            for value in dict.fromkeys(part.reads):
                self._ways.append((index, tuple(self._way(value, index))))
        found: list[list[Cell]] = [[] for _ in range(max(self._columns) + 1)]
        for cell in [*self._cells, *self._passing.values()]:
            found[cell.column].append(cell)
        return LatticeGrid(tuple(self._sizes), tuple(map(tuple, found)), tuple(self._ways))

    def _places(self) -> Iterator[tuple[int, tuple[int, int]]]:
        yield from enumerate(zip(self._columns, self._rows, strict=True))

    def _way(self, value: Value, reader: int) -> Iterator[Link]:
        """The links that lead a value to a part that reads it, through the columns between."""
        before, target = self._cells[value.part], self._cells[reader]
        row = self._passing_row(before, target)
        for column in range(before.column + 1, target.column):
            key = (value, column, row)
            known = key in self._passing
            cell = self._passing.setdefault(key, Cell(column, row, value))
            if not known:
                _linked(before, cell)
            yield Link(before, cell, value)
            before = cell
        _linked(before, target)
        yield Link(before, target, value)

    def _passing_row(self, source: Cell, target: Cell) -> int:
        """The row in which a value passes: that of its reader for a join, otherwise the one with fewer parts."""
        many = len(self._parts[source.part or 0].shapes) > 1
        if source.row == target.row or many or self._is_join(target):
            return target.row
        if target.column - source.column < 3:
            return source.row
        between = range(source.column + 1, target.column)
        counts = [sum((column, row) in self._boxes for column in between) for row in (source.row, target.row)]
        return source.row if counts[0] <= counts[1] else target.row

    def _is_join(self, cell: Cell) -> bool:
        return cell.part is not None and self._parts[cell.part].form == "join"


def _linked(before: Cell, after: Cell) -> None:
    before.after.append(after)
    after.before.append(before)


def runs_of(grid: LatticeGrid, parts: Sequence[LatticePart]) -> list[list[Cell]]:
    """The runs: cells of one row that follow each other on one lane."""
    before: dict[Cell, Cell] = {}
    taken: set[Cell] = set()
    length: dict[Cell, int] = {}
    for cell in grid.cells():
        length[cell] = 1
    for column in grid.columns:
        for cell in sorted(column, key=lambda cell: (_is_output(cell, parts), _off_the_middle(cell))):
            free = [each for each in cell.before if each.row == cell.row and each not in taken]
            if free:
                best = max(free, key=lambda each: length[each])
                before[cell] = best
                taken.add(best)
                length[cell] = length[best] + 1
    runs: dict[Cell, list[Cell]] = {}
    for cell in grid.cells():
        run = runs[before[cell]] if cell in before else []
        run.append(cell)
        runs[cell] = run
    return [run for cell, run in runs.items() if run[0] is cell]


def _is_output(cell: Cell, parts: Sequence[LatticePart]) -> bool:
    return cell.part is not None and parts[cell.part].form == "output"


def _off_the_middle(cell: Cell) -> float:
    """How far a cell is from the middle of those that a value reaches in its row and column."""
    abreast = [each for before in cell.before[:1] for each in before.after if each.row == cell.row]
    return abs(abreast.index(cell) - (len(abreast) - 1) / 2) if cell in abreast else 0.0
