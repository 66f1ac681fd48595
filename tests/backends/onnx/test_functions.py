"""Blocks as functions of a model."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

import resdsl
from resdsl.api import Net
from resdsl.backends.onnx.form import OnnxForm, UnfitOptions
from resdsl.backends.onnx.write import onnx_bytes
from tests.backends.onnx.reference import Varied

MIXED = """block cell(width) { conv 3x3, width; group_norm 2; gelu }
block outer(width) { conv 3x3, width, pad_mode="reflect"; inner: inner(width); act }
block inner(width) { conv 1x1, width; norm; dropout 0.2; tap inside }
network mixed(width = 4, shortcut = B) {
  input 3x12x12
  conv 3x3, width; norm; act
  stage layer1: basic(width) x 3
  stage layer2: basic(2 * width) x 2, /2
  cell(8); outer(8); avgpool global; fc 3
}"""
SIAMESE = """block tower(width) { conv 3x3, width, /2; norm; act; avgpool global }
network siamese {
  input left 3x8x8
  input right 3x8x8
  from left;  shared encoder: tower(6); as a
  from right; shared encoder: tower(6); as b
  from add(a, scale(b, -1)); fc 2
}"""


def outputs(net: Net, form: OnnxForm) -> list[Any]:
    data = onnx_bytes(net.ir, Varied(), form)
    onnx.checker.check_model(onnx.load_from_string(data), full_check=True)
    made = np.random.default_rng(0)
    inputs = {given.name: made.standard_normal((2, *given.shape), np.float32) for given in net.ir.inputs}
    return list(onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"]).run(None, inputs))


def test_resnet34_has_a_node_for_each_block() -> None:
    model = onnx.load_from_string(onnx_bytes(resdsl.load("resnet34").ir, Varied(), OnnxForm(functions=True)))
    assert (model.opset_import[0].version, model.ir_version) == (15, 8)
    assert len(model.graph.node) == 23
    assert [(each.domain, each.name, len(each.node)) for each in model.functions] == [
        ("resdsl", "basic", 7),
        ("resdsl", "basic_2", 9),
    ]
    first = next(node for node in model.graph.node if node.domain)
    assert (first.name, first.op_type, first.input[:2]) == ("layer1.0", "basic", ["maxpool", "layer1.0.conv1.weight"])
    assert [node.name for node in model.functions[0].node] == ["conv1", "bn1", "act", "conv2", "bn2", "add", "act2"]


@pytest.mark.parametrize("opset", [15, 21])
@pytest.mark.parametrize("source", [MIXED, SIAMESE])
def test_outputs_are_the_same(source: str, opset: int) -> None:
    net = resdsl.loads(source)
    plain, called = outputs(net, OnnxForm(opset)), outputs(net, OnnxForm(opset, functions=True))
    assert len(plain) == len(called)
    for one, two in zip(plain, called, strict=True):
        assert np.abs(one - two).max() < 1e-5 * np.abs(one).max()


def test_what_a_block_taps_is_an_output_of_its_function() -> None:
    model = onnx.load_from_string(onnx_bytes(resdsl.loads(MIXED).ir, Varied(), OnnxForm(functions=True)))
    (outer,) = (each for each in model.functions if each.name == "outer")
    assert len(outer.output) == 2
    assert [value.name for value in model.graph.output] == ["inside", "output"]


def test_other_forms_have_functions_too() -> None:
    net = resdsl.loads(MIXED)
    for form in (
        OnnxForm(functions=True, dtype="bfloat16"),
        OnnxForm(functions=True, dynamic_hw=True, batch=2, softmax=True),
        OnnxForm(functions=True, training=True),
        OnnxForm(functions=True, no_weights=True),
    ):
        model = onnx.load_from_string(onnx_bytes(net.ir, Varied(), form))
        onnx.checker.check_model(model, full_check=True)
        assert {each.name for each in model.functions} >= {"basic", "outer"}


def test_an_opset_without_functions() -> None:
    with pytest.raises(UnfitOptions, match="models have functions from opset 15 on, not in 14"):
        OnnxForm(14, functions=True)
