"""Sequences of tensors in ONNX: parts of a value, each taken by its number, are those of a split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from resdsl.lifting.graph import FileTensor
from resdsl.lifting.sources.folding import folded
from resdsl.lifting.sources.onnx_file import FileNode


def without_sequences(nodes: Sequence[FileNode], constants: Mapping[str, FileTensor]) -> list[FileNode]:
    """The nodes of a model, where a split to a sequence whose parts are taken by their numbers is a split.

    PyTorch's newer exporter writes such sequences if it is not allowed to optimise.
    """
    if not any(node.op_type == "SplitToSequence" for node in nodes):
        return list(nodes)
    written = {node.outputs[0]: folded("Constant", node.attributes, []) for node in nodes if node.op_type == "Constant"}
    known = {**constants, **written}
    places = {node.outputs[0]: _place(known.get(node.inputs[1])) for node in nodes if node.op_type == "SequenceAt"}
    readers: dict[str, list[FileNode]] = defaultdict(list)
    for node in nodes:
        for name in node.inputs:
            readers[name].append(node)
    made: dict[str, FileNode] = {}
    gone: set[str] = set()
    for node in nodes:
        taken = readers[node.outputs[0]] if node.op_type == "SplitToSequence" else []
        parts = {places.get(each.outputs[0], -1): each.outputs[0] for each in taken}
        if taken and len(parts) == len(taken) and min(parts) >= 0 and node.attributes.get("keepdims", 1):
            made[node.outputs[0]] = _split(node, [parts.get(place, "") for place in range(max(parts) + 1)])
            gone.update(each.outputs[0] for each in taken)
    return [made.get(node.outputs[0], node) for node in nodes if not gone.intersection(node.outputs)]


def _split(node: FileNode, outputs: list[str]) -> FileNode:
    axis = {"axis": node.attributes.get("axis", 0)}
    return FileNode(node.name, "Split", "", node.inputs, outputs, axis, node.metadata)


def _place(number: FileTensor | None) -> int:
    """The number of a part; -1 if it is not known."""
    return int(number.values().reshape(-1)[0]) if number is not None and number.size == 1 else -1
