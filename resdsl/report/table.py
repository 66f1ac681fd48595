"""A table as a value: what every view of a report is, before it is written in one of the formats.

Why it exists: a view says what stands where and in which unit, a format how that is written, and neither
knows the other. People read `3.664G`; a CSV file has every digit, from the same cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Measure = Literal["text", "count", "bytes", "share", "number", "change", "exact", "exact_change"]
"""What a column holds. `count` is whole and SI (G = 1e9); `bytes` whole and SI; `share` a part of one, shown in
per cent; `number` any number, shown as it is; `change` a count with its sign; `exact` a count with every digit, and
`exact_change` one with its sign."""


@dataclass(frozen=True, slots=True)
class Brackets:
    """Layers of a block one above the other in brackets, and how often the block stands there: Table 1's cells."""

    rows: tuple[str, ...]
    times: int = 1


Cell = str | int | float | Brackets | None
"""None is a cell that is empty because there is nothing to say."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        name: its key in JSON and its head in CSV, with the unit where it has one: `macs`, `saved_bytes`.
        title: its head for people.
        measure: what its cells are.
        whole: whether its texts are keys, such as the names of points: none is ever shortened, and none is broken
            that a line has room for.
    """

    name: str
    title: str
    measure: Measure = "count"
    whole: bool = False


@dataclass(frozen=True, slots=True)
class TableLine:
    """A line.

    Attributes:
        cells: as many as there are columns.
        level: by how much the first cell is set in.
        kind: `total` is ruled off from what stands above it; `heading` has nothing but its first cell.
    """

    cells: tuple[Cell, ...]
    level: int = 0
    kind: Literal["normal", "sum", "total", "heading"] = "normal"


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and lines, with what is to be said above and below.

    Attributes:
        title: one line, of what the table is.
        notes: sentences that stand below.
        network: the name of the network that all lines are of; nothing where they are of several.
    """

    title: str
    columns: tuple[Column, ...]
    lines: tuple[TableLine, ...]
    notes: tuple[str, ...] = ()
    network: str = ""

    def __post_init__(self) -> None:
        if any(len(line.cells) != len(self.columns) for line in self.lines):
            raise ValueError("a line has as many cells as the table has columns")
