"""State dicts and outputs are those of the reference networks: trained weights load by name and mean the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from safetensors.numpy import save_file

import resdsl
from resdsl.api import Net
from resdsl.ir.walk import state, steps
from resdsl.ops.norm import BatchNorm
from tests.truth import fills
from tests.truth.data import Model, state_dicts

STATE_DICTS = state_dicts()
SPECS: dict[str, tuple[str, dict[str, Any]]] = {
    "cifar_resnet20_A": ("resnet20", {}),
    "cifar_resnet20_A_padboth": ("resnet20", {"shortcut": 'A(zeros="both")'}),
    "resnet18": ("resnet18", {}),
    "resnet50": ("resnet50", {}),
}
FLOAT32_NOISE = 1e-4

every_reference = pytest.mark.parametrize("name", STATE_DICTS)
every_fill = pytest.mark.parametrize("fill", fills.FILLS)


def built(name: str) -> Net:
    spec, settings = SPECS[name]
    return resdsl.load(spec, **settings)


def weights_of(reference: Model, fill: str) -> dict[str, fills.Array]:
    entries = [(key, tuple(shape), index) for index, key, shape in reference["state_dict"]]
    return {key: fills.entry(fill, key, shape, index, reference["hash_gain"]) for key, shape, index in entries}


def logits_of(model: Path, values: fills.Array) -> fills.Array:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (logits,) = session.run(None, {session.get_inputs()[0].name: values})
    return np.asarray(logits)


def filled_logits(name: str, fill: str, folder: Path) -> fills.Array:
    """Logits of the specification of that name with the weights and the input of a fill."""
    reference = STATE_DICTS[name]
    weights = folder / "weights.safetensors"
    save_file(weights_of(reference, fill), weights)
    model = built(name).to_onnx(folder / "network.onnx", weights=weights)
    return logits_of(model, fills.network_input(fill, tuple(reference["input"])))


def test_every_reference_has_a_specification() -> None:
    assert sorted(SPECS) == sorted(STATE_DICTS)


@every_reference
def test_keys_shapes_and_order(name: str) -> None:
    found = [[index, key, list(tensor.shape)] for index, (key, tensor) in enumerate(state(built(name).ir))]
    assert found == STATE_DICTS[name]["state_dict"]


@every_reference
def test_counters_are_integers(name: str) -> None:
    for key, tensor in state(built(name).ir):
        assert tensor.dtype == ("int64" if key.endswith("num_batches_tracked") else "float32")


@every_reference
def test_eps_is_that_of_the_reference(name: str) -> None:
    eps = {step.layer.op.eps for step in steps(built(name).ir) if isinstance(step.layer.op, BatchNorm)}
    assert eps == {STATE_DICTS[name]["bn_eps"]}


@every_fill
@every_reference
def test_logits(name: str, fill: str, tmp_path: Path) -> None:
    wanted = STATE_DICTS[name]["fills"][fill]
    assert wanted["well_conditioned"]
    logits = filled_logits(name, fill, tmp_path)
    assert logits.shape == (1, 10 if name.startswith("cifar") else 1000)
    (row,) = logits
    largest = wanted["logits_abs_max"]
    allowed = FLOAT32_NOISE * largest
    assert np.abs(row[:16] - wanted["logits_first16"]).max() <= allowed
    assert abs(np.abs(row).max() - largest) <= allowed
    assert abs(row.astype(np.float64).sum() - wanted["logits_sum"]) <= allowed * len(row) ** 0.5
    assert wanted["argmax_margin"] > 2 * allowed
    assert row.argmax() == wanted["argmax"]


def test_the_two_ways_to_pad_are_told_apart(tmp_path: Path) -> None:
    after = filled_logits("cifar_resnet20_A", "hash", tmp_path)
    both = filled_logits("cifar_resnet20_A_padboth", "hash", tmp_path)
    largest = STATE_DICTS["cifar_resnet20_A"]["fills"]["hash"]["logits_abs_max"]
    assert np.abs(after - both).max() > 100 * FLOAT32_NOISE * largest


def swapped(keys: list[str]) -> list[str]:
    """The keys with the first two blocks of stage 1 exchanged."""
    exchange = {"layer1.0.": "layer1.1.", "layer1.1.": "layer1.0."}
    return [exchange.get(key[:9], key[:9]) + key[9:] for key in keys]


def bn_for_conv(keys: list[str]) -> list[str]:
    """The keys with the norms of one block exchanged."""
    exchange = {"layer2.1.bn1.": "layer2.1.bn2.", "layer2.1.bn2.": "layer2.1.bn1."}
    return [exchange.get(key[:13], key[:13]) + key[13:] for key in keys]


@pytest.mark.parametrize("confuse", [swapped, bn_for_conv])
def test_confused_weights_are_seen(confuse: Callable[[list[str]], list[str]], tmp_path: Path) -> None:
    reference = STATE_DICTS["cifar_resnet20_A"]
    right = weights_of(reference, "hash")
    wrong = dict(zip(confuse(list(right)), right.values(), strict=True))
    assert sorted(wrong) == sorted(right)
    save_file(wrong, tmp_path / "weights.safetensors")
    model = built("cifar_resnet20_A").to_onnx(tmp_path / "network.onnx", weights=tmp_path / "weights.safetensors")
    row = logits_of(model, fills.network_input("hash", tuple(reference["input"])))[0]
    wanted = reference["fills"]["hash"]
    assert np.abs(row - wanted["logits_first16"]).max() > FLOAT32_NOISE * wanted["logits_abs_max"]
