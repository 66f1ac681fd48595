"""Modules that are called again, which PyTorch's older exporter numbers: the second call of `conv` is `conv_1`."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from resdsl.lifting.graph import Draft, Unmatched
from resdsl.ops.base import Op

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
