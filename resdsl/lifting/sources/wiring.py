"""Whether the nodes of a file read what was yielded before them, as a graph does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from resdsl.lifting.refusals import NotReadable
from resdsl.lifting.sources.onnx_file import FileNode


def check_wiring(
    nodes: Sequence[FileNode], every: Sequence[FileNode], given: Iterable[str], outputs: Sequence[str]
) -> None:
    """Refuse nodes that are no graph.

    Args:
        nodes: those that are needed, in the order of the file.
        every: all nodes of the file.
        given: the names of inputs and constants.
        outputs: what the graph yields.

    Raises:
        NotReadable: a value is yielded twice, by nothing, or only after it is read.
    """
    known = dict.fromkeys(given, "which the file has as an input or a constant too")
    later = {value: node for node in every for value in node.outputs}
    for node in nodes:
        for value in node.inputs:
            if value and value not in known:
                raise NotReadable(f"{_called(node)} reads `{value}`, {_missing(later.get(value))}")
        for value in node.outputs:
            if value in known:
                raise NotReadable(f"{_called(node)} yields `{value}`, {known[value]}")
            if value:
                known[value] = f"and so does {_called(node)}"
    for value in outputs:
        if value not in known:
            raise NotReadable(f"the output `{value}` is yielded by no node")


def _called(node: FileNode) -> str:
    return f"the node `{node.name}`" if node.name else f"a node of the kind {node.op_type}"


def _missing(node: FileNode | None) -> str:
    if node is None:
        return "which nothing yields"
    return f"which {_called(node)} yields only later: the nodes are in a circle, or not in order"
