"""Splits a graph into parts at the points where everything flows through a single value.

Shortcuts, gates and concatenated values leave the main flow at one point and rejoin it at another; they are removed
first, so that a chain of residual blocks is a chain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from resdsl.ir.network import Layer, Node, output_name
from resdsl.ops.join import Add, Concat


@dataclass(frozen=True, slots=True)
class Region:
    """Nodes between two points with a single value; just one node, unless there are branches.

    Attributes:
        nodes: nodes of the main path, in order.
        value: the value that flows on; empty if there is none.
        aside: whether that value does not come from these nodes, which lead to their own output.
    """

    nodes: tuple[Node, ...]
    value: str
    aside: bool = False


def outputs_of(node: Node) -> tuple[str, ...]:
    """The values that a node yields."""
    return tuple([output_name(node.name, index) for index in range(len(node.shapes))])


def bypasses(nodes: Sequence[Node]) -> Mapping[str, tuple[str, ...]]:
    """The values that reach each join from beside the main path, by the name of the join."""
    main = [node for node in nodes if node.role == "main"]
    born: dict[str, int] = {}
    read: dict[str, int] = {}
    found: dict[str, tuple[str, ...]] = {}
    for index, node in enumerate(main):
        beside = _beside(node, index, born, read) if isinstance(node, Layer) else ()
        if beside:
            found[node.name] = beside
        for value in node.inputs:
            read.setdefault(value, index)
        born.update(dict.fromkeys(outputs_of(node), index))
    return found


def _beside(layer: Layer, index: int, born: Mapping[str, int], read: Mapping[str, int]) -> tuple[str, ...]:
    if layer.joins in {"residual", "gate"}:
        return layer.inputs[1:]
    if not isinstance(layer.op, Add | Concat) or len(layer.inputs) < 2:
        return ()
    # What was read before is kept beside what was made of it; the last that was made is the path itself.
    path = max(layer.inputs, key=lambda value: born.get(value, -1))
    return tuple([value for value in layer.inputs if value != path and read.get(value, index) < index])


def regions(nodes: Sequence[Node], given: Sequence[str], output: str) -> Iterator[Region]:
    """The parts of the main path of a graph, in order.

    Args:
        nodes: the nodes of the graph.
        given: the input values.
        output: the output value.
    """
    beside = bypasses(nodes)
    main = [node for node in nodes if node.role == "main"]
    last: dict[str, int] = {}
    for index, node in enumerate(main):
        kept = beside.get(node.name, ())
        last.update((value, index) for value in node.inputs if value not in kept)
    last[output] = len(main)
    live = set(given)
    made: set[str] = set()
    waiting: list[Node] = []
    for index, node in enumerate(main):
        waiting.append(node)
        made.update(outputs_of(node))
        live.update(outputs_of(node))
        live = {value for value in live if last.get(value, -1) > index}
        if len(live) <= 1:
            value = next(iter(live), "")
            yield Region(tuple(waiting), value, aside=value not in made)
            waiting, made = [], set()
    if waiting:
        yield Region(tuple(waiting), output)
