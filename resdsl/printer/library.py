"""The definitions of the standard library, with the comments above them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from resdsl.printer.statements import parameters_text
from resdsl.resources import spec_folder
from resdsl.source import read_source
from resdsl.syntax import tree
from resdsl.syntax.parser import parse


@dataclass(frozen=True)
class LibraryDefinition:
    """A block or a shortcut that is always available.

    Attributes:
        kind: `block` or `shortcut`.
        name: of the definition.
        signature: the name with the parameters and their defaults.
        summary: the first sentence of the comment above it.
        file: where it is defined, from the folder of the specs.
        text: the comment and the definition as they stand there.
    """

    kind: str
    name: str
    signature: str
    summary: str
    file: str
    text: str


def library_definitions() -> Iterator[LibraryDefinition]:
    """All of them, in the order of the files, which are sorted by name."""
    for path in sorted((spec_folder() / "std").glob("*.res")):
        file = parse(read_source(path))
        for item in file.items:
            if isinstance(item, tree.Definition):
                yield _definition(item, file, f"std/{path.name}")


def _definition(item: tree.Definition, file: tree.File, name: str) -> LibraryDefinition:
    comment = _comment_above(item, file)
    sentence = re.split(r"(?<!\bal)\.(?:\s|$)", " ".join(comment.split("\n")), maxsplit=1)[0]
    return LibraryDefinition(
        item.kind,
        item.name.text,
        f"{item.name.text}{parameters_text(item.parameters)}",
        sentence,
        name,
        "".join(f"# {line}".rstrip() + "\n" for line in comment.split("\n") if comment) + item.span.text,
    )


def _comment_above(item: tree.Definition, file: tree.File) -> str:
    """The comment on the lines right above a definition, without the signs."""
    lines = {span.position.line: span.text.removeprefix("#").strip() for span in file.comments}
    above: list[str] = []
    line = item.span.position.line - 1
    while line in lines:
        above.insert(0, lines[line])
        line -= 1
    return "\n".join(above)
