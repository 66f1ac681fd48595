"""Convolutions that standardise their weights: trained as in PyTorch, standardised in files for inference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
import torch.nn.functional as F
from onnx import numpy_helper

import resdsl
from resdsl.analysis.memory.peak import network_peak

TEXT = """
block pre(width, stride = 1) {
  residual {
    norm; act
    conv1: std_conv 3x3, width, /stride, eps=1e-8; norm; act
    conv2: std_conv 3x3, width, gain=true, gamma=1.7, bias=true
  }
}
network n(shortcut = B) {
  input 3x16x16
  conv: std_conv 3x3, 8, groups=1
  stage layer1: pre(8) x 2
  stage layer2: pre(16) x 1, /2
  std_conv 1x1, 4; norm
  fc 5
}
"""


def test_module_computes_what_the_papers_say() -> None:
    module = resdsl.loads(
        "network n { input 4x6x6; std_conv 3x3, 6, groups=2, gain=true, gamma=1.7, eps=1e-5 }"
    ).to_torch()
    assert [(name, tuple(each.shape)) for name, each in module.named_parameters()] == [
        ("std_conv1.weight", (6, 2, 3, 3)),
        ("std_conv1.gain", (6, 1, 1, 1)),
    ]
    weight, gain = module.parameters()
    with torch.no_grad():
        gain.copy_(torch.arange(1.0, 7.0).reshape(6, 1, 1, 1))
    images = torch.randn(2, 4, 6, 6, generator=torch.Generator().manual_seed(0))
    var, mean = torch.var_mean(weight, (1, 2, 3), correction=0, keepdim=True)
    applied = (weight - mean) / torch.sqrt(var + 1e-5) * gain * 1.7 / 18**0.5
    assert torch.allclose(module(images), F.conv2d(images, applied, padding=1, groups=2), atol=1e-5)


def test_gradients_pass_through_the_standardisation() -> None:
    module = resdsl.loads("network n { input 4x6x6; std_conv 3x3, 6 }").to_torch()
    module(torch.randn(2, 4, 6, 6)).square().sum().backward()
    (weight,) = module.parameters()
    assert weight.grad is not None
    # What moves a whole filter up changes nothing.
    assert weight.grad.sum((1, 2, 3)).abs().max() < 1e-3 * weight.grad.abs().max()


@pytest.mark.parametrize("fold_bn", [False, True])
def test_files_have_the_standardised_weights(fold_bn: bool, tmp_path: Path) -> None:
    net = resdsl.loads(TEXT)
    module = net.to_torch(seed=2)
    with torch.no_grad():
        for position, each in enumerate((*module.parameters(), *module.buffers())):
            if each.is_floating_point():
                each.add_(0.2 * torch.rand(each.shape, generator=torch.Generator().manual_seed(position)))
    torch.save(module.state_dict(), tmp_path / "weights.pt")
    net.to_onnx(tmp_path / "n.onnx", weights=tmp_path / "weights.pt", fold_bn=fold_bn)
    images = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    (found,) = onnxruntime.InferenceSession(tmp_path / "n.onnx").run(None, {"input": images.numpy()})
    with torch.no_grad():
        wanted = module.eval()(images).numpy()
        folded = net.to_torch(weights=tmp_path / "weights.pt", inference=fold_bn).eval()(images).numpy()
    assert np.abs(found - wanted).max() < 1e-4 * np.abs(wanted).max()
    assert np.abs(folded - wanted).max() < 1e-4 * np.abs(wanted).max()
    held = {each.name: numpy_helper.to_array(each) for each in onnx.load(tmp_path / "n.onnx").graph.initializer}
    assert not any(name.endswith(".gain") for name in held)
    applied = held["conv.weight"].astype(np.float64)
    assert np.abs(applied.mean((1, 2, 3))).max() < 1e-6
    assert np.abs(applied.std((1, 2, 3)) - 1).max() < 1e-3


def test_figures_and_counts() -> None:
    plainly = TEXT.replace("std_conv", "conv").replace(", gain=true, gamma=1.7", "").replace(", eps=1e-8", "")
    net, plain = resdsl.loads(TEXT), resdsl.loads(plainly)
    assert net.costs.params == plain.costs.params + 8 + 8 + 16
    assert net.costs.macs == plain.costs.macs
    assert net.costs.depth == plain.costs.depth


def test_peak_of_memory_has_the_weight_once() -> None:
    net = resdsl.loads("network n { input 2x4x4; std_conv 3x3, 32 }")
    assert network_peak(net.ir, 4, 1) == 4 * (16 * 2 + 16 * 32 + 2 * 9 * 32)
    assert network_peak(net.ir, 4, 9) == 4 * (9 * (16 * 2 + 16 * 32) + 2 * 9 * 32)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("std_conv 1x1, 4, groups=4", "RES"),
        ("std_conv 3x3, 4, gamma=2", "RES"),
        ("std_conv 3x3, 4, eps=0", "RES314"),
        ("std_conv 3x3, 4, gain=1", "RES314"),
    ],
)
def test_misuse_is_refused(call: str, code: str) -> None:
    with pytest.raises(resdsl.SpecError, match=code):
        resdsl.loads(f"network n {{ input 4x8x8; {call}; fc 3 }}")
