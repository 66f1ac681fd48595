"""Serialises an ONNX graph to the bytes of a model file, except for the weights.

The field numbers are those of `onnx.proto`. Protocol buffers allow fields in any order, so the weights come last, and
every byte before them is known without them.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from resdsl.backends.onnx.form import IR_VERSIONS
from resdsl.backends.onnx.graph import NamedNode, OnnxGraph
from resdsl.backends.onnx.metadata import AT_NODES, framed, gathered, node_properties
from resdsl.backends.onnx.protobuf import block, integer, integers, opening, real, text
from resdsl.ops.base import Shape
from resdsl.ops.forms import OnnxConstant
from resdsl.ops.records import Tensor
from resdsl.refusal import Refused
from resdsl.version import __version__

LARGEST = 2**31 - 1
"""The size limit of protocol buffers, two gibibytes."""
BATCH = "batch"

_FLOAT, _INT64 = 1, 7
_ATTRIBUTE_FLOAT, _ATTRIBUTE_INT, _ATTRIBUTE_STRING, _ATTRIBUTE_INTS = 1, 2, 3, 7


class ModelTooLarge(Refused):
    """The weights of a network do not fit into one ONNX file.

    Args:
        size: the size that the file would have, in bytes.
    """

    def __init__(self, size: int) -> None:
        super().__init__(
            f"the file would have {size:,} bytes, and one ONNX file holds at most {LARGEST:,}; "
            "weights in a file beside it are not supported"
        )
        self.size = size


@dataclass(frozen=True, slots=True)
class Slot:
    """The position of a tensor in the file.

    Attributes:
        start: the offset of `head`.
        head: the bytes before the values.
        name: the full name of the tensor.
        tensor: the tensor in the network.
    """

    start: int
    head: bytes
    name: str
    tensor: Tensor

    @property
    def end(self) -> int:
        """The offset of the end of the values."""
        return self.start + len(self.head) + _byte_count(self.tensor)


@dataclass(frozen=True, slots=True)
class FileLayout:
    """A model file without weights: `head`, followed by the slots.

    Attributes:
        size: the size of the file in bytes.
        head: the first bytes of the file.
        slots: everything after them.
    """

    size: int
    head: bytes
    slots: tuple[Slot, ...]


def frame(graph: OnnxGraph) -> FileLayout:
    """Compute the file layout of a graph.

    Raises:
        ModelTooLarge: the file would have more than two gibibytes.
    """
    graph_head = _graph_head(graph)
    heads = {name: _weight_head(graph.renamed.get(name, name), tensor) for name, tensor in graph.weights.items()}
    weights = sum(len(heads[name]) + _byte_count(tensor) for name, tensor in graph.weights.items())
    head = _model_head(graph) + opening(7, len(graph_head) + weights) + graph_head
    at, slots = len(head), []
    for name, tensor in graph.weights.items():
        slots.append(Slot(at, heads[name], name, tensor))
        at = slots[-1].end
    if at > LARGEST:
        raise ModelTooLarge(at)
    return FileLayout(at, head, tuple(slots))


def _byte_count(tensor: Tensor) -> int:
    return prod(tensor.shape) * (8 if tensor.dtype == "int64" else 4)


def _model_head(graph: OnnxGraph) -> bytes:
    imported = block(8, text(1, "") + integer(2, graph.opset))
    of_nodes = {} if _has_at_nodes(graph) else gathered((node.name, _properties(node, graph)) for node in graph.nodes)
    head = integer(1, IR_VERSIONS[graph.opset]) + text(2, "resdsl") + text(3, __version__)
    return head + imported + framed(14, {**graph.about, **of_nodes})


def _has_at_nodes(graph: OnnxGraph) -> bool:
    """Whether nodes have metadata of their own."""
    return IR_VERSIONS[graph.opset] >= AT_NODES


def _properties(node: NamedNode, graph: OnnxGraph) -> dict[str, str]:
    return node_properties(node.name, node.path, graph.places)


def _graph_head(graph: OnnxGraph) -> bytes:
    if _has_at_nodes(graph):
        parts = [block(1, _node(node) + framed(9, _properties(node, graph))) for node in graph.nodes]
    else:
        parts = [block(1, _node(node)) for node in graph.nodes]
    parts.append(text(2, graph.name))
    parts += [block(5, _constant(name, constant)) for name, constant in graph.constants.items()]
    parts += _value_infos(11, graph.inputs) + _value_infos(12, graph.outputs) + _value_infos(13, graph.values)
    parts += _value_infos(13, graph.fixed, batched=False)
    return b"".join(parts)


def _weight_head(name: str, tensor: Tensor) -> bytes:
    """An initialiser up to its values, which come last."""
    size = _byte_count(tensor)
    kind = _INT64 if tensor.dtype == "int64" else _FLOAT
    inner = integers(1, tensor.shape) + integer(2, kind) + text(8, name) + opening(9, size)
    return opening(5, len(inner) + size) + inner


def _constant(name: str, constant: OnnxConstant) -> bytes:
    whole = all(isinstance(value, int) for value in constant.values)
    dims = constant.dims
    data = struct.pack(f"<{len(constant.values)}{'q' if whole else 'f'}", *constant.values)
    return integers(1, dims) + integer(2, _INT64 if whole else _FLOAT) + text(8, name) + block(9, data)


def _node(node: NamedNode) -> bytes:
    parts = [text(1, value) for value in node.inputs]
    parts += [text(2, value) for value in node.outputs]
    parts += [text(3, node.name), text(4, node.op_type)]
    parts += [block(5, text(1, name) + _attribute(value)) for name, value in node.attributes.items()]
    return b"".join(parts)


def _attribute(value: int | float | str | tuple[int, ...]) -> bytes:
    if isinstance(value, int):
        return integer(3, value) + integer(20, _ATTRIBUTE_INT)
    if isinstance(value, float):
        return real(2, value) + integer(20, _ATTRIBUTE_FLOAT)
    if isinstance(value, str):
        return text(4, value) + integer(20, _ATTRIBUTE_STRING)
    return integers(8, value) + integer(20, _ATTRIBUTE_INTS)


def _value_infos(field: int, values: Mapping[str, Shape], *, batched: bool = True) -> list[bytes]:
    types: dict[Shape, bytes] = {}
    for shape in values.values():
        if shape not in types:
            types[shape] = block(2, _tensor_type(shape, batched=batched))
    return [block(field, text(1, name) + types[shape]) for name, shape in values.items()]


def _tensor_type(shape: Shape, *, batched: bool) -> bytes:
    """The type of a batch of samples of this shape, or of a single tensor."""
    batch = block(1, text(2, BATCH)) if batched else b""
    dims = batch + b"".join([block(1, integer(1, size)) for size in shape])
    return block(1, integer(1, _FLOAT) + block(2, dims))
