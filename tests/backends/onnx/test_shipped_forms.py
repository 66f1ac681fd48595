"""Shipped networks in the forms of an ONNX file, with weights as training leaves them: norms that fit their inputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import nn

import resdsl
from resdsl.api import Net
from tests.backends.onnx.test_shipped import small

Array = NDArray[np.float32]
QUICK = "resnet20"


def images(net: Net, count: int, seed: int = 0) -> torch.Tensor:
    return torch.randn((count, *net.ir.inputs[0].shape), generator=torch.Generator().manual_seed(seed))


def settled(net: Net, path: Path) -> Path:
    """Weights whose running statistics are those of what flows, and whose blocks add little to what passes them by.

    In a network at its start each block adds as much as passes by, so that roundings grow from block to block.
    """
    module, generator = net.to_torch(seed=1), torch.Generator().manual_seed(1)
    names = [name for name, _ in module.named_parameters()]
    last = "bn3.weight" if any(name.endswith("bn3.weight") for name in names) else "bn2.weight"
    for name, value in module.named_parameters():
        if name.endswith(last):
            nn.init.uniform_(value, 0.1, 0.3, generator=generator)
    for each in module.modules():
        if isinstance(each, nn.modules.batchnorm._BatchNorm):
            each.momentum = None
    with torch.no_grad():
        for seed in range(2):
            module.train()(images(net, 8, seed))
    save_file(module.state_dict(), path)
    return path


def run(model: Path, given: torch.Tensor) -> Array:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"input": given.numpy()})[0], np.float32)


def by_pytorch(net: Net, weights: Path, given: torch.Tensor) -> Array:
    with torch.no_grad():
        found: Array = net.to_torch(weights=weights).eval()(given).numpy()
    return found


def marked(*names: str) -> list[object]:
    return [QUICK, *(pytest.param(name, marks=pytest.mark.zoo) for name in names)]


@pytest.mark.parametrize("name", marked("resnet34", "resnet50", "seresnet50", "resnext50_32x4d"))
def test_float16_is_within_a_hundredth_of_float32(name: str, tmp_path: Path) -> None:
    net = small(name)
    weights, given = settled(net, tmp_path / "weights.safetensors"), images(net, 4, seed=9)
    wanted = run(net.to_onnx(tmp_path / "single.onnx", weights=weights), given)
    found = run(net.to_onnx(tmp_path / "half.onnx", weights=weights, dtype="float16"), given.half())
    assert np.abs(wanted).max() > 0.01
    assert np.abs(found - wanted).max() < 1e-2 * np.abs(wanted).max()


@pytest.mark.parametrize("name", marked("resnet50", "seresnet50", "deblur", "densenet121"))
def test_open_sizes_at_three_sizes(name: str, tmp_path: Path) -> None:
    net = small(name)
    weights = settled(net, tmp_path / "weights.safetensors")
    model = net.to_onnx(tmp_path / "open.onnx", weights=weights, dynamic_hw=True)
    for height, width in ((64, 64), (96, 64), (128, 160)):
        given = torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(height))
        sized = resdsl.load(name, input=f"3x{height}x{width}")
        wanted = by_pytorch(sized, weights, given)
        assert np.abs(run(model, given) - wanted).max() < 1e-4 * np.abs(wanted).max()


@pytest.mark.parametrize("name", marked("resnet50", "seresnet50"))
def test_one_safetensors_file_for_pytorch_and_onnx(name: str, tmp_path: Path) -> None:
    net = small(name)
    weights, given = settled(net, tmp_path / "weights.safetensors"), images(net, 2, seed=9)
    before = weights.read_bytes()
    model = net.to_onnx(tmp_path / "model.onnx", weights=weights, external_data="safetensors", check=True)
    module = net.to_torch()
    module.load_state_dict(load_file(weights))
    with torch.no_grad():
        wanted = module.eval()(given).numpy()
    assert np.abs(run(model, given) - wanted).max() < 1e-4 * np.abs(wanted).max()
    assert weights.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.onnx", "weights.safetensors"]
