"""Networks with their branches joined: the same function in onnxruntime, in PyTorch and from files of weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors.numpy import load_file, save_file

from resdsl.api import Net, load, loads
from resdsl.backends.onnx.write import onnx_bytes
from resdsl.ir.folding import fold_batch_norm
from resdsl.ir.network import Network
from resdsl.ir.reparameterizing import NothingToJoin, reparameterize
from resdsl.ir.walk import state
from resdsl.target import IdleOption
from resdsl.weights.folded import Folded
from resdsl.weights.reparameterized import Reparameterized
from resdsl.weights.source import whole
from tests.backends.onnx.test_folded import NOISE, Trained, assert_same, norms_in

UNIT = """
block unit(width, stride = 1, groups = 1) {
  parallel add { conv 3x3, width, /stride, groups=groups; norm } { conv 1x1, width, /stride, groups=groups; norm }
  act
}
block kept() { parallel add { norm } { conv 3x3, channels, bias=true; norm } { }; act }
network units {
  input 6x9x11
  unit 8, /2
  unit 8, groups=4
  stage s: kept() x 3
  avgpool global; fc 5
}
"""


def models_of(network: Network) -> tuple[bytes, bytes]:
    """The network as written and with its branches joined, with the same weights."""
    folding = fold_batch_norm(network)
    joining = reparameterize(folding.network)
    source = Reparameterized(Folded(Trained(), folding), joining)
    return onnx_bytes(network, Trained()), onnx_bytes(joining.network, source)


def kinds_in(model: bytes) -> list[str]:
    return [node.op_type for node in onnx.load_from_string(model).graph.node]


@pytest.mark.parametrize(
    "branches",
    [
        "{ conv 3x3, 8; norm } { conv 1x1, 8; norm } { norm }",
        "{ conv 3x3, 8 } { }",
        "{ conv 3x1, 4 } { conv 1x3, 4, bias=true } { conv 1x1, 4; norm }",
        "{ conv 5x5, 4, /2; norm } { conv 3x3, 4, /2 } { conv 1x1, 4, /2, bias=true }",
        "{ conv 3x3, 4, dilation=2 } { conv 1x1, 4; norm }",
        "{ conv 5x1, 4, dilation=3x1 } { conv 1x3, 4, dilation=1x2 }",
        "{ conv 2x1, 4, /2x1 } { conv 1x1, 4, /2x1 }",
        "{ conv 3x3, 16, groups=4; norm } { conv 1x1, 16, groups=4; norm }",
        "{ conv 3x3, 8, groups=2; norm } { norm } { }",
        '{ conv 3x3, 4, /2, pad="same"; norm } { conv 1x1, 4, /2, pad="same"; norm }',
        '{ conv 4x4, 8, pad="same" } { conv 2x2, 8, pad="same" } { conv 3x3, 8 } { norm }',
        '{ conv 3x3, 4, pad_mode="reflect"; norm } { conv 1x1, 4 }',
        '{ conv 5x5, 4, pad_mode="replicate" } { conv 3x1, 4, pad_mode="replicate" } { conv 1x1, 4; norm }',
        "{ conv 3x3, 8, groups=8; norm } { conv 1x1, 8, groups=8 } { norm } { }",
        "{ wide: conv_norm(3x3, 8) } { narrow: conv_norm(1x1, 8) } { parallel add { norm } { } }",
        "{ std_conv 3x3, 8, gain=true; norm } { conv 1x1, 8; norm }",
    ],
)
def test_a_sum_of_branches_is_one_convolution(branches: str) -> None:
    network = loads(f"network n {{\n  input 8x10x7\n  parallel add {branches}\n}}").ir
    models = models_of(network)
    assert_same(network, models, 2)
    assert norms_in(models[1]) == []
    assert [kind for kind in kinds_in(models[1]) if kind != "Pad"] == ["Conv"]


@pytest.mark.parametrize("shape", ["4x12", "4x5x6x4"])
def test_any_number_of_axes(shape: str) -> None:
    text = f"network n {{ input {shape}; parallel add {{ conv 3, 4; norm }} {{ conv 1, 4; norm }} {{ norm }} }}"
    network = loads(text).ir
    assert_same(network, models_of(network), 2)


def test_blocks_and_stages() -> None:
    network = loads(UNIT).ir
    models = models_of(network)
    assert_same(network, models, 3)
    assert norms_in(models[1]) == []


def test_repvgg_becomes_plain() -> None:
    net = load("repvgg_a0", input="3x32x32")
    models = models_of(net.ir)
    assert_same(net.ir, models, 1)
    after = reparameterize(fold_batch_norm(net.ir).network).network
    # The count of timm 1.0.31: timm.utils.reparameterize_model(timm.create_model("repvgg_a0")).
    assert Net(after).params == 8_309_384


# ------------------------------------------------------------------------------- every way to the outputs


def trained(net: Net, folder: Path) -> Path:
    """A file of weights."""
    path = folder / "trained.safetensors"
    save_file({name: whole(Trained(), name, tensor) for name, tensor in state(net.ir)}, path)
    return path


def test_onnx_module_source_and_safetensors_agree(tmp_path: Path) -> None:
    net = loads(UNIT)
    weights, given = trained(net, tmp_path), np.random.default_rng(0).standard_normal((2, 6, 9, 11), np.float32)
    with torch.inference_mode():
        wanted = net.to_torch(weights=weights).eval()(torch.from_numpy(given)).numpy()
    path = net.to_onnx(tmp_path / "net.onnx", weights=weights, reparameterize=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    live = net.to_torch(weights=weights, reparameterize=True)
    names: dict[str, Any] = {"__name__": "generated"}
    exec(net.to_torch_source(reparameterize=True), names)
    module = names["units"]().eval()
    kept = load_file(net.to_safetensors(tmp_path / "joined.safetensors", weights=weights, reparameterize=True))
    module.load_state_dict({name: torch.from_numpy(value) for name, value in kept.items()})
    with torch.inference_mode():
        modules = [each(torch.from_numpy(given)).numpy() for each in (live, module)]
    for found in (session.run(None, {"input": given})[0], *modules):
        assert np.abs(found - wanted).max() <= NOISE * np.abs(wanted).max()


def test_where_it_would_have_no_effect_it_is_refused() -> None:
    net = load("repvgg_a0")
    with pytest.raises(IdleOption, match="reparameterize is for outputs that run"):
        net.to_text("json", reparameterize=True)
    with pytest.raises(NothingToJoin):
        load("resnet20").to_torch_source(reparameterize=True)
