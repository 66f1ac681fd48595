"""The convolutional networks of torchvision are shipped: figures, state dicts in order, and outputs are theirs."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from safetensors.numpy import save_file

import resdsl
from resdsl.analysis.costs import training_costs
from resdsl.api import Net
from resdsl.ir.walk import state, steps
from resdsl.ops.norm import BatchNorm
from tests.truth import fills
from tests.truth.data import Model, torchvision

REFERENCES = torchvision()
FLOAT32_NOISE = 1e-4
ALWAYS = ("mobilenet_v3_small", "regnet_y_400mf")
"""Networks whose outputs `make test` compares; the others have the same ops and more of them."""

RESULTS = [
    pytest.param(name, place, id=f"{name}-{place}", marks=() if name in ALWAYS else pytest.mark.zoo)
    for name in REFERENCES
    if "hash" in REFERENCES[name]
    for place in range(len(REFERENCES[name]["hash"]["results"]))
]

every_network = pytest.mark.parametrize("name", REFERENCES)


@cache
def built(name: str) -> Net:
    return resdsl.load(name)


def shape_text(shape: list[int] | tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def lines_of(net: Net) -> list[str]:
    """`key shape` of each entry of the state dict, in order."""
    return [f"{key} {shape_text(tensor.shape) or 'scalar'}" for key, tensor in state(net.ir)]


def digest(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def outputs_of(net: Net) -> dict[str, list[int]]:
    return {tap.name: [1, *net.ir.values[tap.value]] for tap in net.ir.outputs if not tap.training}


def test_every_network_of_the_reference_is_here() -> None:
    assert len(REFERENCES) == 48


@every_network
def test_figures(name: str) -> None:
    net, reference = built(name), REFERENCES[name]
    assert [1, *net.ir.inputs[0].shape] == reference["input"]
    assert (net.params, net.macs) == (reference["params"], reference["macs"])
    assert outputs_of(net) == reference["outputs"]


def test_heads_of_training() -> None:
    net, reference = built("googlenet"), REFERENCES["googlenet"]["with_aux_heads"]
    heads = {tap.name: [1, *net.ir.values[tap.value]] for tap in net.ir.outputs if tap.training}
    assert heads == {name: shape for name, shape in reference["outputs"].items() if name != "logits"}
    assert training_costs(net.ir).macs == reference["macs"]


@every_network
def test_state_dict_in_order(name: str) -> None:
    lines, reference = lines_of(built(name)), REFERENCES[name]
    assert len(lines) == reference["state_dict_tensors"]
    assert digest(sorted(lines)) == reference["state_dict_sha256"]["sorted"]
    assert digest(lines) == reference["state_dict_sha256"]["in_order"]


# specs/vgg19.res is the network of the paper, for one size of input.
@pytest.mark.zoo
@pytest.mark.parametrize("name", [name for name in REFERENCES if name != "vgg19"])
def test_figures_at_another_input(name: str) -> None:
    other = REFERENCES[name]["at_other_input"]
    net = resdsl.load(name, input=shape_text(other["input"][1:]))
    assert (net.params, net.macs) == (REFERENCES[name]["params"], other["macs"])
    assert outputs_of(net) == other["outputs"]


def norms_of(net: Net) -> set[str]:
    """The settings of batch norms, as the references write them."""
    norms = [step.layer.op for step in steps(net.ir) if isinstance(step.layer.op, BatchNorm)]
    return {f"eps {norm.eps} momentum {norm.momentum}" for norm in norms}


@pytest.mark.parametrize("name", [name for name in REFERENCES if "hash" in REFERENCES[name]])
def test_norms(name: str) -> None:
    norms = REFERENCES[name]["hash"]["norms"]
    wanted = {text.partition(" ")[2] for text in norms if text.startswith("BatchNorm")}
    assert norms_of(built(name)) == wanted


def outputs_for(net: Net, gain: float, shape: tuple[int, ...], folder: Path) -> dict[str, Any]:
    """The outputs of a network in onnxruntime, with the weights and the input of the fill `hash`."""
    entries = enumerate(state(net.ir))
    weights = {key: fills.entry("hash", key, tensor.shape, index, gain) for index, (key, tensor) in entries}
    save_file(weights, folder / "weights.safetensors")
    path = net.to_onnx(folder / "network.onnx", weights=folder / "weights.safetensors")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_outputs()]
    values = session.run(None, {session.get_inputs()[0].name: fills.network_input("hash", shape)})
    return dict(zip(names, values, strict=True))


def outputs_in_training(net: Net, shape: tuple[int, ...], folder: Path) -> dict[str, Any]:
    """The outputs of the live module with the heads of training, whose parts are in evaluation mode, and the same fill.

    The weights are those that `outputs_for` wrote.
    """
    module = net.to_torch(weights=folder / "weights.safetensors").eval()
    module.training = True
    with torch.no_grad():
        found = module(torch.from_numpy(fills.network_input("hash", shape)))
    return {name: value.numpy() for name, value in found.items()}


def compare(found: fills.Array, wanted: Model) -> None:
    """Hold an output against the reference: two samples of it, its sum, its largest size, and where that stands."""
    flat = np.asarray(found).reshape(-1)
    allowed = FLOAT32_NOISE * wanted["abs_max"]
    assert list(found.shape) == wanted["shape"]
    assert np.abs(flat[:16] - wanted["first16"]).max() <= allowed
    if "from_the_middle16" in wanted:
        middle = len(flat) // 2
        assert np.abs(flat[middle : middle + 16] - wanted["from_the_middle16"]).max() <= allowed
    assert abs(np.abs(flat).max() - wanted["abs_max"]) <= allowed
    assert abs(np.abs(flat).mean(dtype=np.float64) - wanted["abs_mean"]) <= allowed
    assert abs(flat.sum(dtype=np.float64) - wanted["sum"]) <= allowed * len(flat) ** 0.5
    if "argmax" in wanted:
        assert flat.argmax() == wanted["argmax"]


@pytest.mark.parametrize(("name", "place"), RESULTS)
def test_outputs(name: str, place: int, tmp_path: Path) -> None:
    reference = REFERENCES[name]["hash"]
    result = reference["results"][place]
    net = resdsl.load(name, input=shape_text(result["input"][1:]))
    found = outputs_for(net, reference["gain"], tuple(result["input"]), tmp_path)
    heads = [tap.name for tap in net.ir.outputs if tap.training]
    if heads:
        with_heads = outputs_in_training(net, tuple(result["input"]), tmp_path)
        assert np.abs(with_heads["output"] - found["output"]).max() <= FLOAT32_NOISE * np.abs(found["output"]).max()
        found = {"logits": found["output"], **{name: with_heads[name] for name in reversed(heads)}}
    assert list(found) == list(result["outputs"])
    for output, wanted in result["outputs"].items():
        compare(found[output], wanted)


# The `num_params` of the weights in torchvision 0.29.1; the reference file has no entry for these.
PUBLISHED = {
    "convnext_large": 197_767_336,
    "convnext_small": 50_223_688,
    "efficientnet_b2": 9_109_994,
    "efficientnet_b3": 12_233_232,
    "efficientnet_b7": 66_347_960,
    "efficientnet_v2_l": 118_515_272,
    "mobilenet_v3_large": 5_483_032,
    "r2plus1d_18": 31_505_325,
    "regnet_x_16gf": 54_278_536,
    "regnet_x_3_2gf": 15_296_552,
    "regnet_x_800mf": 7_259_656,
    "regnet_y_16gf": 83_590_140,
    "regnet_y_3_2gf": 19_436_338,
    "regnet_y_800mf": 6_432_512,
    "shufflenet_v2_x1_5": 3_503_624,
    "vgg13": 133_047_848,
    "vgg19_bn": 143_678_248,
}


@pytest.mark.zoo
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_parameters(name: str) -> None:
    assert resdsl.load(name).params == PUBLISHED[name]
