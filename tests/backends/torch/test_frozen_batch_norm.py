"""Batch norm as detectors have it: buffers alone, under torchvision's keys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

import resdsl

TEXT = """
network n(norm = frozen_bn, shortcut = B) {
  input 3x16x16
  conv 3x3, 8; norm; act
  stage layer1: basic(8) x 2
  stage layer2: basic(16) x 1, /2
  avgpool global
  fc 5
}
"""
OWN = ["weight", "bias", "running_mean", "running_var"]


def test_keys_and_counts() -> None:
    net, learning = resdsl.loads(TEXT), resdsl.loads(TEXT, norm="bn")
    module = net.to_torch()
    keys = list(module.state_dict())
    assert keys == [key for key in learning.to_torch().state_dict() if not key.endswith("num_batches_tracked")]
    assert [key.removeprefix("bn1.") for key in keys if key.startswith("bn1.")] == OWN
    assert {name.rpartition(".")[0] for name, _ in module.named_buffers()} == {
        "bn1", "layer1.0.bn1", "layer1.0.bn2", "layer1.1.bn1", "layer1.1.bn2",
        "layer2.0.bn1", "layer2.0.bn2", "layer2.0.downsample.1",
    }  # fmt: skip
    assert net.costs.params == learning.costs.params - 2 * (8 * 5 + 16 * 3)
    assert net.costs.params == sum(each.numel() for each in module.parameters())


def test_training_changes_nothing_and_is_inference() -> None:
    module = resdsl.loads("network n { input 3x8x8; frozen_bn }").to_torch()
    images = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(module.train()(images), module.eval()(images))
    assert list(module.parameters()) == []


def test_what_torchvision_computes() -> None:
    module = resdsl.loads("network n { input 3x8x8; norm: frozen_bn }").to_torch()
    state = {f"norm.{name}": torch.rand(3, generator=torch.Generator().manual_seed(len(name))) for name in OWN}
    module.load_state_dict(state)
    images = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    scale = state["norm.weight"] * (state["norm.running_var"] + 1e-5).rsqrt()
    shift = state["norm.bias"] - state["norm.running_mean"] * scale
    wanted = images * scale.reshape(-1, 1, 1) + shift.reshape(-1, 1, 1)
    assert torch.allclose(module(images), wanted, atol=1e-6)


@pytest.mark.parametrize("fold_bn", [False, True])
def test_module_and_onnx_agree(fold_bn: bool, tmp_path: Path) -> None:
    net = resdsl.loads(TEXT)
    module = net.to_torch(seed=1).eval()
    for position, buffer in enumerate(module.buffers()):
        buffer.copy_(torch.rand(buffer.shape, generator=torch.Generator().manual_seed(position)) + 0.5)
    torch.save(module.state_dict(), tmp_path / "weights.pt")
    net.to_onnx(tmp_path / "n.onnx", weights=tmp_path / "weights.pt", fold_bn=fold_bn)
    images = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    (found,) = onnxruntime.InferenceSession(tmp_path / "n.onnx").run(None, {"input": images.numpy()})
    with torch.no_grad():
        wanted = module(images).numpy()
    assert np.abs(found - wanted).max() < 1e-4 * np.abs(wanted).max()


@pytest.mark.parametrize("call", ["frozen_bn momentum=0.1", "frozen_bn 64", "frozen_bn eps=0"])
def test_misuse_is_refused(call: str) -> None:
    with pytest.raises(resdsl.SpecError, match="RES3"):
        resdsl.loads(f"network n {{ input 3x8x8; {call}; fc 3 }}")
