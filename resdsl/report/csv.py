"""A table as CSV (RFC 4180): a header of names with units, integers in full, no title and no notes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from resdsl.printable import one_line
from resdsl.report.figures import exact_text
from resdsl.report.table import Cell, Column, Table, TableLine

TOTAL = "total"
"""The label of the total line, and its level if there is a column of levels."""
_FORMULA = re.compile(r"[=@\t\r\uff1d\uff20\uff0b\uff0d]|[+-](?!\d[\d.]*(e[+-]?\d+)?$)")
"""Characters that start a formula in spreadsheets; a signed number is not a formula."""
_NETWORK = Column("network", "network", "text")
_LEVEL = Column("level", "level", "text")


def joined(tables: Sequence[Table]) -> Table:
    """Join tables into one, with extra leading columns for what plain lines would lose.

    `network` names the network of a line if the tables cover several. `level` is 0, 1, 2 or `total`, given if lines
    are parts of others or a total is not recognisable by its cells; the lines of level 0 sum to the total.

    Raises:
        ValueError: the tables have different columns.
    """
    first = tables[0]
    if any(table.columns != first.columns for table in tables):
        raise ValueError("tables with different columns do not fit into one CSV file")
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
    """Whether a line is a total that no cell marks as such."""
    return line.kind == "total" and TOTAL not in line.cells


def _level(line: TableLine) -> Cell:
    return TOTAL if line.kind == "total" else line.level


def write(table: Table) -> str:
    """The table as CSV: column names as keys, shares as fractions, missing cells empty.

    Text that a spreadsheet would take for a formula is preceded by an apostrophe, which prevents that.
    """
    return "".join(rows(table.columns, (line.cells for line in table.lines)))


def rows(columns: Sequence[Column], lines: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """The rows of `write` one by one: that of the names, and one for the cells of each line."""
    yield _row([column.name for column in columns])
    for cells in lines:
        yield _row([exact_text(cell) for cell in cells])


def _row(texts: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(map(_safe, texts))
    return out.getvalue()


def _safe(text: str) -> str:
    """The text on one line and made safe from being read as a formula; numbers stay numbers."""
    return one_line(f"'{text}" if _FORMULA.match(text) else text)
