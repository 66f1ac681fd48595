"""A table as a value that JSON can hold."""

from __future__ import annotations

from typing import Any

from resdsl.report.table import Brackets, Cell, Table


def table_record(table: Table) -> dict[str, Any]:
    """The lines of a table as records keyed by column name, with exact figures."""
    return {
        "title": table.title,
        "columns": [{"name": each.name, "title": each.title, "measure": each.measure} for each in table.columns],
        "lines": [
            {each.name: _value(cell) for each, cell in zip(table.columns, line.cells, strict=True)}
            | {"level": line.level, "kind": line.kind}
            for line in table.lines
        ],
        "notes": list(table.notes),
    }


def _value(cell: Cell) -> Any:
    return {"rows": list(cell.rows), "times": cell.times} if isinstance(cell, Brackets) else cell
