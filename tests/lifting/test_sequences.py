"""Parts of a value that a file takes from a sequence, and other forms of PyTorch's newer exporter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from resdsl.lifting.refusals import UnknownOps
from resdsl.lifting.sources.onnx import read_onnx


def written(path: Path, nodes: list[onnx.NodeProto], **constants: np.ndarray | np.generic) -> Path:
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 8, 4, 4])
    made = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    path.write_bytes(helper.make_model(helper.make_graph(nodes, "g", [given], [made], tensors)).SerializeToString())
    return path


def parts(first: str, last: str) -> list[onnx.NodeProto]:
    return [
        helper.make_node("SplitToSequence", ["x", "size"], ["parts"], axis=1),
        helper.make_node("SequenceAt", ["parts", first], ["a"]),
        helper.make_node("SequenceAt", ["parts", last], ["b"]),
        helper.make_node("Concat", ["b", "a"], ["y"], axis=1),
    ]


def test_parts_of_a_sequence_are_parts_of_a_split(tmp_path: Path) -> None:
    numbers: dict[str, np.generic] = {"size": np.int64(4), "zero": np.int64(0), "one": np.int64(1)}
    graph = read_onnx(written(tmp_path / "a.onnx", parts("zero", "one"), **numbers))
    assert [(node.op.op, node.outputs) for node in graph.nodes] == [("split", ("a", "b")), ("concat", ("y",))]


def test_some_parts_of_a_sequence_are_slices(tmp_path: Path) -> None:
    numbers: dict[str, np.generic] = {"size": np.int64(3), "zero": np.int64(0), "two": np.int64(2)}
    graph = read_onnx(written(tmp_path / "a.onnx", parts("zero", "two"), **numbers))
    assert [node.op.plain() for node in graph.nodes[:2]] == [
        {"op": "slice_channels", "start": 0, "end": 3},
        {"op": "slice_channels", "start": 6, "end": 8},
    ]


def test_sequences_of_other_use_are_refused(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("SplitToSequence", ["x", "size"], ["parts"], axis=1),
        helper.make_node("SequenceLength", ["parts"], ["y"]),
    ]
    with pytest.raises(UnknownOps, match="SplitToSequence"):
        read_onnx(written(tmp_path / "a.onnx", nodes, size=np.int64(4)))


def test_a_bias_of_zeros_that_an_exporter_made_up_is_none(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Shape", ["conv.weight"], ["channels"], start=0, end=1),
        helper.make_node("CastLike", ["zero", "x"], ["like"]),
        helper.make_node("Expand", ["like", "channels"], ["bias"]),
        helper.make_node("Conv", ["x", "conv.weight", "bias"], ["y"]),
    ]
    given: dict[str, np.ndarray | np.generic] = {"conv.weight": np.ones((2, 8, 1, 1), "f4"), "zero": np.float32(0)}
    graph = read_onnx(written(tmp_path / "a.onnx", nodes, **given))
    assert list(graph.nodes[0].tensors) == ["weight"]
