"""Prints messages, made safe for terminals whatever names they contain."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click

from resdsl.diagnostics.problem import Problem
from resdsl.diagnostics.text import MOST, draw_all
from resdsl.printable import each_line


def say(text: str, *, err: bool = False) -> None:
    """Print a message, on the error stream if `err` is set."""
    click.echo(each_line(text), err=err)


def warn(problems: Iterable[Problem], most: int | None = MOST) -> None:
    """Print warnings, if there are any; `most` as in `draw_all`."""
    drawn = draw_all(problems, most)
    if drawn:
        say(drawn, err=True)


def under_the_bar() -> str:
    """Ends the line of the progress bar, which hides the cursor of a terminal."""
    return "\x1b[?25h\n" if sys.stderr.isatty() else "\n"
