"""What a model states of its values, and what ONNX infers of them."""

from __future__ import annotations

from collections.abc import Iterable

import onnx

WITHOUT_RULE = ("GroupNormalization", "Resize")
"""Operators whose shape ONNX does not infer, or infers without the batch's name: what the file states of them stays."""

Dims = tuple[int | str, ...]


def stated_shapes(graph: onnx.GraphProto) -> dict[str, Dims]:
    """The shapes that a graph states, by the names of its values."""
    return {value.name: dims(value) for value in (*graph.input, *graph.value_info, *graph.output)}


def dims(value: onnx.ValueInfoProto) -> Dims:
    """Names and sizes of the axes."""
    return tuple(dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim)


def yielded(nodes: Iterable[onnx.NodeProto]) -> set[str]:
    """The names of all values that nodes yield."""
    return {value for node in nodes for value in node.output}


def assert_every_value_has_its_shape(model: onnx.ModelProto) -> None:
    """Each value is stated once, in the shape that ONNX infers from the operators alone."""
    stated = stated_shapes(model.graph)
    assert yielded(model.graph.node) <= stated.keys()
    assert len(stated) == len(model.graph.input) + len(model.graph.value_info) + len(model.graph.output)
    unruled = yielded(node for node in model.graph.node if node.op_type in WITHOUT_RULE)
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    del bare.graph.value_info[:]
    bare.graph.value_info.extend(value for value in model.graph.value_info if value.name in unruled)
    inferred = onnx.shape_inference.infer_shapes(bare, check_type=True, strict_mode=True, data_prop=True)
    assert stated_shapes(inferred.graph) == stated
