"""The distinct layers that a row stands for, and how often each is there.

Why it exists: what a layer asks of a device is no sum of what its network counts, so it is found layer by layer, for
rows of any depth. Equal layers are one, and a body is looked at once, so that a row whose layers nobody could write
down one by one takes no longer than its distinct bodies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from weakref import WeakKeyDictionary

from resdsl.analysis.rows.tree import Row
from resdsl.ir.network import Body, Call, Layer, Node
from resdsl.ops.base import Op, Shape, Shapes

Counted = tuple[Op, Shapes]
"""A layer as it is told from others: its op, and the shapes of what it reads."""
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
