"""Whether the tensors of layers are those of a state dict, as they stand there, so that checkpoints mean the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from resdsl.lifting.graph import PlainGraph, PlainNode
from resdsl.lifting.refusals import NotLifted, Unknown, UnknownOps
from resdsl.lifting.sharing import partly_shared
from resdsl.printable import some


def check_state(graph: PlainGraph, state: Mapping[str, np.ndarray], name: str) -> None:
    """Refuse layers whose tensors a state dict does not have as they apply them.

    Args:
        graph: the layers.
        state: the values of the state dict.
        name: what messages call the model.

    Raises:
        NotLifted: a tensor is computed, constant, or in another order, or layers share some of their tensors only.
    """
    found = [*_computed(graph), *_turned(graph, state)]
    if found:
        raise UnknownOps(name, _counted(found))
    _refuse_ties(graph, name)


def _computed(graph: PlainGraph) -> Iterable[tuple[PlainNode, str]]:
    """The layers with a tensor that is none of the state dict."""
    for node in graph.nodes:
        for key, tensor in node.tensors.items():
            if not tensor.name:
                yield node, f"its {key} is computed or constant, and not in the state dict"


def _turned(graph: PlainGraph, state: Mapping[str, np.ndarray]) -> Iterable[tuple[PlainNode, str]]:
    """The layers with a tensor whose values are in another order than those of the state dict."""
    for node in graph.nodes:
        for key, tensor in node.tensors.items():
            if tensor.name in state and not _is_same(tensor.values(), state[tensor.name]):
                yield node, f"its {key} is turned before it is applied, and the state dict has it as it was"


def _is_same(found: np.ndarray, own: np.ndarray) -> bool:
    """Whether values are equal one after the other; those that are in the same place of memory are not read."""
    if found.flags.c_contiguous and own.flags.c_contiguous and found.ctypes.data == own.ctypes.data:
        return found.size == own.size
    return np.array_equal(found.reshape(-1), own.reshape(-1), equal_nan=True)


def _counted(found: Iterable[tuple[PlainNode, str]]) -> list[Unknown]:
    """Layers by their op and what is wrong with them."""
    unknown: dict[tuple[str, str], Unknown] = {}
    for node, why in found:
        known = unknown.get((node.op.op, why))
        place, path, count = (known.place, known.path, known.count) if known else (node.output, node.path, 0)
        unknown[node.op.op, why] = Unknown(node.op.op, why, place, path, count + 1)
    return list(unknown.values())


def _refuse_ties(graph: PlainGraph, name: str) -> None:
    """Refuse layers that share some of their tensors only: a text would train them apart."""
    shared = partly_shared(graph)
    if shared:
        raise NotLifted(
            f"{name} has layers that share {some(shared)}, but not all of their tensors and settings; "
            "layers of the language share all of them or none"
        )
