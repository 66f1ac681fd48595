"""`resdsl check --fix`: mends a file in place, or shows how."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from resdsl.cli.messages import say
from resdsl.printable import one_line
from resdsl.source import Source

if TYPE_CHECKING:
    from resdsl.diagnostics.problem import Problem


def mend_spec(
    spec: str, network: str | None, values: Mapping[str, str], import_path: tuple[str, ...], *, with_diff: bool
) -> None:
    """Mend the text of a spec; one that cannot be read is left to the check, as is a network in JSON."""
    from resdsl.api import is_json
    from resdsl.checking import check
    from resdsl.cli.reading import overrides_of, read_source_of
    from resdsl.diagnostics.mending import mend
    from resdsl.diagnostics.spec_error import SpecError

    try:
        source, chosen = read_source_of(spec, network)
        overrides = overrides_of(values)
    except SpecError:
        return
    if is_json(source):
        say(f"{one_line(spec)}: a network in JSON is not mended", err=True)
    if is_json(source) or source.path is None:
        return
    folders = tuple(map(Path, import_path))
    mended = mend(source, lambda text: check(text, chosen, overrides, folders).problems)
    if with_diff:
        for line in difference(source, mended.source):
            say(line)
    elif mended.source.text != source.text:
        _write(source, mended.source.text)
    say(f"{one_line(spec)}: {_summary(mended.mended, mended.left, writes=not with_diff)}", err=True)


def _write(source: Source, text: str) -> None:
    """Replace the text of a file, which keeps its byte order mark; line ends are those of the text.

    Raises:
        click.ClickException: the file was changed since it was read.
    """
    from resdsl.files import write_whole

    assert source.path is not None
    before = source.path.read_bytes()
    mark = codecs.BOM_UTF8 if before.startswith(codecs.BOM_UTF8) else b""
    if before != mark + source.text.encode():
        raise click.ClickException(f"{one_line(source.name)} was changed meanwhile, and is left as it is; try again")
    write_whole(source.path, mark + text.encode())


def difference(before: Source, after: Source) -> Iterator[str]:
    """What differs between two states of a text, as `diff -u` shows it."""
    from difflib import unified_diff

    old, new = ([*io.StringIO(source.text.replace("\r\n", "\n"))] for source in (before, after))
    for line in unified_diff(old, new, before.name, after.name):
        yield line.rstrip("\n")


def _summary(mended: tuple[Problem, ...], left: tuple[Problem, ...], *, writes: bool) -> str:
    verb = "mended" if writes else "would be mended"
    return f"{len(mended)} {verb}, {len(left)} left" if left else f"{len(mended)} {verb}, none left"
