"""Rewrites the graphs of a network: what layers become, and what is read in place of nodes that go.

Each distinct body is rewritten once, and equal bodies stay one object, so that the time depends on the number of
distinct bodies. What was done is kept as changes by module path, from which new weights are computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import is_
from typing import Generic, Protocol, Self, TypeVar

from resdsl.ir.network import Body, Call, Layer, Network, Node
from resdsl.ir.walk import bodies, refuse_too_many_layers
from resdsl.ops.base import Shape


class Rewritten(Protocol):
    """What was done to one module."""

    def under(self, prefix: str) -> Self:
        """The same, with a prefix before all paths; the prefix ends with a dot."""
        ...


C = TypeVar("C", bound=Rewritten)


@dataclass(frozen=True)
class Edit(Generic[C]):
    """What changes in one graph.

    Attributes:
        changes: the changes by the module path of what they leave.
        layers: what nodes become, by their names.
        instead: for the name of each node that goes, the name of the value that is read instead.
    """

    changes: Mapping[str, C]
    layers: Mapping[str, Layer]
    instead: Mapping[str, str]


Editor = Callable[[tuple[Node, ...], Mapping[str, Shape], tuple[str, ...]], Edit[C]]
"""Takes the nodes of a graph, the shapes of its values, and the values that are read from outside."""


@dataclass(frozen=True)
class Rewriting(Generic[C]):
    """A network before and after.

    Attributes:
        network: the rewritten network. It has no expectations, since those in the text are about the network as
            written.
        before: the network as it was.
        at_top: the changes in its top graph.
        within: the changes in each of its distinct bodies.
    """

    network: Network
    before: Network
    at_top: Mapping[str, C]
    within: Mapping[Body, Mapping[str, C]]

    def changes(self) -> Iterator[C]:
        """Every change, with full paths, in execution order; that of a shared module once.

        Raises:
            resdsl.ir.walk.TooManyLayers: the network has too many layers.
        """
        refuse_too_many_layers(self.before)
        return self._changes(self.before.nodes, self.at_top, "")

    def _changes(self, nodes: tuple[Node, ...], changes: Mapping[str, C], prefix: str) -> Iterator[C]:
        modules: dict[str, Node] = {}
        for node in nodes:
            modules.setdefault(node.path, node)
        for node in modules.values():
            if node.path in changes:
                yield changes[node.path].under(prefix)
            elif isinstance(node, Call):
                yield from self._changes(node.body.nodes, self.within[node.body], f"{prefix}{node.path}.")
            elif not isinstance(node, Layer):
                for run in node.runs:
                    for index in run.indices:
                        yield from self._changes(run.body.nodes, self.within[run.body], f"{prefix}{node.path}.{index}.")


def rewrite(network: Network, edit: Editor[C]) -> Rewriting[C]:
    """A network each of whose graphs is edited."""
    within: dict[Body, Mapping[str, C]] = {}
    made: dict[Body, Body] = {}
    distinct: dict[Body, Body] = {}
    for _, body in bodies(network):
        done = edit(body.nodes, body.values, body.outputs)
        within[body] = done.changes
        nodes = _rewritten(body.nodes, done, made)
        if nodes is not body.nodes:
            output, *also = (done.instead.get(value, value) for value in body.outputs)
            changed = body.replace(nodes=nodes, output=output, also=tuple(also))
            made[body] = distinct.setdefault(changed, changed)
    done = edit(network.nodes, network.values, tuple([tap.value for tap in network.outputs]))
    nodes = _rewritten(network.nodes, done, made)
    outputs = tuple([tap.replace(value=done.instead.get(tap.value, tap.value)) for tap in network.outputs])
    after = network.replace(nodes=nodes, outputs=outputs, expectations=())
    return Rewriting(after, network, done.changes, within)


def _rewritten(nodes: tuple[Node, ...], done: Edit[C], made: Mapping[Body, Body]) -> tuple[Node, ...]:
    """The remaining nodes, with their changes; the same objects if nothing changes."""
    kept = [node for node in nodes if node.name not in done.instead]
    new = tuple([_changed(done.layers.get(node.name, node), done.instead, made) for node in kept])
    return nodes if len(new) == len(nodes) and all(map(is_, new, nodes)) else new


def _changed(node: Node, instead: Mapping[str, str], made: Mapping[Body, Body]) -> Node:
    update: dict[str, object] = {}
    if any(value in instead for value in node.inputs):
        update["inputs"] = tuple([instead.get(value, value) for value in node.inputs])
    if isinstance(node, Call):
        if node.body in made:
            update["body"] = made[node.body]
    elif not isinstance(node, Layer) and any(run.body in made for run in node.runs):
        update["runs"] = tuple([run.replace(body=made.get(run.body, run.body)) for run in node.runs])
    return node.replace(**update) if update else node
