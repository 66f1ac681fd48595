"""Modules that are called at several places: one module, one set of tensors, work at each use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

import resdsl
from resdsl.report.json import report_record

TEXT = """
block tower(width) { conv 3x3, width, /2; norm; act; avgpool global }
network siamese {
  input left 3x16x16
  input right 3x16x16
  from left;  shared encoder: tower(8); as a
  from right; shared encoder: tower(8); as b
  from add(a, scale(b, -1))
  fc 1
}
network heads {
  input 3x32x32
  for level in 0..3 { conv 3x3, 8, /2; act; as p[level] }
  for level in 0..3 {
    from p[level]
    shared "head.0": conv 3x3, 4, bias=true
    tap "p{level}"
  }
  shared stage trunk: basic(4) x 2
  shared stage trunk: basic(4) x 2
}
network changed = heads { shared "head.0": conv 1x1, 4, bias=true }
"""


def test_a_shared_block_is_one_module() -> None:
    net = resdsl.loads(TEXT, "siamese")
    assert [(node.name, node.path) for node in net.ir.nodes][:2] == [("encoder", "encoder"), ("encoder_2", "encoder")]
    # 3 * 8 * 9 weights of the convolution, 16 of the norm, 9 of the last layer; the work of the tower twice
    assert (net.params, net.macs, net.depth) == (216 + 16 + 9, 2 * 216 * 64 + 8, 3)
    module = net.to_torch(seed=0).eval()
    assert [name for name, _ in module.named_children()] == ["encoder", "fc"]
    x = torch.randn(2, 3, 16, 16)
    same = module(x, x)
    assert torch.allclose(same, module.state_dict()["fc.bias"].expand(2, 1))


def test_a_shared_module_is_one_set_of_tensors(tmp_path: Path) -> None:
    net = resdsl.loads(TEXT, "heads")
    path = net.to_onnx(tmp_path / "heads.onnx", seed=1)
    tensors = [tensor.name for tensor in onnx.load(path).graph.initializer]
    assert tensors.count("head.0.weight") == tensors.count("trunk.0.conv1.weight") == 1
    assert not [name for name in tensors if "_2" in name]
    x = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        wanted = net.to_torch(seed=1).eval()(x)
    found = onnxruntime.InferenceSession(path).run(list(wanted), {"input": x.numpy()})
    for name, value in zip(wanted, found, strict=True):
        np.testing.assert_allclose(value, wanted[name].numpy(), atol=1e-4)


def test_state_is_told_once_and_work_at_each_use() -> None:
    listed = report_record(resdsl.loads(TEXT, "heads").ir, by="layer")["rows"]
    heads = [row for part in listed for row in part["parts"] if row["path"] == "head.0"]
    assert [(row["params"], row["macs"]) for row in heads] == [
        (8 * 4 * 9 + 4, 8 * 4 * 9 * 256),
        (0, 18_432),
        (0, 4_608),
    ]


def test_a_variant_changes_every_use() -> None:
    base, changed = (resdsl.loads(TEXT, name) for name in ("heads", "changed"))
    assert base.params - changed.params == 8 * 4 * 8
    assert base.macs - changed.macs == 8 * 4 * 8 * (16 * 16 + 8 * 8 + 4 * 4)


def test_a_variant_may_add_one_module_at_several_places() -> None:
    base = "network a { input 4x8x8; first: relu; second: tanh }\n"
    text = base + "network b = a { shared mix after first: conv 3x3, 4; shared mix after second: conv 3x3, 4 }"
    net = resdsl.loads(text, "b")
    assert [node.path for node in net.ir.nodes] == ["first", "mix", "second", "mix"]
    assert net.params == 4 * 4 * 9


@pytest.mark.parametrize("body", ["shared: conv 3x3, 4", "shared shared: conv 3x3, 4; shared shared: conv 3x3, 4"])
def test_the_word_can_still_be_a_label(body: str) -> None:
    net = resdsl.loads(f"network a {{ input 4x8x8; {body} }}")
    assert {node.path for node in net.ir.nodes} == {"shared"}


def test_an_op_without_a_module_of_its_own_may_be_shared() -> None:
    text = "block b(k) { shared x1: scale(k); act; shared x1: scale(k) }\nnetwork a { input 4; b(2); b(3) }"
    assert torch.equal(resdsl.loads(text).to_torch()(torch.ones(1, 4)), torch.full((1, 4), 36.0))


def test_a_block_may_share_within_itself() -> None:
    text = "block twice { shared mix: conv 3x3, 4; act; shared mix: conv 3x3, 4 }"
    net = resdsl.loads(text + "\nnetwork a { input 4x8x8; twice; twice }")
    assert net.params == 2 * 4 * 4 * 9
    assert list(net.to_torch().state_dict()) == ["twice.mix.weight", "twice2.mix.weight"]


def test_a_module_that_is_called_again_overwrites_no_input() -> None:
    text = "network n { input 2x4x4; shared a: relu6; act; shared a: relu6 }"
    images = torch.randn(2, 2, 4, 4, requires_grad=True)
    resdsl.loads(text).to_torch()(images * 1).sum().backward()
    assert images.grad is not None
