"""How many lines the definitions of a shipped network have."""

from __future__ import annotations

from pathlib import Path

from resdsl.catalogue import locate
from resdsl.printer.formatting import format_text
from resdsl.source import Source, read_source
from resdsl.syntax import tree
from resdsl.syntax.mentions import names_of
from resdsl.syntax.parser import parse

Definition = tree.Definition | tree.Variant


def lines_of(text: str) -> int:
    """The lines of a text that are neither empty nor comments."""
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in text.split("\n"))


def lines_of_definitions(network: str) -> int:
    """The lines of the definitions that a shipped network uses, itself included, and the standard library not."""
    path = locate(network).path
    used = _Used()
    used.add(path, network)
    return sum(lines_of(text) for text in used.texts.values())


class _Used:
    """The definitions that a network uses, from whatever file they are."""

    def __init__(self) -> None:
        self.texts: dict[tuple[Path, str], str] = {}

    def add(self, path: Path, name: str) -> None:
        """A definition of a file, and what it uses."""
        source = Source(path.name, format_text(read_source(path).text))
        items = parse(source).items
        imported = {item.alias.text: path.parent / _path(item) for item in items if isinstance(item, tree.Import)}
        known = {item.name.text: item for item in items if isinstance(item, tree.Definition | tree.Variant)}
        if name not in known or (path, name) in self.texts:
            return
        item = known[name]
        self.texts[path, name] = source.text[item.span.start : item.span.end]
        for each in names_of(item):
            module, _, inner = each.text.partition(".")
            if module in imported and inner:
                self.add(imported[module], inner)
            else:
                self.add(path, each.text)


def _path(item: tree.Import) -> str:
    return "".join(part for part in item.path.parts if isinstance(part, str))
