"""Where texts and figures go: to a file, or to the standard output."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from resdsl.cli.messages import say
from resdsl.printable import one_line

if TYPE_CHECKING:
    from resdsl.draw.write import Drawn


def put_text(text: str, output: str | None) -> None:
    """Write a text; without a file, or to `-`, to the standard output.

    Raises:
        OSError: the file cannot be written; what it held stays.
    """
    if output is None or output == "-":
        click.echo(text, nl=False, color=on_a_terminal())
        return
    _write(text, output)


def put_drawn(drawn: Drawn, output: str | None) -> None:
    """Write a figure likewise, and say what it warns of; raises as `put_text` does."""
    for warning in drawn.warnings:
        say(f"warning: {warning}", err=True)
    if output is None or output == "-":
        click.echo(drawn.content, nl=False)
        return
    _write(drawn.content, output)


def on_a_terminal() -> bool:
    """Whether somebody sees the output, and has nothing against colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _write(content: str | bytes, output: str) -> None:
    from resdsl.files import write_whole

    write_whole(output, content)
    say(f"wrote {one_line(output)}", err=True)
