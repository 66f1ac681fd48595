"""A network without what exists in training only."""

from __future__ import annotations

from resdsl.ir.network import Network


def for_inference(network: Network) -> Network:
    """The network without the outputs of training and the nodes that only these depend on; itself if it has none.

    It has no expectations, since those in the text are about the network as written.
    """
    outputs = tuple([tap for tap in network.outputs if not tap.training])
    if len(outputs) == len(network.outputs):
        return network
    nodes = tuple([node for node in network.nodes if node.name not in network.trained_only])
    return network.replace(nodes=nodes, outputs=outputs, expectations=())
