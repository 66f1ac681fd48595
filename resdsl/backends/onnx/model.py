"""Serialises an ONNX graph to the bytes of a model file, except for the weights.

The field numbers are those of `onnx.proto`. Protocol buffers allow fields in any order, so the weights come last, and
every byte before them is known without them.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from resdsl.backends.onnx.external import Outside
from resdsl.backends.onnx.form import IR_VERSIONS, Precision
from resdsl.backends.onnx.functions import DOMAIN
from resdsl.backends.onnx.graph import Dims, NamedNode, OnnxFunction, OnnxGraph
from resdsl.backends.onnx.metadata import AT_NODES, framed, gathered, node_properties
from resdsl.backends.onnx.protobuf import block, integer, integers, opening, real, text
from resdsl.backends.onnx.tensors import BOOL, CODES, INT64, byte_count, code_of, narrowed
from resdsl.ops.forms import OnnxConstant
from resdsl.ops.records import Tensor
from resdsl.refusal import Refused
from resdsl.version import __version__

_EXTERNAL = 1
LARGEST = 2**31 - 1
"""The size limit of protocol buffers, two gibibytes."""
BATCH = "batch"

_ATTRIBUTE_FLOAT, _ATTRIBUTE_INT, _ATTRIBUTE_STRING, _ATTRIBUTE_INTS = 1, 2, 3, 7
_ATTRIBUTE_TENSOR = 4


class ModelTooLarge(Refused):
    """A network does not fit into one ONNX file.

    Args:
        size: the size that the file would have, in bytes.
    """

    def __init__(self, size: int) -> None:
        super().__init__(
            f"the file would have {size:,} bytes, and one ONNX file holds at most {LARGEST:,}; "
            "its weights fit into a file beside it"
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
        size: the bytes of its values.
    """

    start: int
    head: bytes
    name: str
    tensor: Tensor
    size: int

    @property
    def end(self) -> int:
        """The offset of the end of the values."""
        return self.start + len(self.head) + self.size


@dataclass(frozen=True, slots=True)
class FileLayout:
    """A file without its weights: `head`, and the slots.

    Attributes:
        size: the size of the file in bytes.
        head: the first bytes of the file.
        slots: where the weights are; in a model, everything after them.
        dtype: the type of the weights.
    """

    size: int
    head: bytes
    slots: tuple[Slot, ...]
    dtype: Precision = "float32"


def frame(graph: OnnxGraph, outside: Mapping[str, Outside] | None = None) -> FileLayout:
    """Compute the layout of the model file of a graph.

    Args:
        graph: the graph.
        outside: the places of all weights in other files; by default, they are in this one.

    Raises:
        ModelTooLarge: the file would have more than two gibibytes.
    """
    if outside is not None:
        references = [_reference(graph, name, tensor, outside[name]) for name, tensor in graph.weights.items()]
        return _without_slots(graph, b"".join(references))
    graph_head = _graph_head(graph)
    sizes = {name: byte_count(tensor, graph.dtype) for name, tensor in graph.weights.items()}
    heads = {name: _weight_head(graph, name, tensor) for name, tensor in graph.weights.items()}
    weights = sum(len(heads[name]) + sizes[name] for name in graph.weights)
    head = _model_head(graph) + opening(7, len(graph_head) + weights) + graph_head
    at, slots = len(head), []
    for name, tensor in graph.weights.items():
        slots.append(Slot(at, heads[name], name, tensor, sizes[name]))
        at = slots[-1].end
    if at > LARGEST:
        raise ModelTooLarge(at)
    return FileLayout(at, head, tuple(slots), graph.dtype)


def data_layout(graph: OnnxGraph, places: Mapping[str, Outside]) -> FileLayout:
    """The layout of a file of nothing but weights."""
    slots = [Slot(places[name].start, b"", name, tensor, places[name].size) for name, tensor in graph.weights.items()]
    return FileLayout(max([slot.end for slot in slots], default=0), b"", tuple(slots), graph.dtype)


def frame_without_weights(graph: OnnxGraph) -> FileLayout:
    """Compute the layout of a model file whose weights are inputs of the graph.

    Raises:
        ModelTooLarge: the file would have more than two gibibytes.
    """
    named = {graph.renamed.get(name, name): tensor.shape for name, tensor in graph.weights.items()}
    return _without_slots(graph, b"".join(_value_infos(11, named, graph, batched=False)))


def _without_slots(graph: OnnxGraph, more: bytes) -> FileLayout:
    head = _model_head(graph) + block(7, _graph_head(graph) + more)
    if len(head) > LARGEST:
        raise ModelTooLarge(len(head))
    return FileLayout(len(head), head, ())


def _model_head(graph: OnnxGraph) -> bytes:
    imported = _imported(8, "", graph.opset)
    if graph.functions:
        imported += _imported(8, DOMAIN, 1)
    functions = b"".join([block(25, _function(function, graph)) for function in graph.functions])
    of_nodes = {} if _has_at_nodes(graph) else gathered((node.name, _properties(node, graph)) for node in graph.nodes)
    head = integer(1, IR_VERSIONS[graph.opset]) + text(2, "resdsl") + text(3, __version__)
    return head + imported + framed(14, {**graph.about, **of_nodes}) + functions


def _imported(field: int, domain: str, version: int) -> bytes:
    return block(field, text(1, domain) + integer(2, version))


def _function(function: OnnxFunction, graph: OnnxGraph) -> bytes:
    parts = [text(1, function.name), *[text(4, name) for name in function.inputs]]
    parts += [text(5, name) for name in function.outputs]
    parts += [block(7, _node(node, graph.dtype)) for node in function.nodes]
    return b"".join([*parts, _imported(9, "", graph.opset), text(10, DOMAIN)])


def _has_at_nodes(graph: OnnxGraph) -> bool:
    """Whether nodes have metadata of their own."""
    return IR_VERSIONS[graph.opset] >= AT_NODES


def _properties(node: NamedNode, graph: OnnxGraph) -> dict[str, str]:
    return node_properties(node.name, node.path, graph.places, graph.lines)


def _graph_head(graph: OnnxGraph) -> bytes:
    if _has_at_nodes(graph):
        parts = [block(1, _node(node, graph.dtype) + framed(9, _properties(node, graph))) for node in graph.nodes]
    else:
        parts = [block(1, _node(node, graph.dtype)) for node in graph.nodes]
    parts.append(text(2, graph.name))
    parts += [block(5, _constant(name, constant, graph.dtype)) for name, constant in graph.constants.items()]
    for field, values in ((11, graph.inputs), (12, graph.outputs), (13, graph.values)):
        parts += _value_infos(field, values, graph)
    parts += _value_infos(12, graph.updated, graph, batched=False)
    parts += _value_infos(13, graph.fixed, graph, batched=False)
    return b"".join(parts)


def _weight_head(graph: OnnxGraph, name: str, tensor: Tensor) -> bytes:
    """An initialiser up to its values, which come last."""
    size = byte_count(tensor, graph.dtype)
    inner = _described(graph, name, tensor) + opening(9, size)
    return opening(5, len(inner) + size) + inner


def _reference(graph: OnnxGraph, name: str, tensor: Tensor, outside: Outside) -> bytes:
    """An initialiser whose values are in another file."""
    place = {"location": outside.location, "offset": str(outside.start), "length": str(outside.size)}
    return block(5, _described(graph, name, tensor) + framed(13, place) + integer(14, _EXTERNAL))


def _described(graph: OnnxGraph, name: str, tensor: Tensor) -> bytes:
    """The shape, the type and the name of a weight."""
    kind = code_of(tensor, graph.dtype)
    return integers(1, tensor.shape) + integer(2, kind) + text(8, graph.renamed.get(name, name))


def _constant(name: str, constant: OnnxConstant, dtype: Precision) -> bytes:
    dtype = "float32" if constant.single else dtype
    kind, data = _packed(constant.values, dtype)
    return integers(1, constant.dims) + integer(2, kind) + text(8, name) + block(9, data)


def _packed(values: tuple[int, ...] | tuple[float, ...], dtype: Precision) -> tuple[int, bytes]:
    """The type of constants, and their bytes."""
    if all(isinstance(value, bool) for value in values):
        return BOOL, bytes(map(int, values))
    if all(isinstance(value, int) for value in values):
        return INT64, struct.pack(f"<{len(values)}q", *values)
    if dtype == "float32":
        return CODES[dtype], struct.pack(f"<{len(values)}f", *values)
    return CODES[dtype], narrowed(np.array(values, "<f4"), dtype).tobytes()


def _node(node: NamedNode, dtype: Precision) -> bytes:
    parts = [text(1, value) for value in node.inputs]
    parts += [text(2, value) for value in node.outputs]
    parts += [text(3, node.name), text(4, node.op_type)]
    if node.domain:
        parts.append(text(7, node.domain))
    parts += [block(5, text(1, name) + _attribute(value, dtype)) for name, value in node.attributes.items()]
    return b"".join(parts)


def _attribute(value: int | float | str | tuple[int, ...] | OnnxConstant, dtype: Precision) -> bytes:
    if isinstance(value, OnnxConstant):
        return block(5, _constant("", value, dtype)) + integer(20, _ATTRIBUTE_TENSOR)
    if isinstance(value, int):
        return integer(3, value) + integer(20, _ATTRIBUTE_INT)
    if isinstance(value, float):
        return real(2, value) + integer(20, _ATTRIBUTE_FLOAT)
    if isinstance(value, str):
        return text(4, value) + integer(20, _ATTRIBUTE_STRING)
    return integers(8, value) + integer(20, _ATTRIBUTE_INTS)


def _value_infos(field: int, values: Mapping[str, Dims], graph: OnnxGraph, *, batched: bool = True) -> list[bytes]:
    batch = (BATCH if graph.batch is None else graph.batch,) if batched else ()
    types: dict[Dims, bytes] = {}
    for shape in values.values():
        if shape not in types:
            types[shape] = block(2, _tensor_type((*batch, *shape), graph.dtype))
    return [block(field, text(1, name) + types[shape]) for name, shape in values.items()]


def _tensor_type(shape: Dims, dtype: Precision) -> bytes:
    dims = b"".join([block(1, _dim(size)) for size in shape])
    return block(1, integer(1, CODES[dtype]) + block(2, dims))


def _dim(size: int | str | None) -> bytes:
    """A size, the name of an open one, or nothing."""
    if size is None:
        return b""
    return text(2, size) if isinstance(size, str) else integer(1, size)
