"""`resdsl fmt`: puts texts into canonical form."""

from __future__ import annotations

import codecs
import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from resdsl.cli.exits import PROBLEM
from resdsl.cli.messages import say
from resdsl.cli.options import not_empty
from resdsl.diagnostics.spec_error import SpecError
from resdsl.printable import one_line
from resdsl.source import Unreadable, decode, read_bounded, unreadable

_STDIN = "<stdin>"


@click.command("fmt")
@click.argument("paths", type=not_empty, metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; list the files that are not in canonical form."
)
@click.option("--diff", "with_diff", is_flag=True, help="Write nothing; print what would change.")
def command(paths: tuple[str, ...], only_check: bool, with_diff: bool) -> int:
    """Put texts into canonical form, in place.

    FILE is a file, a folder, which means all files below it whose names end in .res, or `-`, which formats the standard
    input to the standard output. Only the form of a text is looked at; imports and names need not exist. A text that
    cannot be read is left as it is.
    """
    if paths.count("-") > 1:
        raise click.UsageError("`-` is given twice; the standard input can be read only once")
    problems = changed = count = 0
    for path in _files(paths):
        count += 1
        try:
            text = _read(path)
        except SpecError as error:
            say(str(error), err=True)
            problems += 1
            continue
        changed += text.is_changed
        _put(path, text, only_check, with_diff)
    if paths != ("-",):
        say(_summary(count, changed, problems, writes=not only_check and not with_diff), err=True)
    return PROBLEM if problems or (only_check and changed) else 0


@dataclass(frozen=True)
class _Text:
    """A text before and after: as bytes, since line ends and a byte order mark are kept."""

    before: bytes
    after: bytes

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


def _files(paths: Sequence[str]) -> Iterator[str]:
    """The files that the arguments mean; of a folder, in the order of their names."""
    for path in paths:
        if path != "-" and Path(path).is_dir():
            yield from map(str, sorted(found for found in Path(path).rglob("*.res") if found.is_file()))
        else:
            yield path


def _read(path: str) -> _Text:
    """A file, or the standard input, and its canonical form.

    Raises:
        SpecError: it cannot be read, or its form is wrong.
    """
    from resdsl.printer.formatting import format_text
    from resdsl.syntax.errors import UnreadableText

    name = _STDIN if path == "-" else one_line(path)
    try:
        before = _bytes(path)
        text = decode(before)
        if text.lstrip().startswith("{"):
            raise Unreadable("it is JSON, and only texts of the language are formatted")
    except Unreadable as error:
        raise SpecError([UnreadableText(name=name, reason=str(error))]) from None
    mark = codecs.BOM_UTF8 if before.startswith(codecs.BOM_UTF8) else b""
    return _Text(before, mark + format_text(text, name).encode())


def _bytes(path: str) -> bytes:
    try:
        if path == "-":
            return read_bounded(sys.stdin.buffer)
        with Path(path).open("rb") as file:
            return read_bounded(file)
    except OSError as error:
        raise unreadable(error) from None


def _put(path: str, text: _Text, only_check: bool, with_diff: bool) -> None:
    """Write a text, or what was asked for instead."""
    if with_diff:
        for line in _diff(path, text):
            say(line)
    elif only_check and text.is_changed:
        say(_STDIN if path == "-" else path)
    if only_check or with_diff:
        return
    if path == "-":
        click.echo(text.after, nl=False)
    elif text.is_changed:
        from resdsl.files import write_whole

        write_whole(path, text.after)


def _diff(path: str, text: _Text) -> Iterator[str]:
    from difflib import unified_diff

    name = _STDIN if path == "-" else path
    before, after = (data.decode("utf-8-sig").replace("\r\n", "\n") for data in (text.before, text.after))
    for line in unified_diff([*io.StringIO(before)], [*io.StringIO(after)], name, name):
        yield line.rstrip("\n")


def _summary(count: int, changed: int, problems: int, writes: bool) -> str:
    files = "1 file" if count == 1 else f"{count} files"
    parts = [f"{changed} {'formatted' if writes else 'would change'}", f"{count - changed - problems} unchanged"]
    return f"{files}: {', '.join(parts + [f'{problems} not readable'] * bool(problems))}"
