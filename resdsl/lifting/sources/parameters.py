"""Learned numbers that are parameters of a module beside others, and no module of their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from resdsl.lifting.graph import Draft
from resdsl.ops.learned import Learned


def own_parameters(nodes: Sequence[Draft]) -> None:
    """Give learned scales and shifts the names of their tensors where their module has other tensors too."""
    owned: dict[str, set[str]] = defaultdict(set)
    for node in nodes:
        for tensor in node.tensors.values():
            for end in (place for place, letter in enumerate(tensor.name) if letter == "."):
                owned[tensor.name[:end]].add(tensor.name)
    for node in nodes:
        op = node.op
        if not isinstance(op, Learned) or not op.module or len(owned[node.path]) < 2:
            continue
        (tensor,) = node.tensors.values()
        node.op = op.replace(module=False, shape="scalar" if tensor.shape == () else op.shape)
        node.path = tensor.name
