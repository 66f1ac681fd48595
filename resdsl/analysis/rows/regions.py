"""Parts of a network in place of a single head: regions of layers that branch, and everything below one name.

The layers after the last stage of a classifier are its head, and one row says what they cost. Those of a pyramid or of
a decoder are most of a network, at several resolutions, and one row would say nothing about them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise

from resdsl.ir.network import Call, Layer, Node
from resdsl.ops.base import Shape


def regions(layers: Sequence[Layer]) -> Iterator[tuple[Layer, ...]]:
    """The layers as one region if each reads the one before, otherwise as one for each stretch of equal sizes."""
    if not _branches(layers):
        yield tuple(layers)
        return
    for _, stretch in groupby(layers, _size):
        yield tuple(stretch)


def named_parts(nodes: Sequence[Node], values: Mapping[str, Shape]) -> Iterator[tuple[str, tuple[Node, ...]]]:
    """The nodes by the part that they belong to, in the order in which parts begin.

    A part is a block, or everything whose path begins with the same name, as `backbone.conv1` and `backbone.layer1` do;
    layers without parameters or buffers that lead from one part to the next belong to the first. The name is empty for
    each run of other nodes.

    Args:
        nodes: the nodes of a graph.
        values: the shapes of its values.
    """
    found: dict[str | int, list[Node]] = {}
    before = ""
    for number, (name, run) in enumerate(groupby(nodes, _name)):
        members = list(run)
        key = name or (before if before and all(_is_plain(node, values) for node in members) else number)
        found.setdefault(key, []).extend(members)
        before = name or before
    for key, members in found.items():
        yield key if isinstance(key, str) else "", tuple(members)


def _name(node: Node) -> str:
    """The name of the part that a node belongs to; empty if there is none."""
    name, dot, _ = node.path.partition(".")
    return name if dot or isinstance(node, Call) else ""


def _is_plain(node: Node, values: Mapping[str, Shape]) -> bool:
    """Whether a node is a layer that a checkpoint holds nothing of."""
    return isinstance(node, Layer) and not node.op.state(tuple([values[value] for value in node.inputs]))


def _branches(layers: Sequence[Layer]) -> bool:
    """Whether a layer reads something other than the layer before it, shortcuts and gates aside."""
    main = [layer for layer in layers if layer.role == "main"]
    return any(
        layer.joins not in {"residual", "gate"}
        and any(value.partition(":")[0] != before.name for value in layer.inputs)
        for before, layer in pairwise(main)
    )


def _size(layer: Layer) -> Shape:
    """The spatial sizes of what a layer yields; a vector counts as a single position."""
    sizes = layer.shapes[0][1:]
    return sizes if set(sizes) - {1} else (1,)
