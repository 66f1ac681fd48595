"""The definitions of a text with their stages, labelled layers and outputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from resdsl.server.items import TextLayout
from resdsl.source import Span
from resdsl.syntax import tree
from resdsl.syntax.mentions import walk


class OutlineEntry(NamedTuple):
    """A part of a text.

    Attributes:
        name: as it is written.
        kind: `network`, `block`, `shortcut`, `sweep`, `import`, `stage`, `layer`, `output` or `name`.
        span: all of it.
        at: its name.
        within: what is in it.
    """

    name: str
    kind: str
    span: tuple[int, int]
    at: tuple[int, int]
    within: tuple[OutlineEntry, ...] = ()


def outline(layout: TextLayout) -> list[OutlineEntry]:
    """The definitions of a text, in order."""
    found = []
    for item in layout.file.items:
        if isinstance(item, tree.Version):
            continue
        name = item.alias if isinstance(item, tree.Import) else item.name
        entry = _entry(name.text, _kind(item), item.span, name.span, layout, tuple(_within(item, layout)))
        if entry is not None:
            found.append(entry)
    return found


def _kind(item: tree.Item) -> str:
    match item:
        case tree.Definition():
            return item.kind
        case tree.SweepLines():
            return "sweep"
        case tree.Import():
            return "import"
    return "network"


def _within(item: tree.Node, layout: TextLayout) -> Iterator[OutlineEntry]:
    for node in walk(item):
        match node:
            case tree.StageStatement(label=label):
                found = _entry(_written(label.name), "stage", node.span, label.name.span, layout)
            case tree.Apply(label=tree.PathLabel() as label):
                found = _entry(_written(label.name), "layer", node.span, label.name.span, layout)
            case tree.TapStatement(name=name) | tree.OutputStatement(name=name):
                found = _entry(_written(name), "output", node.span, name.span, layout)
            case tree.Let(name=name) | tree.As(name=name):
                found = _entry(name.text, "name", node.span, name.span, layout)
            case _:
                continue
        if found is not None:
            yield found


def _written(name: tree.Word | tree.StringLiteral) -> str:
    return name.text if isinstance(name, tree.Word) else name.span.text.strip('"')


def _entry(
    name: str, kind: str, span: Span, at: Span, layout: TextLayout, within: tuple[OutlineEntry, ...] = ()
) -> OutlineEntry | None:
    whole, head = layout.place(span), layout.place(at)
    if whole is None or head is None:
        return None
    return OutlineEntry(name, kind, whole, head, within)
