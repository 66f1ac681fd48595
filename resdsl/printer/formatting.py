"""The canonical form of a text."""

from __future__ import annotations

from resdsl.printer.lines import lines_of
from resdsl.printer.reading import rows_of
from resdsl.source import Source
from resdsl.syntax.parser import parse_with_phrase


def format_text(text: str, name: str = "<text>") -> str:
    """A text in canonical form: what it means is the same, and so are its comments. See `docs/fmt.md`.

    Only its form is looked at, so that neither imports nor names need exist.

    Args:
        text: the text; its line ends are those of its first line.
        name: its name in messages.

    Raises:
        resdsl.SpecError: it cannot be read; with every problem of form.
    """
    lines = lines_of(rows_of(*parse_with_phrase(Source(name, text))))
    end = "\r\n" if text[: text.find("\n")].endswith("\r") else "\n"
    return "".join(line + end for line in lines)
