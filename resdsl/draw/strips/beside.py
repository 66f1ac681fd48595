"""Everything beside the main path of a graph: layers of shortcuts in words, nodes of gates, branches as one part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from resdsl.analysis.costs import Costs
from resdsl.draw.labels import label_of, short_label_of
from resdsl.draw.strips.strip import Part, Skip, SkipKind
from resdsl.ir.network import Call, Layer, Node
from resdsl.ops.base import Shape, Shapes
from resdsl.ops.join import Concat
from resdsl.ops.text import op_text

MOST_KINDS = 4
"""How many kinds of branches a box names."""


def skip_of(join: Layer, nodes: Sequence[Node], values: Mapping[str, Shape], costs: Costs, *, changes: bool) -> Skip:
    """A skip whose positions are not known yet.

    Args:
        join: the node that joins it with the main path.
        nodes: the nodes on it, in order.
        values: the values of the graph.
        costs: the costs of these nodes.
        changes: whether its shape changes.
    """
    kept = isinstance(join.op, Concat)
    layers = list(_layers(nodes, values))
    short = [label for layer, inputs in layers if (label := short_label_of(layer.op, inputs))]
    about = [label_of(layer.op, inputs) or op_text(layer.op, inputs) for layer, inputs in layers]
    kind: SkipKind = "concat" if kept else "identity" if not nodes else "projection" if costs.params else "padding"
    return Skip(0, 0, kind, join.path, changes and not kept, ", ".join(short), "; ".join(about), costs)


def _layers(nodes: Iterable[Node], values: Mapping[str, Shape]) -> Iterator[tuple[Layer, Shapes]]:
    """The layers of a shortcut, in order."""
    for node in nodes:
        if isinstance(node, Layer):
            yield node, tuple([values[value] for value in node.inputs])
        elif isinstance(node, Call):
            yield from _layers(node.body.nodes, node.body.values)


def gate_nodes(join: Layer, nodes: Sequence[Node], made_by: Mapping[str, Node]) -> list[Node]:
    """The nodes of a gate before its join, in order."""
    found: set[str] = set()
    waiting = list(join.inputs[1:])
    while waiting:
        node = made_by.get(waiting.pop())
        if node is not None and node.role == "gate" and node.name not in found:
            found.add(node.name)
            waiting += node.inputs
    return [node for node in nodes if node.name in found]


def kinds_of(parts: Sequence[Part], gates: int) -> list[str]:
    """The kinds of parts among branches, with their numbers."""
    counts: Counter[str] = Counter()
    for part in parts:
        counts[" + ".join(part.label)] += part.times
    kinds = [f"{label} x {count}" if count > 1 else label for label, count in counts.items()]
    return [*kinds, *(["1 gate" if gates == 1 else f"{gates} gates"] if gates else [])]


def branches(title: str, parts: Sequence[Part], kinds: Sequence[str], shape: Shape, costs: Costs) -> Part:
    """Parts that do not form a sequence, merged into one part that names them.

    Args:
        title: its first line.
        parts: the parts.
        kinds: the kinds among them.
        shape: their joint output shape.
        costs: their total costs.
    """
    lines = list(kinds)
    if len(lines) > MOST_KINDS:
        lines[MOST_KINDS - 1 :] = [f"and {len(lines) - MOST_KINDS + 1} more kinds"]
    paths = tuple([path for part in parts for path in part.paths])
    return Part((title, *lines), "branches", shape, paths, costs)
