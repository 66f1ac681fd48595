"""Whether two graphs compute the same: every value as a digest of how it is made (`resdsl.equality`)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from resdsl.equality.digests import digest, layer_digests as digests_of_layers, value_digests as digests_of
from resdsl.equality.forms import SAME, UNTOLD
from resdsl.equality.networks import flat_graph
from resdsl.ir.network import Network
from resdsl.lifting.graph import PlainGraph, PlainNode
from resdsl.ops.norm import BatchNorm
from resdsl.ops.regularise import Dropout, DropPath, Scale
from resdsl.ops.text import op_text

_MOMENTUM = BatchNorm.defaults["momentum"]


def graph_of(network: Network) -> PlainGraph:
    """A network without its structure, for inference: the layers that its outputs depend on.

    Raises:
        resdsl.ir.walk.TooManyLayers: there are more layers than can be written one by one.
    """
    flat = flat_graph(network)
    return PlainGraph(network.name, flat.inputs, tuple([PlainNode(*layer) for layer in flat.layers]), *flat[2:])


def value_digests(graph: PlainGraph) -> dict[str, str]:
    """A digest for every value, equal for values that are made alike of equal inputs in equal places."""
    return digests_of(graph.inputs, graph.nodes, graph.shapes)


def layer_digests(graph: PlainGraph) -> dict[str, str]:
    """Likewise for what layers yield, wherever axes are turned."""
    return digests_of_layers(graph.inputs, graph.nodes, graph.shapes)


def graph_hash(graph: PlainGraph) -> str:
    """A digest of all outputs together."""
    values = value_digests(graph)
    return digest("outputs", *(values[value] for _, value in graph.outputs))


def training(graph: PlainGraph) -> Counter[tuple[str, str]]:
    """What acts in training only, which no digest of values tells: what it is, with the digest of what it yields.

    That is what drops values, and the momentum of norms. The outputs are there too, since they tell which of several
    layers reads a value as it was before it was dropped.
    """
    acting = [node for node in graph.nodes if isinstance(node.op, Dropout | DropPath | BatchNorm)]
    unusual = [node for node in acting if not isinstance(node.op, BatchNorm) or node.op.momentum != _MOMENTUM]
    if not unusual:
        return Counter()
    made = value_digests(_dropping(graph))
    found = Counter((made[node.output], op_text(node.op, graph.shapes_of(node))) for node in unusual)
    found.update((made[value], "output") for _, value in graph.outputs)
    return found


def _dropping(graph: PlainGraph) -> PlainGraph:
    """A graph in which what drops values is a layer that digests have."""
    nodes = [
        replace(node, op=Scale(factor=1 - node.op.rate)) if isinstance(node.op, Dropout | DropPath) else node
        for node in graph.nodes
    ]
    return replace(graph, nodes=tuple(nodes))


def modules(graph: PlainGraph) -> set[tuple[str, str]]:
    """The layers with weights: the digest of what each yields, and its path."""
    made = layer_digests(graph)
    return {(made[node.output], node.path) for node in graph.nodes if node.op.state(graph.shapes_of(node))}


def trained_otherwise(graph: PlainGraph) -> Counter[tuple[str, str]]:
    """The layers that compute what others do in inference and are trained in another way, by what they yield."""
    made = layer_digests(graph)
    nodes = [node for node in graph.nodes if node.op.op in SAME]
    return Counter((made[node.output], repr((node.op.op, _numbers(node)))) for node in nodes)


def _numbers(node: PlainNode) -> list[tuple[str, object]]:
    return [(name, value) for name, value in sorted(node.op.plain().items()) if name not in UNTOLD]
