"""The residual family is that of torchvision, timm, pytorchcv and the authors: counts, names, and outputs.

The references are measured by `compare_family`, whose text says how, and stand in `family.json`.
"""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from safetensors.numpy import save_file

import resdsl
from resdsl.api import Net
from resdsl.catalogue import networks_of
from resdsl.ir.walk import state, steps
from resdsl.resources import shipped_specs
from tests.truth import fills
from tests.truth.data import Model, residual_family, torchvision
from tests.truth.test_zoo import SPECS as OF_THE_PAPER
from tests.zoo import HEAVY, marked

FAMILY = residual_family()
SPECS: dict[str, tuple[str, dict[str, Any]]] = {
    **{name: (name, {}) for name in FAMILY},
    "backbone_os32": ("backbone", {}),
    "edsr_baseline_x2": ("edsr", {}),
    "pyramidnet110_a48": ("pyramidnet", {}),
    "resnet18_cifar10": ("resnet18_small", {}),
    "r3d_18": ("r3d18", {}),
    "skresnext50_32x4d": ("sknet50", {}),
    "regnetx_004": ("regnetx_400mf", {}),
    "regnety_004": ("regnety_400mf", {}),
    **{f"resnet18_{norm}": ("resnet18", {"norm": norm}) for norm in ("group_norm", "layer_norm")},
    **{f"resnet18_{act}": ("resnet18", {"act": act}) for act in ("gelu", "silu", "leaky_relu", "hard_swish")},
}
SAME = {"preact_cifar": "preresnet110", "wide_cifar": "wrn28_10"}
"""Families whose defaults are a network that bears a name of its own."""
WITHOUT = {"deblur"}
"""No reference: its authors magnify by transposed convolutions, which the language does not have."""
NOISE = 1e-4
"""Of the largest output; that of float32 is below 1e-5."""
OUTPUTS = [name for name, model in FAMILY.items() if "outputs" in model]

every_model = pytest.mark.parametrize("name", FAMILY)


@cache
def built(name: str, shape: tuple[int, ...] | None = None) -> Net:
    spec, settings = SPECS[name]
    given = settings if shape is None else {**settings, "input": "x".join(map(str, shape))}
    return resdsl.load(spec, **given)


def digest(value: object) -> str:
    return sha256(json.dumps(value).encode()).hexdigest()[:32]


def entries(name: str) -> list[tuple[str, tuple[int, ...]]]:
    """Names and shapes of the state dict, in order."""
    return [(key, tensor.shape) for key, tensor in state(built(name).ir)]


def test_every_shipped_network_has_a_reference() -> None:
    shipped = {name for path in shipped_specs() for name in networks_of(path)}
    measured = {spec for spec, _ in (*SPECS.values(), *OF_THE_PAPER.values())} | torchvision().keys()
    assert shipped - measured - set(SAME) == WITHOUT


@pytest.mark.parametrize(("family", "member"), SAME.items())
def test_a_family_is_its_member(family: str, member: str) -> None:
    ours, theirs = resdsl.load(family).ir, resdsl.load(member).ir
    assert (ours.inputs, ours.nodes, ours.outputs) == (theirs.inputs, theirs.nodes, theirs.outputs)


@every_model
def test_params(name: str) -> None:
    assert built(name).params == FAMILY[name]["params"]


@every_model
def test_macs(name: str) -> None:
    net = built(name)
    assert [[1, *given.shape] for given in net.ir.inputs] == [FAMILY[name]["input"], *FAMILY[name].get("beside", ())]
    assert net.macs == FAMILY[name]["macs"]


@every_model
def test_state_dict(name: str) -> None:
    model, found = FAMILY[name], entries(name)
    assert len(found) == model["entries"]
    if model["named"]:
        assert digest(sorted(found)) == model["names"]
    else:
        assert digest([shape for _, shape in found]) == model["places"]


@every_model
def test_stated_figures_hold(name: str) -> None:
    assert {check.verdict for check in built(name).checks} <= {"holds", "not checked"}


# That the ONNX file computes what the module does is seen in tests/backends/torch/test_agreement.py too.
@pytest.mark.parametrize("target", [pytest.param("onnx", marks=pytest.mark.zoo), "torch"])
@pytest.mark.parametrize("name", marked(OUTPUTS, HEAVY))
def test_outputs(name: str, target: str, tmp_path: Path) -> None:
    model = FAMILY[name]
    found = (of_onnx if target == "onnx" else of_torch)(name, weights_of(name), tmp_path)
    assert set(model["outputs"]) <= set(found)
    for output, wanted in model["outputs"].items():
        differences = compared(found[output], wanted)
        assert max(differences) < NOISE, f"{output}: {differences}"


def weights_of(name: str) -> dict[str, fills.Array]:
    """The weights of the reference's formula, by our names."""
    ordered = sorted(entries(name)) if FAMILY[name]["named"] else entries(name)
    return {key: fills.entry("hash", key, shape, index, 1.0) for index, (key, shape) in enumerate(ordered)}


def of_onnx(name: str, weights: dict[str, fills.Array], folder: Path) -> dict[str, fills.Array]:
    """Outputs by name, from onnxruntime."""
    net, given = small(name), weights_in(folder, weights)
    session = onnxruntime.InferenceSession(
        net.to_onnx(folder / "network.onnx", weights=given), providers=["CPUExecutionProvider"]
    )
    values = session.run(None, dict(zip([each.name for each in session.get_inputs()], inputs(name), strict=True)))
    return {each.name: np.asarray(value) for each, value in zip(session.get_outputs(), values, strict=True)}


def of_torch(name: str, weights: dict[str, fills.Array], folder: Path) -> dict[str, fills.Array]:
    """Outputs by name, from the module."""
    module = small(name).to_torch(weights=weights_in(folder, weights)).eval()
    with torch.inference_mode():
        yielded = module(*map(torch.from_numpy, inputs(name)))
    named = yielded if isinstance(yielded, dict) else {"output": yielded}
    return {output: value.numpy() for output, value in named.items()}


def small(name: str) -> Net:
    """The network at the inputs that its outputs are for."""
    given = built(name).ir.inputs
    if len(given) == 1:
        return built(name, small_shapes(name)[0][1:])
    spec, settings = SPECS[name]
    sizes = {each.name: "x".join(map(str, shape[1:])) for each, shape in zip(given, small_shapes(name), strict=True)}
    return resdsl.load(spec, input=sizes, **settings)


def small_shapes(name: str) -> list[tuple[int, ...]]:
    """The shapes of these inputs."""
    batch, channels, *sizes = FAMILY[name]["small"]
    return [(batch, each, *sizes) for each in (channels, *(shape[1] for shape in FAMILY[name].get("beside", ())))]


def inputs(name: str) -> list[fills.Array]:
    return fills.network_inputs("hash", small_shapes(name))


def weights_in(folder: Path, weights: dict[str, fills.Array]) -> Path:
    path = folder / "weights.safetensors"
    save_file(weights, path)
    return path


def compared(value: fills.Array, wanted: Model) -> list[float]:
    """Differences of an output's summary, as shares of what they are differences of."""
    assert list(value.shape) == wanted["shape"]
    flat = value.astype(np.float64).ravel()
    return [
        float(np.abs(flat[:8] - wanted["first"]).max() / wanted["largest"]),
        float(abs(np.abs(flat).max() - wanted["largest"]) / wanted["largest"]),
        float(abs(flat.sum() - wanted["sum"]) / wanted["sum_abs"]),
        float(abs(np.abs(flat).sum() - wanted["sum_abs"]) / wanted["sum_abs"]),
    ]


def test_confused_weights_are_seen(tmp_path: Path) -> None:
    weights = weights_of("seresnet50")
    first, second = "layer2.1.bn1.weight", "layer2.2.bn1.weight"
    weights[first], weights[second] = weights[second], weights[first]
    (value,) = of_onnx("seresnet50", weights, tmp_path).values()
    assert max(compared(value, FAMILY["seresnet50"]["outputs"]["output"])) > 10 * NOISE


# --------------------------------------------------------------------------- what counts do not show


def layers(name: str, op: str, **settings: Any) -> dict[str, Any]:
    """The ops of that kind, by path."""
    found = steps(resdsl.load(name, **settings).ir)
    return {step.path: step.layer.op for step in found if step.layer.op.op == op}


@pytest.mark.parametrize("norm", ["bn", "group_norm"])
def test_zero_gamma_is_that_of_the_last_norm_of_each_block(norm: str) -> None:
    starts = {path: op.init for path, op in layers("resnetrs50", norm, norm=norm).items()}
    assert sum(start == 0 for start in starts.values()) == 16
    assert all((start == 0) == path.endswith(".bn3") for path, start in starts.items())


def test_stochastic_depth_grows_evenly_to_its_rate() -> None:
    rates = [op.rate for op in layers("resnetrs50", "drop_path").values()]
    assert rates == pytest.approx([0.1 * block / 16 for block in range(1, 17)])
    assert layers("resnetrs50", "drop_path", rate=0) == {}


def test_dropout_stands_before_the_head_and_within_wide_blocks() -> None:
    assert [(path, op.rate) for path, op in layers("resnetrs50", "dropout").items()] == [("dropout", 0.25)]
    assert {op.rate for op in layers("wrn28_10", "dropout").values()} == {0.3}
    assert len(layers("wrn28_10", "dropout")) == 12
    assert layers("wrn28_10", "dropout", drop=0) == {}


def test_the_first_unit_of_a_preactivation_network_has_no_activation_of_its_own() -> None:
    for name, units in (("preresnet110", 54), ("preresnet164", 54), ("preresnet200", 66)):
        net = resdsl.load(name).ir
        norms = [step.path for step in steps(net) if step.layer.op.op == "bn"]
        assert norms[0] == "bn1"
        assert norms[-1] == "bn2"
        of_first = [path for path in norms if path.startswith("layer1.0.")]
        assert len(of_first) == (1 if name == "preresnet110" else 2)
        assert len(norms) == 2 + units * (2 if name == "preresnet110" else 3) - 1


@pytest.mark.parametrize(("stride", "size"), [(32, 7), (16, 14), (8, 28)])
def test_a_backbone_yields_the_maps_of_its_stages(stride: int, size: int) -> None:
    net = resdsl.load("backbone", output_stride=stride).ir
    shapes = {tap.name: net.values[tap.value] for tap in net.outputs}
    assert list(shapes) == ["c2", "c3", "c4", "c5", "output"]
    assert shapes["c2"] == (256, 56, 56)
    assert shapes["c5"] == (2048, size, size)
    assert resdsl.load("backbone", output_stride=stride).params == FAMILY["backbone_os32"]["params"]


@pytest.mark.parametrize("classes", [1, 100])
def test_any_number_of_classes_and_channels(classes: int) -> None:
    net = resdsl.load("resnet18_small", input="4x40x24", classes=classes).ir
    assert net.values[net.outputs[-1].value] == (classes,)
    assert net.inputs[0].shape == (4, 40, 24)
