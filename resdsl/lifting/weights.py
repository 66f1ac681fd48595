"""The weights of a lifted model under the names of its text."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from resdsl.files import replacing
from resdsl.ir.network import Network
from resdsl.lifting.check import graph_of, layer_digests
from resdsl.lifting.graph import FileTensor, PlainGraph, PlainNode
from resdsl.lifting.lifted import Lifted
from resdsl.lifting.refusals import NotLifted
from resdsl.ops.base import Shape
from resdsl.ops.records import Tensor
from resdsl.weights.save import write_safetensors
from resdsl.weights.source import Values


@dataclass(frozen=True)
class LiftedWeights:
    """Tensors of a file by the names that the text has for them; a source of weights.

    Attributes:
        tensors: by full names.
    """

    tensors: Mapping[str, FileTensor]

    def pieces(self, name: str, tensor: Tensor) -> Iterator[Values]:
        """See `resdsl.weights.source.WeightSource`; counters of training steps, which files do not have, are zero.

        Raises:
            NotLifted: the file has no values for it, or values of another shape.
        """
        found = self.tensors.get(name)
        if found is None and tensor.dtype == "int64":
            yield np.zeros(tensor.shape, "<i8").reshape(-1)
            return
        if found is None:
            raise NotLifted(f"the file has no values for `{name}`")
        values = np.asarray(found.values(), dtype="<f4")
        if values.size != np.prod(tensor.shape, dtype=int):
            raise NotLifted(f"`{name}` is {tensor.shape} in the text and {values.shape} in the file")
        yield np.ascontiguousarray(values).reshape(-1)


def weights_of(found: Lifted) -> LiftedWeights:
    """The weights of a model for the text that was lifted from it.

    Layers are told apart by what they yield, and by their paths where these are kept.
    """
    own = graph_of(found.network)
    waiting: dict[object, deque[PlainNode]] = defaultdict(deque)
    for key, node in _keyed(found.graph, named=found.named):
        waiting[key].append(node)
    tensors: dict[str, FileTensor] = {}
    for key, node in _keyed(own, named=found.named):
        source = waiting[key].popleft()
        for tensor in node.op.state(own.shapes_of(node)):
            if tensor.name in source.tensors:
                tensors[tensor.at(node.path)] = source.tensors[tensor.name]
    return LiftedWeights(tensors)


def shapes_of_state(network: Network) -> dict[str, Shape]:
    """The shapes of all tensors of a network by their names."""
    graph = graph_of(network)
    tensors = ((node.path, tensor) for node in graph.nodes for tensor in node.op.state(graph.shapes_of(node)))
    return {tensor.at(path): tensor.shape for path, tensor in tensors}


def _keyed(graph: PlainGraph, *, named: bool) -> Iterator[tuple[object, PlainNode]]:
    digests = layer_digests(graph)
    for node in graph.nodes:
        if node.op.state(graph.shapes_of(node)):
            yield (digests[node.output], node.path if named else ""), node


def write_weights(found: Lifted, path: Path) -> None:
    """Write the weights of a model to a safetensors file, under the names of its text.

    Raises:
        NotLifted: the file has no values for some of them.
        OSError: the file cannot be written; its former content is kept.
    """
    source = weights_of(found)
    with replacing(path) as new:
        write_safetensors(found.network, new, source)
