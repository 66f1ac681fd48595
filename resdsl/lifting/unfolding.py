"""Norms that an exporter has folded into the layers before them, as layers again.

A convolution with a bias, whose weight was scaled, is the convolution without a bias and a norm that adds it: its mean
is zero, its variance and its scale one. The two compute the same; the norm's own numbers are lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from resdsl.lifting.graph import FileTensor, PlainGraph, PlainNode
from resdsl.lifting.norm_paths import UnfoldedNorm, norm_paths
from resdsl.ops.conv import Conv
from resdsl.ops.norm import BatchNorm

_EPS = 1e-5
_MADE_UP = "onnx::"
"""What names begin with that PyTorch's older exporter makes up."""


def folded_layers(graph: PlainGraph) -> list[PlainNode]:
    """The layers that a norm was folded into, by what the file says of them.

    PyTorch's exporters write the path of the norm as that of the layer, or make up names for the weights.
    """
    marks = _Marks(graph)
    return [node for node in graph.nodes if isinstance(node.op, Conv) and marks.has(node)]


def likely_folded_layers(graph: PlainGraph) -> list[PlainNode]:
    """These, and in a graph without any norm all convolutions of maps with a bias."""
    if any(node.op.normalises for node in graph.nodes):
        return folded_layers(graph)
    marks = _Marks(graph)
    return [
        node
        for node in graph.nodes
        if isinstance(node.op, Conv) and (marks.has(node) or (node.op.bias and _is_of_map(graph, node)))
    ]


class _Marks:
    """What exporters leave at the convolutions that they have folded a norm into."""

    def __init__(self, graph: PlainGraph) -> None:
        self._graph = graph
        self._normed = {value for node in graph.nodes if isinstance(node.op, BatchNorm) for value in node.inputs}
        self._counts = Counter(_name_of(node, "weight") for node in graph.nodes)

    def has(self, node: PlainNode) -> bool:
        """Whether a convolution has a mark."""
        if node.norm:
            return self._has_path_of_norm(node)
        made_up = _name_of(node, "weight").startswith(_MADE_UP)
        return made_up and _has_bias_of_norm(node) and _is_of_map(self._graph, node)

    def _has_path_of_norm(self, node: PlainNode) -> bool:
        """Whether the other path of a convolution is that of a norm, and not a second name of its own.

        A bias of zeros is left out of the file, so that there may be none. A layer with two names is called the same in
        both modules, or is called again.
        """
        if node.output in self._normed:
            return False
        if "bias" in node.tensors:
            return True
        own, other = (path.rpartition(".")[2] for path in (node.path, node.norm))
        return own != other and self._counts[_name_of(node, "weight")] == 1


def _has_bias_of_norm(node: PlainNode) -> bool:
    """Whether the exporter made the bias of a layer, and not the model.

    Its name is made up, or that of another module whose bias is equal, as where both are zero: it is written once.
    """
    name = _name_of(node, "bias")
    return name.startswith(_MADE_UP) or (name.endswith(".bias") and name != f"{node.path}.bias")


def _name_of(node: PlainNode, tensor: str) -> str:
    """The name that the file has for a tensor of a layer; empty if it has none."""
    return node.tensors[tensor].name if tensor in node.tensors else ""


def _is_of_map(graph: PlainGraph, node: PlainNode) -> bool:
    """Whether a layer yields a map; those of gates see a single position, and have biases of their own."""
    return set(graph.shapes[node.output][1:]) != {1}


def norms_of(layers: Sequence[PlainNode]) -> frozenset[UnfoldedNorm]:
    """The norms that were folded into layers; those that share their path and their tensors share one."""
    return frozenset(map(_folded_norm, layers))


def unfolded(graph: PlainGraph, layers: Sequence[PlainNode]) -> PlainGraph:
    """The graph with norms behind these layers."""
    shapes = dict(graph.shapes)
    norms = {node.output: _folded_norm(node) for node in layers}
    paths = norm_paths(graph, list(dict.fromkeys(norms.values())))
    folded = {output: paths[norm] for output, norm in norms.items()}
    nodes = tuple(_with_norms(graph, folded, shapes))
    return replace(graph, nodes=nodes, shapes=shapes)


def _folded_norm(node: PlainNode) -> UnfoldedNorm:
    return UnfoldedNorm(node.path, _names_of_tensors(node) or node.output, node.norm)


def _names_of_tensors(node: PlainNode) -> str:
    """The names of the tensors of a layer; empty if one has no name."""
    names = [tensor.name for tensor in node.tensors.values()]
    return " ".join(names) if all(names) else ""


def _with_norms(graph: PlainGraph, paths: Mapping[str, str], shapes: dict[str, tuple[int, ...]]) -> Iterator[PlainNode]:
    for node in graph.nodes:
        if node.output not in paths or not isinstance(node.op, Conv):
            yield node
            continue
        bare = f"{node.output}/bare"
        shapes[bare] = shapes[node.output]
        tensors = {name: tensor for name, tensor in node.tensors.items() if name != "bias"}
        yield replace(node, op=node.op.replace(bias=False), outputs=(bare,), tensors=tensors)
        norm = BatchNorm.build({"eps": _EPS}, (shapes[bare],))
        yield PlainNode(norm, (bare,), node.outputs, paths[node.output], _state(node, shapes[bare][0]))


def _state(node: PlainNode, channels: int) -> dict[str, FileTensor]:
    """The tensors of the norm behind a layer, which have names if those of the layer do: layers that share these share
    the norm.
    """
    layer = _names_of_tensors(node)
    values = {"bias": 0.0, "weight": 1.0, "running_mean": 0.0, "running_var": 1.0 - _EPS}
    state = {name: _filled(channels, value) for name, value in values.items()}
    state |= {name: tensor for name, tensor in node.tensors.items() if name == "bias"}
    return {name: replace(tensor, name=f"{layer} {name}" if layer else "") for name, tensor in state.items()}


def _filled(channels: int, value: float) -> FileTensor:
    return FileTensor("", (channels,), lambda: np.full(channels, value, dtype="f4"))
