"""A thousand layers: what the paper's deepest network asks of the ONNX graph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from safetensors.numpy import save_file

import resdsl
from resdsl.ir.walk import state


def test_resnet_1202_runs_in_onnxruntime(tmp_path: Path) -> None:
    net = resdsl.load("cifar", n=200)
    assert net.depth == 1202
    session = onnxruntime.InferenceSession(net.to_onnx(tmp_path / "resnet1202.onnx"))
    (logits,) = session.run(None, {"input": np.zeros((2, 3, 32, 32), np.float32)})
    assert logits.shape == (2, 10)


def test_resnet_1202_with_tame_blocks_gives_finite_logits(tmp_path: Path) -> None:
    """Untrained, 600 blocks in a row overflow float32; with each block's last scale at zero they cannot."""
    net = resdsl.load("cifar", n=200)
    generator = np.random.default_rng(0)
    weights = {}
    for name, tensor in state(net.ir):
        if tensor.dtype == "int64":
            continue
        values = generator.standard_normal(tensor.shape) * 0.1
        if name.endswith(("bn2.weight", "running_mean", "bias")):
            values = values * 0
        if name.endswith(("running_var", "bn1.weight")):
            values = values * 0 + 1
        weights[name] = values.astype(np.float32)
    save_file(weights, tmp_path / "weights.safetensors")
    path = net.to_onnx(tmp_path / "resnet1202.onnx", weights=tmp_path / "weights.safetensors")
    session = onnxruntime.InferenceSession(path)
    image = generator.standard_normal((1, 3, 32, 32)).astype(np.float32)
    (logits,) = session.run(None, {"input": image})
    assert np.isfinite(logits).all()
    assert np.ptp(logits) > 0


@pytest.mark.parametrize("count", [10**6, 10**9])
def test_what_no_file_could_hold_is_refused_before_it_is_begun(count: int, tmp_path: Path) -> None:
    net = resdsl.loads(
        f"network long(shortcut = A) {{ input 4x4x4; stage s: basic(4) x {count}; expect depth = {2 * count} }}"
    )
    with pytest.raises(ValueError, match="layers"):
        net.to_onnx(tmp_path / "long.onnx")
    assert list(tmp_path.iterdir()) == []
