"""Weights in files beside a model: copied there, and noticed when they change."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from safetensors.numpy import load_file, save_file

import resdsl
from resdsl.api import Net
from resdsl.backends.onnx import recorded
from resdsl.backends.onnx.external import NotShared, Outside
from resdsl.backends.onnx.form import UnfitOptions
from resdsl.backends.onnx.recorded import KEY, change_of
from resdsl.overwriting import WouldOverwrite
from resdsl.target import CheckFailed
from resdsl.testing.in_onnx import OnnxFile
from resdsl.testing.scoring import NotTested
from tests.backends.onnx.test_forms import TEXT, image, run


@pytest.fixture
def net() -> Net:
    return resdsl.loads(TEXT)


@pytest.fixture
def weights(net: Net, tmp_path: Path) -> Path:
    (tmp_path / "trained").mkdir()
    return net.to_safetensors(tmp_path / "trained" / "best.safetensors", seed=5)


def pointing(net: Net, path: Path, weights: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    return net.to_onnx(path, weights=weights, external_data="safetensors", copy=True, check=True)


def with_bytes(path: Path, at: int, data: bytes) -> None:
    content = bytearray(path.read_bytes())
    content[at : at + len(data)] = data
    path.write_bytes(content)


# ------------------------------------------------------------------------------------------------- copied


def test_weights_from_elsewhere_are_copied_beside(net: Net, weights: Path, tmp_path: Path) -> None:
    path = pointing(net, tmp_path / "out" / "tiny.onnx", weights)
    assert sorted(each.name for each in path.parent.iterdir()) == ["best.safetensors", "tiny.onnx"]
    assert (path.parent / "best.safetensors").read_bytes() == weights.read_bytes()
    inside = net.to_onnx(tmp_path / "inside.onnx", weights=weights)
    assert np.array_equal(run(path, image()), run(inside, image()))


def test_weights_below_the_model_are_not_copied(net: Net, weights: Path, tmp_path: Path) -> None:
    pointing(net, tmp_path / "tiny.onnx", weights)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["tiny.onnx", "trained"]


def test_a_copy_that_would_replace_the_weights(net: Net, weights: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / weights.name).symlink_to(weights)
    with pytest.raises(WouldOverwrite):
        pointing(net, tmp_path / "out" / "tiny.onnx", weights)
    assert [each.name for each in (tmp_path / "out").iterdir()] == [weights.name]


def test_nothing_to_copy(net: Net, weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "tiny.onnx"
    with pytest.raises(UnfitOptions, match="only a safetensors file that a model points into is copied"):
        net.to_onnx(path, weights=weights, copy=True)
    with pytest.raises(NotShared, match="do not come from a safetensors file as they are: there is nothing to copy"):
        net.to_onnx(path, external_data="safetensors", copy=True)
    with pytest.raises(NotShared, match="do not come from a safetensors file as they are: there is nothing to copy"):
        net.to_onnx(path, weights=weights, fold_bn=True, external_data="safetensors", copy=True)
    assert not path.exists()


# ------------------------------------------------------------------------------------------------ noticed


@pytest.mark.parametrize("opset", [13, 21])
@pytest.mark.parametrize("external", ["raw", "safetensors"])
def test_a_changed_file_is_noticed(net: Net, tmp_path: Path, external: str, opset: int) -> None:
    path = net.to_onnx(tmp_path / "tiny.onnx", external_data=external, opset=opset, check=True)
    (data,) = (each for each in tmp_path.iterdir() if each != path)
    assert change_of(path) is None
    with_bytes(data, data.stat().st_size - 2, b"\x7f")
    assert change_of(path) == f"{data.name} has changed since the model was written: its values are others"
    data.write_bytes(data.read_bytes() + b"\0")
    size = data.stat().st_size
    assert change_of(path) == (
        f"{data.name} has changed since the model was written: it has {size:,} bytes in place of {size - 1:,}"
    )
    data.unlink()
    assert change_of(path) == f"{data.name} is not there"


def test_large_files_are_known_by_the_ends_of_each_weight(
    net: Net, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded, "MOST_HASHED", 20_000)
    path = pointing(net, tmp_path / "tiny.onnx", weights)
    (entry,) = json.loads(properties(path)[KEY]).values()
    assert entry["of_each"] < 20_000
    monkeypatch.undo()
    assert change_of(path) is None
    before, values = weights.read_bytes(), load_file(weights)
    for name in ("conv1.weight", "layer2.0.conv2.weight", "fc.bias"):
        save_file({**values, name: values[name] + np.float32(1e-3)}, weights)
        assert change_of(path) is not None, name
    weights.write_bytes(before)
    assert change_of(path) is None


def test_the_middle_of_a_large_weight_is_not_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What decision 40 says is not noticed."""
    monkeypatch.setattr(recorded, "MOST_HASHED", 64)
    data, places = tmp_path / "data", [Outside("data", 0, 100), Outside("data", 100, 10)]
    data.write_bytes(bytes(range(110)))
    before = recorded.record(tmp_path, places)
    with_bytes(data, 50, b"x")
    assert recorded.record(tmp_path, places) == before
    for place in (0, 15, 84, 99, 100, 109):
        with_bytes(data, place, b"\xff")
        assert recorded.record(tmp_path, places) != before, place
        with_bytes(data, place, bytes([place]))


def properties(path: Path) -> dict[str, str]:
    return {each.key: each.value for each in onnx.load(path, load_external_data=False).metadata_props}


def test_a_test_refuses_changed_weights(net: Net, weights: Path, tmp_path: Path) -> None:
    path = pointing(net, tmp_path / "tiny.onnx", weights)
    scores = OnnxFile(path).at((3, 20, 24))(image())
    assert np.array_equal(scores, run(path, image()))
    net.to_safetensors(weights, seed=6)
    with pytest.raises(NotTested, match=r"tiny\.onnx is not what it was: trained/best\.safetensors has changed since"):
        OnnxFile(path).at((3, 20, 24))


def test_a_check_refuses_weights_that_change_meanwhile(
    net: Net, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = iter(["when it was written", "when it was checked"])
    monkeypatch.setattr(recorded, "_hash", lambda *_: next(hashes))
    with pytest.raises(CheckFailed, match=r"best\.safetensors has changed since"):
        pointing(net, tmp_path / "tiny.onnx", weights)
    assert not (tmp_path / "tiny.onnx").exists()


# ------------------------------------------------------------------------------------------ files of others


def test_models_of_other_tools_record_nothing(net: Net, tmp_path: Path) -> None:
    path = net.to_onnx(tmp_path / "tiny.onnx")
    model = onnx.load(path)
    del model.metadata_props[:]
    onnx.save(model, path, save_as_external_data=True, location="there.data", size_threshold=0)
    (tmp_path / "there.data").write_bytes(b"")
    assert change_of(path) is None


@pytest.mark.parametrize("content", [b"", b"\x08", b"\xff" * 20, b"not a model at all", bytes(50), b"\x3a\x7f"])
def test_what_is_no_model_has_not_changed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "no.onnx").write_bytes(content)
    assert change_of(tmp_path / "no.onnx") is None


def test_weights_beyond_the_end_of_the_file_are_noticed_at_once(net: Net, weights: Path, tmp_path: Path) -> None:
    path = pointing(net, tmp_path / "tiny.onnx", weights)
    model = onnx.load(path, load_external_data=False)
    entry = next(each for each in model.metadata_props if each.key == KEY)
    ((location, was),) = json.loads(entry.value).items()
    entry.value = json.dumps({location: {**was, "of_each": 10**30}})
    next(each for each in model.graph.initializer[0].external_data if each.key == "length").value = str(10**18)
    path.write_bytes(model.SerializeToString())
    assert change_of(path) == f"{location} ends before the weights that the model has in it"


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "{",
        100_000 * "[",
        '{"best.safetensors": 3}',
        '{"best.safetensors": {"bytes": 1}}',
        '{"best.safetensors": {"bytes": "1", "sha256": "", "of_each": 1}}',
    ],
)
def test_a_record_that_cannot_be_read(net: Net, weights: Path, tmp_path: Path, content: str) -> None:
    path = pointing(net, tmp_path / "tiny.onnx", weights)
    model = onnx.load(path, load_external_data=False)
    next(each for each in model.metadata_props if each.key == KEY).value = content
    path.write_bytes(model.SerializeToString())
    assert change_of(path) == f"what it records in {KEY} cannot be read"
