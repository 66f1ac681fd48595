"""The formats of tables, by the names that users give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from resdsl.printable import one_line
from resdsl.refusal import Refused
from resdsl.report.table import Table

Format = Literal["text", "csv", "md", "latex", "html"]
FORMATS: tuple[Format, ...] = ("text", "csv", "md", "latex", "html")


class UnknownFormat(Refused):
    """The format of a table is unknown."""

    def __init__(self, form: str) -> None:
        super().__init__(f"unknown table format {one_line(repr(form)[:60])}; available: {', '.join(FORMATS)}")


def write(
    tables: Sequence[Table], form: Format, *, width: int = 80, colour: bool = False, standalone: bool = False
) -> str:
    """Write tables one below the other in one of the formats.

    Args:
        tables: at least one. For CSV, they must have the same columns and share one header; see
            `resdsl.report.csv.joined`.
        form: the format.
        width: the width of lines of text.
        colour: whether text output uses ANSI escapes for bold and dim.
        standalone: whether LaTeX and HTML output is a complete document.

    Raises:
        UnknownFormat: the format is unknown.
        ValueError: tables with different columns were requested as CSV.
    """
    if form not in FORMATS:
        raise UnknownFormat(form)
    if form == "text":
        from resdsl.report import text

        return "\n\n".join(text.write(table, width=width, colour=colour) for table in tables)
    if form == "md":
        from resdsl.report import markdown

        return "\n".join(map(markdown.write, tables))
    if form == "csv":
        from resdsl.report import csv

        return csv.write(csv.joined(tables))
    if form == "latex":
        from resdsl.report import latex

        return latex.document(tables) if standalone else "\n".join(map(latex.write, tables))
    from resdsl.report import html

    return html.page(tables) if standalone else "".join(map(html.write, tables))
