"""A table as HTML: a page of its own, or the table alone, as notebooks show it."""

from __future__ import annotations

import html
from collections.abc import Sequence

from resdsl.printable import one_line
from resdsl.report.figures import cell_text
from resdsl.report.products import with_times
from resdsl.report.table import Brackets, Cell, Column, Table, TableLine

_STYLE = """
.resdsl { border-collapse: collapse; font: 14px/1.4 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
.resdsl caption { text-align: left; font-weight: bold; padding: 0.4em 0; }
.resdsl th, .resdsl td { padding: 0.15em 0.6em; text-align: left; vertical-align: middle; }
.resdsl tbody th { font-weight: normal; }
.resdsl .n { text-align: right; }
.resdsl thead { border-top: 2px solid; border-bottom: 1px solid; }
.resdsl tbody { border-bottom: 2px solid; }
.resdsl .total { border-top: 1px solid; }
.resdsl .total th, .resdsl .heading th { font-weight: bold; }
.resdsl .brackets { display: inline-block; position: relative; vertical-align: middle; }
.resdsl .brackets { margin: 0.2em 0; padding: 0 0.6em; }
.resdsl .brackets::before, .resdsl .brackets::after { content: ""; position: absolute; inset: 0 auto; width: 0.3em; }
.resdsl .brackets::before { left: 0; border: 1px solid; border-right: 0; }
.resdsl .brackets::after { right: 0; border: 1px solid; border-left: 0; }
.resdsl-notes { font: 12px/1.4 system-ui, sans-serif; max-width: 46em; padding-left: 1.2em; }
@media print { .resdsl, .resdsl-notes { font-size: 9pt; } .resdsl tr { break-inside: avoid; } }
"""


def write(table: Table, *, standalone: bool = False) -> str:
    """The table, with its exact figures where the pointer rests on them; well-formed also as XML.

    Args:
        table: what is shown.
        standalone: whether it is a page, and not a piece of one.
    """
    return page([table]) if standalone else f"<div>\n<style>{_STYLE}</style>\n{_table(table)}</div>\n"


def page(tables: Sequence[Table], title: str = "") -> str:
    """A page of tables.

    Args:
        tables: what is shown, in order.
        title: of the page; that of the first table if there is none.
    """
    wording = title or (tables[0].title if tables else "")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>{escaped(wording)}</title>\n"
        f"<style>{_STYLE}body {{ margin: 2em; }}\n</style>\n</head>\n<body>\n"
        + "".join(map(_table, tables))
        + "</body>\n</html>\n"
    )


def escaped(text: str) -> str:
    """Text that means nothing but itself, in elements and in attributes."""
    return html.escape(one_line(text))


def _table(table: Table) -> str:
    heads = "".join(f'<th scope="col"{_class(column)}>{escaped(column.title)}</th>' for column in table.columns)
    lines = "".join(_line(table, line) for line in table.lines)
    notes = "".join(f"<li>{escaped(note)}</li>\n" for note in table.notes)
    return (
        f'<table class="resdsl">\n<caption>{escaped(table.title)}</caption>\n'
        f"<thead>\n<tr>{heads}</tr>\n</thead>\n<tbody>\n{lines}</tbody>\n</table>\n"
        + (f'<ul class="resdsl-notes">\n{notes}</ul>\n' if notes else "")
    )


def _line(table: Table, line: TableLine) -> str:
    kind = f' class="{line.kind}"' if line.kind in ("total", "heading") else ""
    inset = f' style="padding-left: {0.6 + 1.2 * line.level:.1f}em"' if line.level else ""
    first = _cell(line.cells[0], table.columns[0])
    if line.kind == "heading":
        return f'<tr{kind}><th scope="rowgroup" colspan="{len(table.columns)}"{inset}>{first}</th></tr>\n'
    cells = "".join(
        f"<td{_class(column)}{_exact(cell)}>{_cell(cell, column)}</td>"
        for cell, column in zip(line.cells[1:], table.columns[1:], strict=True)
    )
    head = f'<th scope="row"{_class(table.columns[0])}{inset}>{first}</th>' if first else "<td></td>"
    return f"<tr{kind}>{head}{cells}</tr>\n"


def _class(column: Column) -> str:
    return "" if column.measure == "text" else ' class="n"'


def _exact(cell: Cell) -> str:
    """The figure in full, for whoever points at it."""
    return f' title="{cell:,}"' if type(cell) is int and cell >= 1000 else ""


def _cell(cell: Cell, column: Column) -> str:
    if isinstance(cell, Brackets):
        rows = "<br/>".join(_products(row) for row in cell.rows)
        times = f"\N{NO-BREAK SPACE}\N{MULTIPLICATION SIGN}\N{NO-BREAK SPACE}{cell.times}" if cell.times > 1 else ""
        return f'<span class="brackets">{rows}</span>{times}'
    return _products(cell_text(cell, column.measure))


def _products(text: str) -> str:
    return with_times(text, escaped, "\N{MULTIPLICATION SIGN}".join, "\N{MULTIPLICATION SIGN}")
