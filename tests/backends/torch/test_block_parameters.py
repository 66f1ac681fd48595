"""Learned scales and biases that are parameters of the block itself, as checkpoints of ConvNeXt and Fixup have them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

import resdsl
from resdsl.backends.torch.freezing import InvalidFreeze
from resdsl.ir.walk import state

CONVNEXT = """
block cn(width) {
  residual identity {
    "block.0": conv 7x7, width, groups=width, bias=true
    "block.2": layer_norm eps=1e-6
    "block.3": conv 1x1, width * 4, bias=true
    gelu
    "block.5": conv 1x1, width, bias=true
    layer_scale: learned_scale 1e-6, shape="map", module=false
  }
}
network convnext {
  input 3x16x16
  conv 4x4, 8, /4, pad=0
  stage layer1: cn(8) x 2
  conv 2x2, 16, /2, pad=0
  stage layer2: cn(16) x 1
  avgpool global
  fc 5
}
"""
FIXUP = """
block fixup(width) {
  residual identity {
    bias1a: learned_bias shape="one", module=false
    conv 3x3, width
    bias1b: learned_bias shape="one", module=false
    act
    "inner.gain": learned_scale 0.5, shape="scalar", module=false
    conv2: conv 3x3, width
    scale: learned_scale shape="one", module=false
    learned_bias
  }
}
network n { input 3x8x8; gamma: learned_scale 2, module=false; conv 3x3, 4; stage layer1: fixup(4) x 2; fc 3 }
"""


def agree(net: resdsl.Net, folder: Path, *, fold_bn: bool) -> None:
    """Whether the module and the ONNX file yield the same, with weights none of which is at its start."""
    module = net.to_torch(seed=3)
    with torch.no_grad():
        for position, each in enumerate(module.parameters()):
            each.add_(0.1 * torch.randn(each.shape, generator=torch.Generator().manual_seed(position)))
    torch.save(module.state_dict(), folder / "weights.pt")
    net.to_onnx(folder / "net.onnx", weights=folder / "weights.pt", fold_bn=fold_bn)
    images = torch.randn(2, *net.ir.inputs[0].shape, generator=torch.Generator().manual_seed(0))
    (found,) = onnxruntime.InferenceSession(folder / "net.onnx").run(None, {"input": images.numpy()})
    with torch.no_grad():
        assert np.abs(found - module.eval()(images).numpy()).max() < 1e-4


def test_keys_are_those_of_torchvision() -> None:
    module = resdsl.loads(CONVNEXT).to_torch()
    keys = [name for name in module.state_dict() if name.startswith("layer1.1.")]
    assert keys == ["layer1.1.layer_scale"] + [
        f"layer1.1.block.{place}.{own}" for place in (0, 2, 3, 5) for own in ("weight", "bias")
    ]
    scale = module.get_parameter("layer2.0.layer_scale")
    assert scale.shape == (16, 1, 1)
    assert torch.equal(scale, torch.full((16, 1, 1), 1e-6))


def test_source_has_the_parameter_in_the_class_of_the_block() -> None:
    text = resdsl.loads(CONVNEXT).to_torch_source()
    assert "        self.layer_scale = nn.Parameter(torch.full((width, 1, 1), 1e-06))\n" in text
    assert "        out = out * self.layer_scale\n" in text


@pytest.mark.parametrize("text", [CONVNEXT, FIXUP], ids=["convnext", "fixup"])
@pytest.mark.parametrize("fold_bn", [False, True])
def test_module_and_onnx_agree(text: str, fold_bn: bool, tmp_path: Path) -> None:
    agree(resdsl.loads(text), tmp_path, fold_bn=fold_bn)


def test_order_and_shapes_of_every_kind() -> None:
    net = resdsl.loads(FIXUP)
    listed = [(name, tensor.shape) for name, tensor in state(net.ir)]
    assert listed == [(name, tuple(value.shape)) for name, value in net.to_torch().state_dict().items()]
    assert listed[:2] == [("gamma", (3,)), ("conv1.weight", (4, 3, 3, 3))]
    assert [(name.removeprefix("layer1.0."), shape) for name, shape in listed[2:9]] == [
        ("bias1a", (1,)), ("bias1b", (1,)), ("scale", (1,)), ("conv1.weight", (4, 4, 3, 3)), ("inner.gain", ()),
        ("conv2.weight", (4, 4, 3, 3)), ("learned_bias.bias", (4,)),
    ]  # fmt: skip


def test_a_parameter_that_is_an_output_has_the_name_of_the_output(tmp_path: Path) -> None:
    text = "network n { input 3x8x8; conv 3x3, 4; gamma: learned_scale 2, module=false; tap gamma; act; fc 3 }"
    net = resdsl.loads(text)
    net.to_onnx(tmp_path / "n.onnx", seed=1)
    images = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    found = onnxruntime.InferenceSession(tmp_path / "n.onnx").run(["gamma", "output"], {"input": images.numpy()})
    wanted = net.to_torch(seed=1).eval()(images)
    for ours, name in zip(found, ("gamma", "output"), strict=True):
        assert np.abs(ours - wanted[name].detach().numpy()).max() < 1e-5


def test_freezing_the_backbone_freezes_its_parameters() -> None:
    net = resdsl.loads(FIXUP)
    frozen = net.to_torch(freeze="backbone")
    assert [name for name, each in frozen.named_parameters() if each.requires_grad] == ["fc.weight", "fc.bias"]
    alone = net.to_torch(freeze="layer1.0.scale")
    assert [name for name, each in alone.named_parameters() if not each.requires_grad] == ["layer1.0.scale"]
    with pytest.raises(InvalidFreeze, match=r"no such module; did you mean `layer1\.0\.scale`"):
        net.to_torch(freeze="layer1.0.scales")


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ('learned_scale shape="scalar"', "RES4"),
        ('learned_scale shape="all"', "RES314"),
        ('learned_bias "much"', "RES314"),
        ("learned_bias start=1", "RES310"),
    ],
)
def test_misuse_is_refused(call: str, code: str) -> None:
    with pytest.raises(resdsl.SpecError, match=code):
        resdsl.loads(f"network n {{ input 3x8x8; {call}; fc 3 }}")
