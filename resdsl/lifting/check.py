"""Whether two graphs compute the same: every value as a digest of how it is made (`resdsl.equality`)."""

from __future__ import annotations

from resdsl.equality.digests import digest, value_digests as digests_of
from resdsl.equality.networks import flat_graph
from resdsl.ir.network import Network
from resdsl.lifting.graph import PlainGraph, PlainNode


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


def graph_hash(graph: PlainGraph) -> str:
    """A digest of all outputs together."""
    values = value_digests(graph)
    return digest("outputs", *(values[value] for _, value in graph.outputs))


def modules(graph: PlainGraph) -> set[tuple[str, str]]:
    """The layers with weights: the digest of what each yields, and its path."""
    values = value_digests(graph)
    return {(values[node.output], node.path) for node in graph.nodes if node.op.state(graph.shapes_of(node))}
