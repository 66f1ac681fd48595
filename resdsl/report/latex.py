"""A table as LaTeX with booktabs, and with blocks in brackets as in He et al. 2015, Table 1."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import decomposition

from resdsl.printable import one_line
from resdsl.report.figures import cell_text
from resdsl.report.products import with_times
from resdsl.report.table import Brackets, Cell, Column, Table, TableLine
from resdsl.tex import COMMANDS

_SPECIAL = {
    **COMMANDS,
    '"': r"{\char34}",
    "'": r"{\char39}",
    "`": r"{\char96}",
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    "±": r"\ensuremath{\pm}",
}
_MOST_LINES = 40
"""A table of up to this many lines is sure to fit on a page."""
_LIGATURES = re.compile(r"([-,])\1")
_MATHS = re.compile(r"\d+(x\d+)*(, (\d+|[A-Z]=\d+))*")
_HEAD = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\usepackage[margin=2cm]{geometry}
\usepackage{booktabs}
\usepackage{graphicx}
\usepackage{longtable}
\begin{document}
"""


def write(table: Table, *, standalone: bool = False) -> str:
    """The table as a `tabular`, to be placed in a `table` or used alone; its title becomes a comment.

    Args:
        table: the table.
        standalone: whether to make a complete document rather than the `tabular` alone, which needs `booktabs`.
    """
    return document([table]) if standalone else _tabular(table)


def document(tables: Sequence[Table]) -> str:
    """A document of tables; wide ones are scaled down, and long ones continue on the next page."""
    return _HEAD + "\n\\bigskip\n\n".join(map(_titled, tables)) + "\n\\end{document}\n"


def _titled(table: Table) -> str:
    title = rf"\noindent\textbf{{{escaped(table.title)}}}\par\nopagebreak\medskip"
    notes = [rf"\par\smallskip{{\small\noindent {escaped(note)}\par}}" for note in table.notes]
    if len(table.lines) > _MOST_LINES:
        small = r"{\footnotesize\setlength{\tabcolsep}{3pt}%"
        return "\n".join([title, f"{small}\n{_tabular(table, long=True)}}}", *notes])
    fitted = r"\ifdim\wd0>\linewidth\resizebox{\linewidth}{!}{\copy0}\else\copy0\fi"
    return "\n".join([title, r"\noindent\setbox0=\hbox{%", f"{_tabular(table)}}}%", fitted, *notes])


def escaped(text: str) -> str:
    """Text escaped for LaTeX; characters that its fonts may lack are written like `U+7F51`."""
    return _LIGATURES.sub(r"\1{\1}", "".join(map(_char, one_line(text))))


def _char(char: str) -> str:
    if char.isascii() or char in _SPECIAL:
        return _SPECIAL.get(char, char)
    known = char.isalpha() and (char in "ßØøÆæ" or ("À" <= char <= "ÿ" and decomposition(char)))
    return char if known else f"U+{ord(char):04X}"


def _tabular(table: Table, *, long: bool = False) -> str:
    align = "".join("l" if column.measure == "text" else "r" for column in table.columns)
    heads = " & ".join(escaped(column.title) for column in table.columns)
    comments = [f"% {one_line(line)}" for line in (table.title, *table.notes)]
    rows = [
        row
        for before, line in zip((None, *table.lines), table.lines, strict=False)
        for row in _line(table, line, before)
    ]
    kind, ends, again = ("longtable", "[l]", [r"\endhead"]) if long else ("tabular", "", [])
    start = rf"\begin{{{kind}}}{ends}{{@{{}}{align}@{{}}}}"
    head = [start, r"\toprule", rf"{heads} \\", r"\midrule", *again]
    return "\n".join([*comments, *head, *rows, r"\bottomrule", rf"\end{{{kind}}}", ""])


def _line(table: Table, line: TableLine, before: TableLine | None) -> list[str]:
    """The rows of a line, preceded by a rule if it is set off from the line before."""
    inset = rf"\hspace*{{{line.level}em}}" if line.level else ""
    if line.kind == "heading":
        first = escaped(cell_text(line.cells[0], "text"))
        return [rf"\multicolumn{{{len(table.columns)}}}{{@{{}}l@{{}}}}{{{inset}\textbf{{{first}}}}} \\"]
    cells = [_cell(cell, column) for cell, column in zip(line.cells, table.columns, strict=True)]
    row = rf"{inset}{' & '.join(cells)} \\"
    if line.kind == "total":
        return [r"\midrule", row]
    tall = any(isinstance(cell, Brackets) for cell in (*line.cells, *(before.cells if before else ())))
    return [r"\addlinespace", row] if tall else [row]


def _cell(cell: Cell, column: Column) -> str:
    if isinstance(cell, Brackets):
        rows = r"\\".join(map(_row_of_brackets, cell.rows))
        times = rf"\times{cell.times}" if cell.times > 1 else ""
        return rf"$\left[\begin{{array}}{{c}}{rows}\end{{array}}\right]{times}$"
    return _products(cell_text(cell, column.measure))


def _row_of_brackets(row: str) -> str:
    if _MATHS.fullmatch(row):
        return row.replace("x", r"\times")
    return rf"\mbox{{{_products(row)}}}"


def _products(text: str) -> str:
    return with_times(text, escaped, _sizes, r"$\times$")


def _sizes(sizes: list[str]) -> str:
    product = r"\times".join(sizes)
    return f"${product}$"
