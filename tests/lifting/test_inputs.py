"""Inputs of files: which of them a text has, and the shapes that are asked for and refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import resdsl
from resdsl.lifting.refusals import NotLifted
from resdsl.lifting.sources.onnx import read_onnx
from tests.cli.running import Command
from tests.random.trying import loaded, of_seed

Nodes = Sequence[onnx.NodeProto]
Sizes = Sequence[str | int | None]


def node(kind: str, inputs: str, output: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(kind, inputs.split(), [output], **attributes)


def saved(folder: Path, nodes: Nodes, inputs: Mapping[str, Sizes], **weights: Sequence[int]) -> Path:
    """A model with an output `y`, whose weights have these shapes."""
    numbers = np.random.default_rng(0)
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(numbers.standard_normal(shape).astype("f4"), n) for n, shape in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / "net.onnx")
    return folder / "net.onnx"


@pytest.mark.parametrize("kind", ["Add", "Mul", "Concat"])
def test_a_second_input_of_fixed_sizes_is_no_weight(kind: str, tmp_path: Path) -> None:
    attributes = {"axis": 1} if kind == "Concat" else {}
    path = saved(tmp_path, [node(kind, "l r", "y", **attributes)], {"l": [1, 3, 8, 8], "r": [1, 3, 8, 8]})
    found = resdsl.lift(path)
    assert [*found.lifted.graph.inputs] == ["l", "r"]
    assert found.agreement.difference == 0


def test_weights_without_values_are_no_inputs(tmp_path: Path) -> None:
    nodes = [node("Conv", "x kernel", "a"), node("Add", "a bias", "y")]
    found = resdsl.lift(saved(tmp_path, nodes, {"x": [1, 3, 8, 8], "kernel": [4, 3, 1, 1], "bias": [1, 4, 1, 1]}))
    assert "conv 1x1, 4, bias=true" in found.text
    assert found.lifted.graph.unread == ()
    assert found.agreement.why_not == "its inputs are not those of the text alone, in float32"


def test_a_map_of_weights_without_values_is_no_input(tmp_path: Path) -> None:
    """The network of this seed multiplies by a map whose name is that of a module."""
    net = loaded(of_seed(131))
    read = read_onnx(Path(net.to_onnx(tmp_path / "net.onnx", no_weights=True)))
    assert len(read.inputs) == len(net.ir.inputs)
    assert any(node.op.op == "learned_scale" for node in read.nodes)


@pytest.mark.parametrize("other", [[1, 4], ["batch", 4], [None, "length"]])
def test_inputs_that_nothing_reads_are_told(other: Sizes, command: Command, tmp_path: Path) -> None:
    path = saved(tmp_path, [node("Relu", "x", "y")], {"x": [1, 3, 8, 8], "extra": other})
    result = command("lift", str(path))
    assert "the text has no input `extra`: none of its layers reads what flows in there" in result.err
    assert "outputs on random input agree exactly" in result.err
    assert resdsl.lift(path).as_data()["inputs_unread"] == ["extra"]


def test_inputs_behind_an_end_are_told(tmp_path: Path) -> None:
    nodes = [node("Relu", "x", "a"), node("Add", "a later", "y")]
    path = saved(tmp_path, nodes, {"x": [1, 3, 8, 8], "later": [1, 3, 8, 8]})
    assert resdsl.lift(path, until=["a"]).lifted.graph.unread == ("later",)
    assert resdsl.lift(path).lifted.graph.unread == ()


def test_inputs_of_json_that_nothing_reads_are_told(tmp_path: Path) -> None:
    net = resdsl.loads("network n {\n  input a 3x4x4\n  input b 3x4x4\n  from a; conv 1, 4\n}\n")
    assert resdsl.lift(net.to("json", tmp_path / "n.json")).lifted.graph.unread == ("b",)


OPEN: Sizes = ["batch", 3, "height", "width"]


@pytest.mark.parametrize(
    ("names", "given", "message"),
    [
        ("x", {"z": "3x8x8"}, "the file has no input `z`; it has `x`"),
        ("x", {"x": "3x8x8", "": "3x9x9"}, "give each input one shape"),
        ("x", {"x": "3x8"}, "the input `x` is 3x?x? in the file, and cannot be 3x8"),
        ("x", {"x": "4x8x8"}, "the input `x` is 3x?x? in the file, and cannot be 4x8x8"),
        ("l r", {}, "as in `--input l=3x224x224 --input r=3x224x224`"),
        ("l r", {"l": "3x8x8"}, "the input `r` has open sizes, 3x?x?: give them, as in `--input r=3x224x224`"),
        ("l r", {"": "3x8x8"}, "as in `--input l=3x8x8 --input r=3x8x8`"),
    ],
)
def test_shapes_that_are_not_those_of_the_file_are_refused(
    names: str, given: dict[str, str], message: str, tmp_path: Path
) -> None:
    kind = "Add" if " " in names else "Relu"
    path = saved(tmp_path, [node(kind, names, "y")], dict.fromkeys(names.split(), OPEN))
    with pytest.raises(NotLifted) as refused:
        resdsl.lift(path, input=given)
    assert message in str(refused.value)
