"""Norms that an exporter has folded into the layers before them, as layers again.

A convolution with a bias, whose weight was scaled, is the convolution without a bias and a norm that adds it: its mean
is zero, its variance and its scale one. The two compute the same; the norm's own numbers are lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from resdsl.lifting.graph import FileTensor, PlainGraph, PlainNode
from resdsl.ops.conv import Conv
from resdsl.ops.norm import BatchNorm

_EPS = 1e-5
_NUMBERED_CONV = re.compile(r"(?P<before>(.*[._])?)conv(?P<number>\d*)")
_PLACE = re.compile(r"(?P<before>.*\.)(?P<number>\d+)")


def folded_layers(graph: PlainGraph) -> int:
    """How many layers look as if a norm was folded into them, where a graph has no norm at all."""
    if any(node.op.normalises for node in graph.nodes):
        return 0
    return sum(_is_folded(graph, node) for node in graph.nodes)


def are_folded_by_exporter(graph: PlainGraph) -> bool:
    """Whether most of these layers have weights under names that PyTorch's exporter makes up for what it folds."""
    if not folded_layers(graph):
        return False
    names = [
        node.tensors["weight"].name for node in graph.nodes if _is_folded(graph, node) and "weight" in node.tensors
    ]
    return 2 * sum(name.startswith("onnx::") for name in names) > len(names)


def unfolded(graph: PlainGraph) -> PlainGraph:
    """The graph with norms behind these layers."""
    shapes = dict(graph.shapes)
    nodes = tuple(_with_norms(graph, shapes))
    return replace(graph, nodes=nodes, shapes=shapes)


def _is_folded(graph: PlainGraph, node: PlainNode) -> bool:
    """Whether a layer is a convolution of a map with a bias; those of gates see a single position."""
    return isinstance(node.op, Conv) and node.op.bias and set(graph.shapes[node.output][1:]) != {1}


def _with_norms(graph: PlainGraph, shapes: dict[str, tuple[int, ...]]) -> Iterator[PlainNode]:
    for node in graph.nodes:
        if not (_is_folded(graph, node) and isinstance(node.op, Conv)):
            yield node
            continue
        bare = f"{node.output}/bare"
        shapes[bare] = shapes[node.output]
        tensors = {name: tensor for name, tensor in node.tensors.items() if name != "bias"}
        yield replace(node, op=node.op.replace(bias=False), outputs=(bare,), tensors=tensors)
        norm = BatchNorm.build({"eps": _EPS}, (shapes[bare],))
        yield PlainNode(norm, (bare,), node.outputs, _norm_path(node.path), _state(node, shapes[bare][0]))


def _state(node: PlainNode, channels: int) -> dict[str, FileTensor]:
    values = {"weight": 1.0, "running_mean": 0.0, "running_var": 1.0 - _EPS}
    made = {name: _filled(channels, value) for name, value in values.items()}
    return {**made, **{name: tensor for name, tensor in node.tensors.items() if name == "bias"}}


def _filled(channels: int, value: float) -> FileTensor:
    return FileTensor("", (channels,), lambda: np.full(channels, value, dtype="f4"))


def _norm_path(path: str) -> str:
    """The path that the norm behind a convolution usually has; empty if that is not known."""
    found = _NUMBERED_CONV.fullmatch(path)
    if found:
        return f"{found['before']}bn{found['number']}"
    found = _PLACE.fullmatch(path)
    return f"{found['before']}{int(found['number']) + 1}" if found else ""
