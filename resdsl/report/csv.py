"""A table as CSV (RFC 4180): a head of names with units, integers in full, no titles and no notes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace

from resdsl.printable import one_line
from resdsl.report.figures import exact_text
from resdsl.report.table import Cell, Column, Table, TableLine

TOTAL = "total"
"""What the line of the whole is called, and its level where there is a column of levels."""
_FORMULA = re.compile(r"[=@\t\r\uff1d\uff20\uff0b\uff0d]|[+-](?!\d[\d.]*(e[+-]?\d+)?$)")
"""What spreadsheets take for the beginning of a formula; a number with a sign is none."""
_NETWORK = Column("network", "network", "text")
_LEVEL = Column("level", "level", "text")


def joined(tables: Sequence[Table]) -> Table:
    """Tables as one, with columns in front for what a file of lines would not tell.

    `network`, where the tables are of several, says which one a line is of. `level`, where lines are parts of others
    or the total of a network cannot be told by its cells, is 0, 1, 2 or `total`: lines of level 0 add up to it.

    Raises:
        ValueError: the tables have not the same columns.
    """
    first = tables[0]
    if any(table.columns != first.columns for table in tables):
        raise ValueError("tables of different columns are no one CSV file")
    lines = [(table.network, line) for table in tables for line in table.lines]
    named = len(tables) > 1 and all(table.network for table in tables) and _NETWORK not in first.columns
    numbered = any(line.level or (network and _hidden(line)) for network, line in lines)
    columns = ((_NETWORK,) if named else ()) + ((_LEVEL,) if numbered else ())
    filled = [
        replace(line, cells=((network,) if named else ()) + ((_level(line),) if numbered else ()) + line.cells)
        for network, line in lines
    ]
    return replace(first, columns=(*columns, *first.columns), lines=tuple(filled))


def _hidden(line: TableLine) -> bool:
    """Whether a line is a total without a cell that says so."""
    return line.kind == "total" and TOTAL not in line.cells


def _level(line: TableLine) -> Cell:
    return TOTAL if line.kind == "total" else line.level


def write(table: Table) -> str:
    """The table; a column is named for programs, a share is a part of one, a cell without anything is empty.

    A text that a spreadsheet would take for a formula has an apostrophe in front, which tells it not to.
    """
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow([_safe(column.name) for column in table.columns])
    rows.writerows([_safe(exact_text(cell)) for cell in line.cells] for line in table.lines)
    return out.getvalue()


def _safe(text: str) -> str:
    """The text on one line, and no formula; a number stays one."""
    return one_line(f"'{text}" if _FORMULA.match(text) else text)
