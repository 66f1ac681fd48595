"""Rows of a table: lines that belong together, what is added to their cells, and the room that all of it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from resdsl.draw.metrics import width_of
from resdsl.draw.tables.cells import cell_height, cell_width
from resdsl.draw.tables.overlays import CellOverlays, Overlay
from resdsl.report.table import Cell, TableLine

Cells = tuple[Cell, ...]

HEADS = 2
"""How many columns at the left are heads of rows."""

INSET = 3.0
"""Between the box of a cell and its edges."""

APART = 3.0
"""Between what stands one above the other in a cell."""

WORD = 8.0
"""The height of a word that is added; `SMALL` its size."""

SMALL = 6.5


@dataclass(frozen=True, slots=True)
class TableRow:
    """Lines of a table that belong together.

    Attributes:
        overlays: what is added to the cell of each network.
        apart: whether anything is added to any cell of the table, so that each holds all that is its own.
    """

    lines: tuple[Cells, ...]
    overlays: tuple[Overlay, ...]
    apart: bool

    @property
    def shared(self) -> tuple[Cells, ...]:
        """Lines at its top that say the same of all networks, which is then said once; not where cells have boxes."""
        return () if self.apart else tuple(takewhile(_is_shared, self.lines))

    def overlay(self, column: int) -> Overlay:
        """What is added to the cell in a column."""
        return self.overlays[column - HEADS]

    def stack(self, column: int) -> list[Cell]:
        """What stands in a column, one above the other, below what is shared."""
        return [line[column] for line in self.lines[len(self.shared) :] if line[column] is not None]

    def stack_height(self, column: int) -> float:
        """How high that is, with the words that are added."""
        words = WORD * len(self.overlay(column).words)
        return sum(cell_height(cell) + APART for cell in self.stack(column)) + words

    def height(self, column: int) -> float:
        """How high the row must be for it, and for the box around it."""
        high = self.stack_height(column)
        return high + 2 * INSET if high and self.apart else high

    def width(self, column: int) -> float:
        """How wide the column must be, likewise."""
        words = [width_of(word, SMALL) for word in self.overlay(column).words]
        wide = max([*map(cell_width, self.stack(column)), *words], default=0.0)
        return wide + (2 * INSET if self.apart else 0.0)


def rows_of(lines: Sequence[TableLine], counts: Sequence[int], overlays: CellOverlays) -> list[TableRow]:
    """The rows of a table, of which the first ones have so many lines; the others are figures of the wholes."""
    rows: list[TableRow] = []
    start = 0
    for index, count in enumerate(counts):
        own = tuple([line.cells for line in lines[start : start + count]])
        added = tuple([overlays.of(index, column) for column in range(len(own[0]) - HEADS)])
        rows.append(TableRow(own, added, overlays.any))
        start += count
    for line in lines[start:]:
        added = (overlays.of_whole(line.cells[HEADS:]),) * (len(line.cells) - HEADS)
        rows.append(TableRow((line.cells,), added, overlays.any))
    return rows


def _is_shared(line: Cells) -> bool:
    """Whether all networks have the same there."""
    cells = line[HEADS:]
    return len(cells) > 1 and isinstance(cells[0], str) and len(set(cells)) == 1
