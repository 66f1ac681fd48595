"""Modules that are called again: the second call of `conv` is `conv_1` in files of PyTorch's older exporter, and the
newer one writes the path by which a module was called.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from resdsl.lifting.graph import Draft, Unmatched
from resdsl.lifting.sources.reading import Reading
from resdsl.ops.base import Op
from resdsl.ops.conv import Conv

_LATER = re.compile(r"(?P<first>.*)_(?P<number>\d+)")
_Layer = tuple[Op | Unmatched, tuple[str, ...]]
"""An op, and the names of its tensors."""


def join_later_calls(nodes: Sequence[Draft]) -> None:
    """Give later calls of a module the path of the first one: those of the same op with the same tensors.

    A module that is called `conv_1` keeps its name, since its tensors are others.
    """
    layers = [(node, _layer_of(node)) for node in nodes if node.path and _has_names(node)]
    paths: dict[_Layer, set[str]] = defaultdict(set)
    for node, layer in layers:
        found = _LATER.fullmatch(node.path)
        if found and found["first"] in paths[layer] and _is_call(node, found["first"], int(found["number"]), layers):
            node.path = found["first"]
        paths[layer].add(node.path)


def join_second_names(reading: Reading) -> None:
    """Give norms of modules with two names the path of their tensors, as the convolutions beside them have it.

    That the tensors are called otherwise than the norm is no sign by itself: equal norms are written once.
    """
    convs = [node for node in reading.nodes if isinstance(node.op, Conv) and node.norm]
    names = {_without_common_end(node.norm, node.path) for node in convs}
    for node in reading.nodes:
        path, tensors = reading.renamed.get(node.output, ("", {}))
        if path and _without_common_end(node.path, path) in names:
            node.path, node.tensors = path, tensors


def _without_common_end(path: str, other: str) -> tuple[str, str]:
    """Two paths without what they end in alike: two names of a module, if they are paths of one layer in it."""
    parts, others = path.split("."), other.split(".")
    while parts and others and parts[-1] == others[-1]:
        parts.pop()
        others.pop()
    return ".".join(parts), ".".join(others)


def _is_call(node: Draft, first: str, number: int, layers: Sequence[tuple[Draft, _Layer]]) -> bool:
    """Whether a layer is a later call of the module `first`, with whose tensors it is.

    Equal norms may be two, which the exporter writes once. But a list of modules has numbers for names, and none such
    as `0_1`; and what is beside the norm is called again with it.
    """
    module, _, name = first.rpartition(".")
    if name.isdigit() or _is_one_of_a_kind(node):
        return True
    counts = Counter(layer for _, layer in layers)
    beside = [(each, layer) for each, layer in layers if each.path.rpartition(".")[0] == module]
    return any(counts[layer] > number and _is_one_of_a_kind(each) for each, layer in beside)


def _is_one_of_a_kind(node: Draft) -> bool:
    """Whether no other layer has equal tensors by chance, as norms have that nobody has trained."""
    if isinstance(node.op, Unmatched) or not node.op.normalises:
        return True
    return any(np.ptp(tensor.values()) for tensor in node.tensors.values())


def _layer_of(node: Draft) -> _Layer:
    return node.op, tuple([tensor.name for tensor in node.tensors.values()])


def _has_names(node: Draft) -> bool:
    return bool(node.tensors) and all(tensor.name for tensor in node.tensors.values())
