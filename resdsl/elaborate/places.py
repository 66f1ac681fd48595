"""Where in a text the nodes of a network come from: the statement of each, and the calls that led to it.

Kept beside the network and not in it, so that two networks are equal whatever texts they come from. While a network is
built, each graph notes the statement that is run; paths are followed only when somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from resdsl.elaborate.session import Session
from resdsl.ir.network import Body, Call, Layer, Network, Node, Stage
from resdsl.ir.walk import called
from resdsl.ops.base import Shape
from resdsl.source import Span


class NodePlace(NamedTuple):
    """Where a node comes from.

    Attributes:
        statement: the statement that makes it; within a block, one of the block's definition.
        calls: the statements that call the blocks around it, from the innermost to that of the network.
    """

    statement: Span
    calls: tuple[Span, ...] = ()

    @property
    def file(self) -> str:
        """The name of the text, as in messages."""
        return self.statement.source.name

    @property
    def line(self) -> int:
        """The line on which the statement begins, counted from one."""
        return self.statement.position.line


class BuiltGraph(NamedTuple):
    """The nodes of a network or of a body in it.

    Attributes:
        path: of the first call of the body; empty for the network.
        values: the shapes of all values.
        statements: where each node comes from, by its name.
    """

    path: str
    nodes: tuple[Node, ...]
    values: Mapping[str, Shape]
    statements: Mapping[str, Span]


@dataclass(frozen=True, eq=False)
class Places:
    """Where the nodes of a network come from.

    Args:
        network: the network, as it was built.
        statements: the statements at its top, by the names of their nodes.
        session: in which it was built.
    """

    network: Network
    statements: Mapping[str, Span]
    session: Session

    def of(self, path: str) -> NodePlace | None:
        """Where the node of that path comes from, such as `layer1.0.conv1`, or `layer1.0` for a block of a stage; None
        if there is no such node. A module that is called again has a name for each call, as in the flat view.
        """
        return self._within(path, self.network.nodes, self.statements, ())

    def graphs(self) -> Iterator[BuiltGraph]:
        """The graph of the network, then that of each body in it, once."""
        top = self.network
        yield BuiltGraph("", top.nodes, top.values, self.statements)
        met: set[int] = set()
        left = list(called(top.nodes))
        while left:
            path, body = left.pop(0)
            if id(body) not in met:
                met.add(id(body))
                yield BuiltGraph(path, body.nodes, body.values, self._of_bodies.get(id(body), {}))
                left += [(f"{path}.{inner}", each) for inner, each in called(body.nodes)]

    def _within(
        self, path: str, nodes: tuple[Node, ...], statements: Mapping[str, Span], calls: tuple[Span, ...]
    ) -> NodePlace | None:
        for node, rest in _on_the_way(path, nodes):
            statement = statements[node.name]
            if not rest:
                return NodePlace(statement, calls)
            inner = _called(node, rest)
            if inner is None:
                continue
            body, within = inner
            around = (statement, *calls)
            if not within:
                return NodePlace(statement, calls)
            found = self._within(within, body.nodes, self._of_bodies.get(id(body), {}), around)
            if found is not None:
                return found
        return None

    @cached_property
    def _of_bodies(self) -> dict[int, Mapping[str, Span]]:
        """The statements of each body, by its identity: equal bodies may come from different texts."""
        return {id(built.body): built.statements for built in self.session.bodies.values() if built.body is not None}


def _on_the_way(path: str, nodes: tuple[Node, ...]) -> list[tuple[Node, str]]:
    """The nodes that are or may contain what is meant, each with the rest of the path within it."""
    own = [(node, "") for node in nodes if path == node.name] or [(node, "") for node in nodes if path == node.path]
    around = [
        (node, path[len(name) + 1 :])
        for node in nodes
        for name in dict.fromkeys((node.name, node.path))
        if not isinstance(node, Layer) and path.startswith(f"{name}.")
    ]
    return own + around


def _called(node: Node, rest: str) -> tuple[Body, str] | None:
    """The body of a call, or of a block of a stage, and the path within it."""
    if isinstance(node, Call):
        return node.body, rest
    if not isinstance(node, Stage):
        return None
    index, _, within = rest.partition(".")
    if not index.isdecimal():
        return None
    return next(((run.body, within) for run in node.runs if int(index) in run.indices), None)
