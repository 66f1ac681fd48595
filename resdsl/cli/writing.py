"""Writes texts and figures to a file or to the standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import click

from resdsl.cli.messages import say
from resdsl.printable import one_line

if TYPE_CHECKING:
    from resdsl.draw.write import Drawn


def refuse_outputs(outputs: Mapping[str, str | None], inputs: Iterable[str | os.PathLike[str] | None]) -> None:
    """Refuse outputs, by their options, that would replace an input or cannot be written, before any long work.

    Raises:
        resdsl.overwriting.WouldOverwrite: an output is one of the inputs.
        OSError: an output cannot be written. Nothing is changed.
    """
    from resdsl.files import refuse_unwritable
    from resdsl.overwriting import refuse_overwriting

    refuse_overwriting(outputs, inputs)
    refuse_unwritable([each for each in outputs.values() if each is not None and each != "-"])


def put_text(text: str, output: str | None) -> None:
    """Write a text to a file, or to the standard output if there is none or it is `-`.

    Raises:
        OSError: the file cannot be written; its former content is kept.
    """
    if output is None or output == "-":
        click.echo(text, nl=False, color=on_a_terminal())
        return
    _write(text, output)


def put_rows(rows: Iterable[str], output: str | None) -> None:
    """Write a text likewise, each row as soon as it is there; raises the errors of `put_text`.

    If the reader of the standard output leaves, the command ends: nobody waits for the other rows.
    """
    if output is None or output == "-":
        try:
            for row in rows:
                click.echo(row, nl=False)
        except BrokenPipeError:
            raise click.exceptions.Exit(0) from None
        return
    from resdsl.files import replacing

    with replacing(output) as new, new.open("w", encoding="utf-8", newline="") as file:
        file.writelines(rows)
    say(f"wrote {one_line(output)}", err=True)


def put_drawn(drawn: Drawn, output: str | None) -> None:
    """Write a figure likewise, after printing its warnings; raises the errors of `put_text`."""
    for warning in drawn.warnings:
        say(f"warning: {warning}", err=True)
    if output is None or output == "-":
        click.echo(drawn.content, nl=False)
        return
    _write(drawn.content, output)


def on_a_terminal() -> bool:
    """Whether the output is a terminal and colours are not disabled."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _write(content: str | bytes, output: str) -> None:
    from resdsl.files import write_whole

    write_whole(output, content)
    say(f"wrote {one_line(output)}", err=True)
