"""A table as a value: what every view of a report returns, before it is written in one of the formats.

A view decides on the cells and their units, a format on how they are written, and neither knows the other. From the
same cell, people read `3.664G` and a CSV file gets every digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Measure = Literal["text", "count", "bytes", "share", "number", "change", "exact", "exact_change"]
"""What a column holds, and so how its numbers are written for people; a string in any of them is written as it is.

`text`: strings. `count`: integers, with an SI suffix (`3.664G`). `bytes`: integers, with a unit (`87.3 MB`). `share`: a
part of one, as a percentage. `number`: any number; of one that is not whole, four digits. `change`: a count with its
sign. `exact`: a count with every digit. `exact_change`: the same with its sign."""


@dataclass(frozen=True, slots=True)
class Brackets:
    """The layers of a block stacked in brackets, and how often the block repeats, as in the cells of Table 1."""

    rows: tuple[str, ...]
    times: int = 1


Cell = str | int | float | Brackets | None
"""None is an empty cell, for a value that does not exist."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        name: its key in JSON and its header in CSV, with the unit if it has one: `macs`, `saved_bytes`.
        title: its header for people.
        measure: what its cells hold.
        whole: whether its texts are keys, such as the names of points, which are never shortened, and never broken
            if they fit on a line.
    """

    name: str
    title: str
    measure: Measure = "count"
    whole: bool = False


LATENCY = Column("latency_ms", "latency ms", "number")
"""The time of a network on a machine, where it was measured."""


@dataclass(frozen=True, slots=True)
class TableLine:
    """A line.

    Attributes:
        cells: as many as there are columns.
        level: the indentation of the first cell.
        kind: `sum` adds up the lines indented below it, and is written like `normal`; `total` is separated from the
            lines above it by a rule; `heading` has only its first cell.
    """

    cells: tuple[Cell, ...]
    level: int = 0
    kind: Literal["normal", "sum", "total", "heading"] = "normal"


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and lines, with a title above and notes below.

    Attributes:
        title: one line that says what the table shows.
        notes: sentences below the table.
        network: the name of the network that all lines belong to; empty if they belong to several.
    """

    title: str
    columns: tuple[Column, ...]
    lines: tuple[TableLine, ...]
    notes: tuple[str, ...] = ()
    network: str = ""

    def __post_init__(self) -> None:
        if any(len(line.cells) != len(self.columns) for line in self.lines):
            raise ValueError("a line must have as many cells as the table has columns")
