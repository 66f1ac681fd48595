"""Tables, figures and problems as records for the page: values of JSON, whose texts the page never takes for HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from resdsl.diagnostics.json import as_record
from resdsl.diagnostics.problem import Problem
from resdsl.draw.errors import NotDrawn
from resdsl.draw.figure import Figure
from resdsl.draw.graphviz_figure import GraphvizFigure
from resdsl.printable import one_line, phrase
from resdsl.refusal import Refused
from resdsl.report.figures import cell_text
from resdsl.report.table import Cell, Column, Table, TableLine

Record = dict[str, Any]
"""Keys and values of JSON."""

MOST_PROBLEMS = 100
"""The most problems that the page lists; it says how many there are."""
_LARGEST_FIGURE = 8_000_000
"""Characters of SVG; a browser would stand still over a larger figure."""


def table_record(table: Table, most: int | None = None) -> Record:
    """A table, with every number as people read it.

    Args:
        table: the table.
        most: the most lines to keep; a note says how many are left out.
    """
    left_out = len(table.lines) - most if most is not None else 0
    notes = [f"{left_out:,} more are not shown."] if left_out > 0 else []
    return {
        "title": one_line(table.title),
        "columns": [_column(column) for column in table.columns],
        "lines": [_line(line, table.columns) for line in table.lines[:most]],
        "notes": [*notes, *map(one_line, table.notes)],
    }


def _column(column: Column) -> Record:
    return {"name": column.name, "title": one_line(column.title), "numeric": column.measure != "text"}


def _line(line: TableLine, columns: Sequence[Column]) -> Record:
    cells = [_cell(cell, column) for cell, column in zip(line.cells, columns, strict=True)]
    return {"kind": line.kind, "level": line.level, "cells": cells}


def _cell(cell: Cell, column: Column) -> Record:
    """The text of a cell, and every digit of a long number."""
    record: Record = {"text": one_line(cell_text(cell, column.measure))}
    if type(cell) is int and abs(cell) >= 1000:
        record["exact"] = f"{cell:,}"
    return record


def figure_record(figures: Sequence[Figure | GraphvizFigure]) -> Record:
    """A figure as SVG: in one style, or in that of light pages and that of dark ones.

    Raises:
        NotDrawn: Graphviz is needed and missing, or the figure is too large.
    """
    texts = [_svg(figure) for figure in figures]
    if sum(map(len, texts)) > _LARGEST_FIGURE:
        raise NotDrawn("the figure is too large for a page; another view, or fewer repeats, would do")
    return {"light": texts[0], "dark": texts[-1]}


def _svg(figure: Figure | GraphvizFigure) -> str:
    content = figure.write("svg").content
    return content if isinstance(content, str) else content.decode()


def problem_records(problems: Iterable[Problem]) -> list[Record]:
    """Problems in the form of `resdsl check --format json`, with texts that are safe to show."""
    return [_problem(problem) for problem in problems]


def _problem(problem: Problem) -> Record:
    record: Record = dict(as_record(problem))
    for key in ("message", "found", "expected", "hint"):
        record[key] = phrase(record[key]) if record[key] else None
    return record


def refusal_record(error: Refused) -> Record:
    """An error that is not about a place in the text, in the form of a problem."""
    return plain_problem(one_line(str(error)))


def plain_problem(message: str) -> Record:
    """A problem without a code and a place."""
    return {"code": None, "severity": "error", "message": message, "place": None, "labels": [], "chain": []}
