"""Layers that share their tensors, which are one layer of the language if they share all of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace

from resdsl.lifting.check import value_digests
from resdsl.lifting.graph import PlainGraph, PlainNode
from resdsl.ops.base import Op

_COMMON = "common"
_Layer = tuple[str, Op]
"""The names of its tensors, and its op."""


def called_again(graph: PlainGraph) -> frozenset[str]:
    """The paths of modules that are called more than once: whose first tensor is read by several layers of the path."""
    counts = Counter(key for node in graph.nodes if (key := first_tensor_of(node))[0])
    return frozenset(path for (_, path), count in counts.items() if count > 1)


def mixed_path(graph: PlainGraph) -> str:
    """The path of layers that share their first tensor, but not all of them, or not their op; empty without such."""
    known: dict[tuple[str, str], _Layer] = {}
    for node in graph.nodes:
        key = first_tensor_of(node)
        if key[0] and known.setdefault(key, _layer_of(node)) != _layer_of(node):
            return node.path
    return ""


def partly_shared(graph: PlainGraph) -> tuple[str, ...]:
    """The names of tensors that layers share which differ otherwise: in other tensors, or in their ops."""
    layers: dict[str, set[tuple[Op, tuple[str, ...]]]] = defaultdict(set)
    for node in graph.nodes:
        names = tuple([tensor.name for tensor in node.tensors.values()])
        for name in filter(None, names):
            layers[name].add((node.op, names))
    return tuple([name for name, found in layers.items() if len(found) > 1])


def with_common_paths(graph: PlainGraph) -> PlainGraph:
    """A graph in which only layers that share their tensors have paths, which are new ones."""
    counts = Counter(_layer_of(node) for node in graph.nodes)
    paths: dict[_Layer, str] = {}
    for layer, count in counts.items():
        if layer[0] and count > 1:
            paths[layer] = f"{_COMMON}.{len(paths)}"
    return replace(graph, nodes=tuple([replace(node, path=paths.get(_layer_of(node), "")) for node in graph.nodes]))


def same_layers(graph: PlainGraph, *, compiled: bool) -> Counter[tuple[str, ...]]:
    """What the calls of each layer yield that is called more than once: by its path in what was compiled."""
    values = value_digests(graph)
    found: dict[object, list[str]] = defaultdict(list)
    for node in graph.nodes:
        if node.op.state(graph.shapes_of(node)) and (node.path if compiled else _tensors_of(node)):
            found[node.path if compiled else _layer_of(node)].append(values[node.output])
    return Counter(tuple(sorted(each)) for each in found.values() if len(each) > 1)


def first_tensor_of(node: PlainNode) -> tuple[str, str]:
    """The name of the first tensor of a layer, and its path; layers of one path that share it are one."""
    return next((tensor.name for tensor in node.tensors.values()), ""), node.path


def _tensors_of(node: PlainNode) -> str:
    """The names of the tensors of a layer, which layers that share them have in common; empty if one has no name."""
    names = [tensor.name for tensor in node.tensors.values()]
    return " ".join(names) if all(names) else ""


def _layer_of(node: PlainNode) -> _Layer:
    """What layers have in common that can be one."""
    return _tensors_of(node), node.op
