"""Ops that ONNX has no node for, and ways to say the same: read as the op they were written from."""

from __future__ import annotations

from pathlib import Path

import pytest

import resdsl
from resdsl.lifting.check import graph_hash, graph_of
from resdsl.lifting.sources.onnx import read_onnx

WRITTEN_OUT = {
    "resize 7x9": "resize",
    'resize 2x3, mode="bilinear"': "resize",
    "resize 10x4": "resize",
    "adaptive_avgpool 3x4": "adaptive_avgpool",
    "adaptive_maxpool 3x4": "adaptive_maxpool",
    "adaptive_maxpool 4x5": "adaptive_maxpool",
    "coords": "coords",
    'conv 3, 4, pad_mode="circular"': "conv",
    'conv 3x5, 4, pad=1x2, pad_after=0x1, pad_mode="circular"': "conv",
    "shift -1, axis=2": "shift",
    "blur 3, /2": "blur",
}
EQUAL = (
    ("pad 1; conv 3, 4, pad=0", "conv 3, 4"),
    ("pad 1; avgpool 3, /1, pad=0", "avgpool 3, /1, pad=1"),
    ("blur 1, /2", "subsample 2"),
    ("avgpool 1, /2, pad=0", "subsample 2"),
    ("permute 1x2x0; silu", "silu; permute 1x2x0"),
    ("clip 0, 6", "relu6"),
    ("resize 10x12", "upsample 2"),
    ("scale 1; shift 0, axis=1; relu", "relu"),
    ("avgpool global; flatten; channel_fc 4", "avgpool global; flatten; fc 4"),
    ("residual { conv 1, 3 }", "as x; conv 1, 3; as y; from add(y, x)"),
)
DIFFERENT = (
    ("pad 1; maxpool 3, /1, pad=0", "maxpool 3, /1, pad=1"),
    ("conv 3, 4", 'conv 3, 4, pad_mode="circular"'),
    ("pad_channels 4", 'pad_channels 5, zeros="both"'),
    ("resize 7x9", 'resize 7x9, mode="bilinear"'),
    ("permute 1x2x0; softmax", "softmax; permute 1x2x0"),
    ("as x; residual { conv 1, 3 }; relu", "as x; conv 1, 3; as y; from add(x, y); tanh"),
)


def net(body: str, shape: str = "3x5x6") -> resdsl.Net:
    return resdsl.loads(f"network n {{\n  input {shape}\n  {body}\n}}\n")


@pytest.mark.parametrize("body", WRITTEN_OUT)
def test_an_op_without_a_node_of_its_own_is_read_at_every_opset(body: str, tmp_path: Path) -> None:
    for opset in (None, 21):
        path = Path(net(body).to_onnx(tmp_path / "net.onnx", opset=opset))
        read = read_onnx(path)
        assert [node.op.op for node in read.nodes] == [WRITTEN_OUT[body]]
        assert graph_hash(read) == graph_hash(graph_of(net(body).ir))
        difference = resdsl.lift(path).agreement.difference
        assert difference is not None
        assert difference <= 1e-6


@pytest.mark.parametrize("body", ["coords", "resize 4x3"])
def test_axes_of_one_position_are_read_too(body: str, tmp_path: Path) -> None:
    for shape in ("3x1x6", "2x5x1", "2x1x1"):
        path = Path(net(body, shape).to_onnx(tmp_path / "net.onnx"))
        assert graph_hash(read_onnx(path)) == graph_hash(graph_of(net(body, shape).ir))


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_ways_to_say_the_same_are_equal(one: str, other: str) -> None:
    assert graph_hash(graph_of(net(one).ir)) == graph_hash(graph_of(net(other).ir))


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_computes_something_else_is_not_equal(one: str, other: str) -> None:
    assert graph_hash(graph_of(net(one).ir)) != graph_hash(graph_of(net(other, "3x5x6").ir))


def test_the_hash_of_a_lift_is_that_of_its_network(tmp_path: Path) -> None:
    own = resdsl.load("mobilenet_v3_small")
    found = resdsl.lift(own.to_onnx(tmp_path / "net.onnx"), run=False)
    assert found.net.inference_hash == found.as_data()["inference_hash"] == own.inference_hash
    assert own.inference_hash != resdsl.load("mobilenet_v3_large").inference_hash


def test_what_exists_in_training_only_is_left_out_of_the_hash() -> None:
    body = 'bn eps=1e-3, momentum=0.2; dropout 0.5; conv 1, 4, init="fan_in"'
    assert net(body).inference_hash == net("bn eps=1e-3; conv 1, 4").inference_hash
    assert net(body).inference_hash != net("bn; conv 1, 4").inference_hash


def test_shared_weights_are_told_from_equal_layers() -> None:
    twice = "shared t: conv 1, 3; shared t: conv 1, 3"
    assert net(twice).inference_hash != net("conv 1, 3; conv 1, 3").inference_hash
    assert net(twice).inference_hash == net(twice.replace("t:", "other:")).inference_hash
