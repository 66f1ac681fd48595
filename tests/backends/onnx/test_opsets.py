"""Networks in several opsets: each file is valid, and all of them yield the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

import resdsl
from resdsl.api import Net
from resdsl.backends.onnx.form import IR_VERSIONS, OnnxForm, UnfitOptions
from resdsl.backends.onnx.graph import onnx_graph
from resdsl.backends.onnx.opsets import OpsetTooOld, least_opset
from resdsl.backends.onnx.write import onnx_bytes
from resdsl.target import IdleOption
from tests.backends.onnx.reference import Varied
from tests.backends.onnx.shapes import assert_every_value_has_its_shape
from tests.backends.onnx.test_shipped import NAMES, small

OPSETS = (13, 17, 21)
QUICK = {"deblur", "resnet20"}
"""One whose ops have other forms in older opsets, and one whose ops have not."""
LAYERS = "network layers { input 6x5x5; conv 1x1, 8; layer_norm; gelu; avgpool global; fc 3 }"


def outputs_of(net: Net, opset: int) -> list[Any]:
    """What a file yields for a batch of two, once it is found to be valid."""
    data = onnx_bytes(net.ir, Varied(), OnnxForm(opset))
    model = onnx.load_from_string(data)
    assert (model.opset_import[0].version, model.ir_version) == (opset, IR_VERSIONS[opset])
    onnx.checker.check_model(model, full_check=True)
    assert_every_value_has_its_shape(model)
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    made = np.random.default_rng(0)
    inputs = {given.name: made.standard_normal((2, *given.shape), np.float32) for given in net.ir.inputs}
    return list(session.run(None, inputs))


def assert_equal_in_all(net: Net, opsets: tuple[int, ...]) -> None:
    first, *others = [outputs_of(net, opset) for opset in opsets]
    assert all(np.abs(value).max() > 0 for value in first)
    for other in others:
        for ours, theirs in zip(first, other, strict=True):
            assert np.abs(ours - theirs).max() <= 1e-5 * np.abs(ours).max()


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.zoo) for name in (*NAMES, "resnet1202")]
)
def test_shipped_networks(name: str) -> None:
    net = small(name)
    assert_equal_in_all(net, tuple(opset for opset in OPSETS if opset >= least_opset(net.ir)))


def test_operators_that_older_opsets_do_not_have() -> None:
    net = resdsl.loads(
        'network mixed { input 8x9x9; a: conv 3x3, 8, pad_mode="circular"; group_norm 2; gelu; hard_swish; mish; '
        "channel_mean; fc 3 }"
    )
    assert_equal_in_all(net, tuple(IR_VERSIONS))


def test_zeros_before_a_maximum_stay_apart() -> None:
    """All values are below zero, so that a maximum over padding shows whether it is of zeros."""
    net = resdsl.loads("network apart { input 2x6x6; conv 1x1, 2; clip -9, -1; pad 1; maxpool 3x3, pad=1; fc 4 }")
    assert_equal_in_all(net, tuple(IR_VERSIONS))


def test_zeros_that_count_stay_apart_from_what_lies_beyond() -> None:
    """onnxruntime 1.19 joins a Pad with the average behind it, and counts what a window of `ceil` covers beyond."""
    net = resdsl.loads("network beyond { input 2x9x11; avgpool 3x3, /3, pad=1, ceil=true }")
    for opset, operators in ((13, ["Pad", "Clip", "AveragePool"]), (18, ["Pad", "AveragePool"])):
        model = onnx.load_from_string(onnx_bytes(net.ir, Varied(), OnnxForm(opset)))
        assert [node.op_type for node in model.graph.node] == operators
    assert_equal_in_all(net, tuple(IR_VERSIONS))


def test_default_is_the_first_that_has_every_operator() -> None:
    assert onnx_graph(resdsl.load("resnet20").ir).opset == 13
    assert onnx_graph(resdsl.loads(LAYERS).ir).opset == 17
    assert_equal_in_all(resdsl.loads(LAYERS), (17, 21))


def test_heads_of_training_need_nothing() -> None:
    net = resdsl.loads(
        "network heads { input 3x8x8; conv 3x3, 8; as a; layer_norm; tap aux in training; from a; avgpool global }"
    )
    assert least_opset(net.ir) == 13


def test_an_opset_that_is_too_old(tmp_path: Path) -> None:
    with pytest.raises(OpsetTooOld, match="`layer_norm` cannot be written in opset 13: it needs opset 17"):
        resdsl.loads(LAYERS).to_onnx(tmp_path / "layers.onnx", opset=13)
    with pytest.raises(UnfitOptions, match="files are written in opsets 13 to 22, not in 12"):
        resdsl.loads(LAYERS).to_onnx(tmp_path / "layers.onnx", opset=12)
    with pytest.raises(IdleOption, match="PyTorch source has no such form: opset would have no effect"):
        resdsl.loads(LAYERS).to("torch", tmp_path / "layers.py", opset=17)
    assert list(tmp_path.iterdir()) == []
