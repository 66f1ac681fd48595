"""Where in a text the nodes of a network come from: the statement of each, and the calls that led to it.

Kept beside the network and not in it, so that two networks are equal whatever texts they come from. While a network is
built, each graph notes the statement that is run; paths are followed only when somebody asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from resdsl.elaborate.cache import BuiltBody
from resdsl.elaborate.linking import Callee
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


class PlaceStep(NamedTuple):
    """A step of the way to a node.

    Attributes:
        graph: the graph of the network, or of the block that the step before calls.
        node: the node in it.
        repeat: the index of the block, if the node is a stage and the way leads into it.
    """

    graph: BuiltGraph
    node: Node
    repeat: int | None

    @property
    def body(self) -> Body | None:
        """The block that it calls; of a stage, the first if there is none."""
        if isinstance(self.node, Call):
            return self.node.body
        if isinstance(self.node, Stage):
            return next(run.body for run in self.node.runs if (self.repeat or 0) in run.indices)
        return None


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
        way = self.way(path)
        if way is None:
            return None
        *calls, last = [step.graph.statements[step.node.name] for step in way]
        # A block of a stage comes from the statement of the stage, like the stage itself.
        return NodePlace(last, tuple(reversed(calls)))

    def way(self, path: str) -> tuple[PlaceStep, ...] | None:
        """The nodes that lead to a path, from that of the network to the innermost; None if there is no such node."""
        if not all(path.split(".")):
            return None
        top = self.network
        return self._way(path, BuiltGraph("", top.nodes, top.values, self.statements))

    def built(self, body: Body) -> tuple[Callee, BuiltBody] | None:
        """The definition of a body, and what is known of the body besides."""
        return self._of_bodies.get(id(body))

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
                yield self._graph(path, body)
                left += [(f"{path}.{inner}", each) for inner, each in called(body.nodes)]

    def _way(self, path: str, graph: BuiltGraph) -> tuple[PlaceStep, ...] | None:
        for node, rest in _on_the_way(path, graph.nodes):
            if not rest:
                return (PlaceStep(graph, node, None),)
            inner = _called(node, rest)
            if inner is None:
                continue
            body, index, within = inner
            step = PlaceStep(graph, node, index)
            if not within:
                return (step,)
            found = self._way(within, self._graph(path.removesuffix(f".{within}"), body))
            if found is not None:
                return (step, *found)
        return None

    def _graph(self, path: str, body: Body) -> BuiltGraph:
        known = self.built(body)
        return BuiltGraph(path, body.nodes, body.values, known[1].statements if known is not None else {})

    @cached_property
    def _of_bodies(self) -> dict[int, tuple[Callee, BuiltBody]]:
        """By the identity of bodies, since equal ones may come from different texts. The session keeps them."""
        return {id(built.body): (callee, built) for callee, built in self._remembered()}

    def _remembered(self) -> Iterator[tuple[Callee, BuiltBody]]:
        for (callee, *_), built in self.session.bodies.items():
            assert isinstance(callee, Callee)
            yield callee, built


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


_INDEX = re.compile("0|[1-9][0-9]{0,8}")


def _called(node: Node, rest: str) -> tuple[Body, int | None, str] | None:
    """The body of a call, or of a block of a stage with its index, and the path within it."""
    if isinstance(node, Call):
        return node.body, None, rest
    if not isinstance(node, Stage):
        return None
    index, _, within = rest.partition(".")
    if not _INDEX.fullmatch(index):
        return None
    return next(((run.body, int(index), within) for run in node.runs if int(index) in run.indices), None)
