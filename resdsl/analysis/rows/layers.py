"""The distinct layers of a row, and how often each of them occurs.

Why it exists: what a layer demands of a device is not a sum of the network's counts, so it is computed layer by layer,
for rows of any depth. Equal layers count as one and every body is examined once, so even a row with an enormous number
of layers takes no longer than its distinct bodies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from weakref import WeakKeyDictionary

from resdsl.analysis.rows.tree import Row
from resdsl.ir.network import Body, Call, Layer, Node
from resdsl.ops.base import Op, Shape, Shapes

Counted = tuple[Op, Shapes]
"""What identifies a layer: its op, and the shapes that it reads."""
Layers = Mapping[Counted, int]

_of_bodies: WeakKeyDictionary[Body, Layers] = WeakKeyDictionary()


def layers_of(row: Row) -> Layers:
    """The layers of all repeats of a row, whatever its depth."""
    if row.body is not None:
        return _times(_of_body(row.body), row.repeats)
    return _times(_of_nodes(row.nodes, row.values), row.repeats)


def _of_body(body: Body) -> Layers:
    known = _of_bodies.get(body)
    if known is None:
        known = _of_bodies[body] = _of_nodes(body.nodes, body.values)
    return known


def _of_nodes(nodes: Iterable[Node], values: Mapping[str, Shape]) -> Layers:
    found: dict[Counted, int] = {}
    for node in nodes:
        for layer, times in _of_one(node, values):
            found[layer] = found.get(layer, 0) + times
    return found


def _of_one(node: Node, values: Mapping[str, Shape]) -> Iterator[tuple[Counted, int]]:
    if isinstance(node, Layer):
        yield (node.op, tuple([values[value] for value in node.inputs])), 1
    elif isinstance(node, Call):
        yield from _of_body(node.body).items()
    else:
        for run in node.runs:
            yield from _times(_of_body(run.body), run.count).items()


def _times(layers: Layers, times: int) -> Layers:
    return layers if times == 1 else {layer: times * count for layer, count in layers.items()}
