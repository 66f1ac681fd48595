"""A table as CSV (RFC 4180): a head of names with units, integers in full, no titles and no notes."""

from __future__ import annotations

import csv
import io

from resdsl.report.figures import exact_text
from resdsl.report.printable import encodable
from resdsl.report.table import Table


def write(table: Table) -> str:
    """The table; a column is named for programs, a share is a part of one, a cell without anything is empty.

    Cells are not changed: one that begins with `=` is what a text said, and for a spreadsheet to take as such.
    """
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow([encodable(column.name) for column in table.columns])
    rows.writerows([encodable(exact_text(cell)) for cell in line.cells] for line in table.lines)
    return out.getvalue()
