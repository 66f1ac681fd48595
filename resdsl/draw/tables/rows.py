"""Rows of a table: lines that belong together, their overlays, and the space they need."""

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
"""Number of leading columns that are row headers."""

INSET = 3.0
"""The gap between the box of a cell and its edges."""

APART = 3.0
"""The gap between stacked contents of a cell."""

WORD = 8.0
"""The height of an annotation; `SMALL` is its size."""

SMALL = 6.5


@dataclass(frozen=True, slots=True)
class TableRow:
    """Lines of a table that belong together.

    Attributes:
        overlays: the overlay for the cell of each network.
        apart: whether any cell of the table has an overlay, in which case every cell shows all of its contents.
    """

    lines: tuple[Cells, ...]
    overlays: tuple[Overlay, ...]
    apart: bool

    @property
    def shared(self) -> tuple[Cells, ...]:
        """Leading lines that are the same for all networks and shown once; none if cells have overlays."""
        return () if self.apart else tuple(takewhile(_is_shared, self.lines))

    def overlay(self, column: int) -> Overlay:
        """The overlay for the cell in a column."""
        return self.overlays[column - HEADS]

    def stack(self, column: int) -> list[Cell]:
        """The stacked contents of a column, below the shared lines."""
        return [line[column] for line in self.lines[len(self.shared) :] if line[column] is not None]

    def stack_height(self, column: int) -> float:
        """The height of these contents with their annotations."""
        words = WORD * len(self.overlay(column).words)
        return sum(cell_height(cell) + APART for cell in self.stack(column)) + words

    def height(self, column: int) -> float:
        """The height of the row needed for these contents and the box around them."""
        high = self.stack_height(column)
        return high + 2 * INSET if high and self.apart else high

    def width(self, column: int) -> float:
        """The width of the column needed for them, likewise."""
        words = [width_of(word, SMALL) for word in self.overlay(column).words]
        wide = max([*map(cell_width, self.stack(column)), *words], default=0.0)
        return wide + (2 * INSET if self.apart else 0.0)


def rows_of(lines: Sequence[TableLine], counts: Sequence[int], overlays: CellOverlays) -> list[TableRow]:
    """The rows of a table: the first ones have the given numbers of lines, and the others are totals."""
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
    """Whether all networks have the same contents there."""
    cells = line[HEADS:]
    return len(cells) > 1 and isinstance(cells[0], str) and len(set(cells)) == 1
