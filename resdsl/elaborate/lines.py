"""The line that each node of a network comes from, by its name in the whole network, as outputs state it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from resdsl.elaborate.places import Places
from resdsl.ir.network import Body, Call, Node, Stage
from resdsl.source import Source, Span

Lines = Callable[[str], str | None]
"""Returns the file and the line of the node of a name, such as `resnet.res:12`; None if it comes from no text."""


def lines_of(places: Places) -> Lines:
    """Where the nodes of a network come from, found for all of them when the first is asked for."""

    @cache
    def lines() -> dict[str, str]:
        return dict(_lines(places, places.network.nodes, places.statements, ""))

    return lambda name: lines().get(name)


def _lines(
    places: Places, nodes: tuple[Node, ...], statements: Mapping[str, Span], prefix: str
) -> Iterator[tuple[str, str]]:
    for node in nodes:
        if (statement := statements.get(node.name)) is None:
            continue
        line = f"{_file(statement.source)}:{statement.position.line}"
        for name in dict.fromkeys((node.path, node.name)):
            yield f"{prefix}{name}", line
            for index, body in _called(node):
                yield f"{prefix}{name}{index}", line
                yield from _lines(places, body.nodes, _statements(places, body), f"{prefix}{name}{index}.")


def _called(node: Node) -> Iterator[tuple[str, Body]]:
    """The bodies that a node calls, each with what its path adds to that of the node: the index of a block."""
    if isinstance(node, Call):
        yield "", node.body
    elif isinstance(node, Stage):
        for run in node.runs:
            for index in run.indices:
                yield f".{index}", run.body


def _statements(places: Places, body: Body) -> Mapping[str, Span]:
    known = places.built(body)
    return {} if known is None else known[1].statements


def _file(source: Source) -> str:
    """The name of a text without its folder, so that a file does not depend on where it was made."""
    return source.name if source.is_library or source.path is None else source.path.name
