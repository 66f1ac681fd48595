"""A softmax behind the last output, for classifiers whose callers want probabilities."""

from __future__ import annotations

from resdsl.ir.network import Layer, Network
from resdsl.ops.activation import Softmax
from resdsl.refusal import Refused


class AlreadyNormalised(Refused):
    """The last output is a softmax already."""

    def __init__(self, network: str) -> None:
        super().__init__(f"the last output of {network} is a softmax already")


def with_softmax(network: Network) -> Network:
    """The network with a softmax over the channels of its last output, which keeps its name.

    Raises:
        AlreadyNormalised: it is one already.
    """
    *others, last = network.outputs
    source = last.value.partition(":")[0]
    if any(isinstance(node, Layer) and node.name == source and isinstance(node.op, Softmax) for node in network.nodes):
        raise AlreadyNormalised(network.name)
    name = "softmax"
    while name in network.values:
        name += "_"
    shapes = (network.values[last.value],)
    layer = Layer(name=name, path=name, op=Softmax(axis=0), inputs=(last.value,), shapes=shapes)
    return network.replace(nodes=(*network.nodes, layer), outputs=(*others, last.replace(value=name)), expectations=())
