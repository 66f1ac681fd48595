"""Weights from safetensors files: exact values, and everything that does not fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_torch

from resdsl.ir.walk import state
from resdsl.weights.file import SafetensorsFile
from resdsl.weights.fitting import WeightsMismatch
from resdsl.weights.kind import UnreadableWeights
from resdsl.weights.reset import InvalidReset
from resdsl.weights.selection import Selection
from resdsl.weights.source import Seeded, Values, whole
from tests.ir.networks import small

Weights = dict[str, Values]
STATE = dict(state(small()))


def seeded() -> Weights:
    return {name: whole(Seeded(5), name, tensor) for name, tensor in STATE.items()}


def read(path: Path, reset: tuple[str, ...] = (), seed: int = 0) -> Weights:
    source = SafetensorsFile(path, small(), Selection(reset), seed)
    return {name: whole(source, name, tensor) for name, tensor in STATE.items()}


def assert_equal(found: Weights, wanted: Weights) -> None:
    assert list(found) == list(wanted)
    for name, values in wanted.items():
        assert found[name].dtype == values.dtype
        assert np.array_equal(found[name], values), name


def test_values_come_back(tmp_path: Path) -> None:
    save_file(seeded(), tmp_path / "a.safetensors", metadata={"from": "a test"})
    assert_equal(read(tmp_path / "a.safetensors"), seeded())


def test_large_tensor_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resdsl.weights.file.PIECE", 100)
    save_file(seeded(), tmp_path / "a.safetensors")
    assert_equal(read(tmp_path / "a.safetensors"), seeded())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_becomes_float32(tmp_path: Path, dtype: torch.dtype) -> None:
    halves = {name: torch.from_numpy(values) for name, values in seeded().items()}
    halves = {name: values.to(dtype) if values.is_floating_point() else values for name, values in halves.items()}
    save_torch(halves, tmp_path / "a.safetensors")
    wanted = {name: values.float() if values.is_floating_point() else values for name, values in halves.items()}
    assert_equal(read(tmp_path / "a.safetensors"), {name: values.numpy() for name, values in wanted.items()})


def test_counters_are_not_needed(tmp_path: Path) -> None:
    weights = {name: values for name, values in seeded().items() if not name.endswith("num_batches_tracked")}
    save_file(weights, tmp_path / "a.safetensors")
    assert_equal(read(tmp_path / "a.safetensors"), seeded())


def other_head(weights: Weights) -> Weights:
    """The weights with a head for three classes, named otherwise, and of doubles."""
    rest = {name: values for name, values in weights.items() if not name.startswith("fc.")}
    return {**rest, "fc.weight": np.ones((3, 16)), "fc.inner.scale": np.ones(2, np.int16)}


def test_what_is_reset_is_drawn_and_the_rest_taken(tmp_path: Path) -> None:
    save_file(other_head(seeded()), tmp_path / "a.safetensors")
    fresh = {name: whole(Seeded(9), name, STATE[name]) for name in ("fc.weight", "fc.bias")}
    assert_equal(read(tmp_path / "a.safetensors", ("fc",), 9), {**seeded(), **fresh})


def test_reset_stage_has_fresh_statistics(tmp_path: Path) -> None:
    weights = seeded()
    for name in ("layer2.0.bn1.running_mean", "layer2.0.bn1.num_batches_tracked", "layer1.0.bn1.running_mean"):
        weights[name] += 3
    save_file(weights, tmp_path / "a.safetensors")
    found = read(tmp_path / "a.safetensors", ("layer2", "fc"))
    assert found["layer2.0.bn1.running_mean"].tolist() == [0] * 16
    assert found["layer2.0.bn1.num_batches_tracked"] == 0
    assert found["layer1.0.bn1.running_mean"].tolist() == [3] * 8


def test_reset_that_leaves_a_misfit(tmp_path: Path) -> None:
    save_file(other_head(seeded()), tmp_path / "a.safetensors")
    with pytest.raises(WeightsMismatch, match=r"`fc\.weight` is 3x16 in the file but 10x16 in the network"):
        read(tmp_path / "a.safetensors", ("layer2",))
    with pytest.raises(InvalidReset, match="did you mean `fc`"):
        read(tmp_path / "a.safetensors", ("fc1",))


def rename(weights: Weights) -> None:
    weights["layer1.0.conv1.wieght"] = weights.pop("layer1.0.conv1.weight")


MISFITS: dict[str, tuple[Callable[[Weights], object], list[tuple[str, str, str]]]] = {
    "missing": (
        lambda weights: weights.pop("fc.bias"),
        [("missing", "fc.bias", "`fc.bias` is missing")],
    ),
    "unexpected": (
        lambda weights: weights.update({"fc2.bias": weights["fc.bias"]}),
        [("unexpected", "fc2.bias", "`fc2.bias` is in the file but not in the network; the network has `fc.bias`")],
    ),
    "misspelt": (
        rename,
        [
            (
                "missing",
                "layer1.0.conv1.weight",
                "`layer1.0.conv1.weight` is missing; the file has `layer1.0.conv1.wieght`",
            ),
            ("unexpected", "layer1.0.conv1.wieght", "`layer1.0.conv1.wieght` is in the file but not in the network"),
        ],
    ),
    "another shape": (
        lambda weights: weights.update({"fc.weight": weights["fc.weight"].T.copy()}),
        [("shape", "fc.weight", "`fc.weight` is 16x10 in the file but 10x16 in the network")],
    ),
    "another type": (
        lambda weights: weights.update({"fc.bias": weights["fc.bias"].astype(np.float64)}),
        [("dtype", "fc.bias", "`fc.bias` is float64 in the file, but must be float32, float16 or bfloat16")],
    ),
    "counter of another type": (
        lambda weights: weights.update({"bn1.num_batches_tracked": np.zeros((), np.float32)}),
        [("dtype", "bn1.num_batches_tracked", "`bn1.num_batches_tracked` is float32 in the file, but must be int64")],
    ),
}


@pytest.mark.parametrize("name", MISFITS)
def test_misfits_are_listed(tmp_path: Path, name: str) -> None:
    change, wanted = MISFITS[name]
    weights = seeded()
    change(weights)
    save_file(weights, tmp_path / "a.safetensors")
    with pytest.raises(
        WeightsMismatch, match=r"a\.safetensors does not hold the weights of this network:\n  `"
    ) as caught:
        SafetensorsFile(tmp_path / "a.safetensors", small())
    assert [(each.kind, each.name, each.text) for each in caught.value.found] == wanted


def test_long_list_is_cut_short_in_words_alone(tmp_path: Path) -> None:
    save_file({"net." + name: values for name, values in seeded().items()}, tmp_path / "a.safetensors")
    with pytest.raises(WeightsMismatch, match=r"and \d+ more") as caught:
        SafetensorsFile(tmp_path / "a.safetensors", small())
    weights = sum(tensor.dtype == "float32" for tensor in STATE.values())
    assert len(caught.value.found) == weights + len(STATE)
    assert "`conv1.weight` is missing; the file has `net.conv1.weight`" in str(caught.value)


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod."])
def test_what_wrappers_put_before_all_names_comes_off(tmp_path: Path, prefix: str) -> None:
    save_file({prefix + name: values for name, values in seeded().items()}, tmp_path / "a.safetensors")
    SafetensorsFile(tmp_path / "a.safetensors", small())


@pytest.mark.parametrize("content", [b"", b"no weights", b"\xff" * 64, (8).to_bytes(8, "little") + b'{"a": 1}'])
def test_file_of_another_format(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(UnreadableWeights, match=r"a\.safetensors is not a valid safetensors file"):
        SafetensorsFile(path, small())


def test_file_that_ends_too_soon(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_file(seeded(), path)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(UnreadableWeights):
        SafetensorsFile(path, small())


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(UnreadableWeights, match="is a folder, not a file of weights"):
        SafetensorsFile(tmp_path, small())


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        SafetensorsFile(tmp_path / "a.safetensors", small())
