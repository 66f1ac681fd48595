"""A table as Markdown: a pipe table as GitHub reads it."""

from __future__ import annotations

import re

from resdsl.printable import one_line
from resdsl.report.figures import cell_text
from resdsl.report.table import Table, TableLine

_MARKS = re.compile(r"([\\`*\[\]<>|~&$!]|(?<![^\W_])_|_(?![^\W_]))")


def write(table: Table) -> str:
    """The table with its title above in bold and its notes below as a list; names are escaped."""
    parts = [f"**{escaped(table.title)}**", "", *_table(table)]
    if table.notes:
        parts += ["", *(f"- {escaped(note)}" for note in table.notes)]
    return "\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Text that means nothing but itself, on one line."""
    return _MARKS.sub(r"\\\1", one_line(text))


def _table(table: Table) -> list[str]:
    rows = [[escaped(column.title) for column in table.columns]]
    rows += [_cells(table, line) for line in table.lines]
    widths = [max(3, *(len(row[index]) for row in rows)) for index in range(len(table.columns))]
    right = [column.measure != "text" for column in table.columns]
    rules = [
        "-" * (width - 1) + ":" if to_right else "-" * width for width, to_right in zip(widths, right, strict=True)
    ]
    return [_row(cells, widths, right) for cells in (rows[0], rules, *rows[1:])]


def _row(cells: list[str], widths: list[int], right: list[bool]) -> str:
    visible = [
        cell.rjust(width) if to_right else cell.ljust(width)
        for cell, width, to_right in zip(cells, widths, right, strict=True)
    ]
    return f"| {' | '.join(visible)} |"


def _cells(table: Table, line: TableLine) -> list[str]:
    visible = [escaped(cell_text(cell, column.measure)) for cell, column in zip(line.cells, table.columns, strict=True)]
    if line.kind in ("total", "heading"):
        visible = [f"**{cell}**" if cell.strip() else cell for cell in visible]
    return ["&nbsp;&nbsp;" * line.level + visible[0], *visible[1:]]
