"""What targets have in common: they are found by name, written whole or not at all, and checked on request."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import onnx
import pytest

import resdsl
from resdsl import targets
from resdsl.backends.onnx.check import OnnxMissing, fault_of
from resdsl.ops.activation import Relu
from resdsl.ops.conv import Conv
from resdsl.ops.pool import AvgPool, MaxPool, WindowPool
from resdsl.target import (
    Check,
    CheckFailed,
    IdleOption,
    NoForm,
    NotChecked,
    TextTarget,
    WeightedTarget,
    form_of,
)
from resdsl.targets import NoSuchTarget, NotText, file_of, own_targets, target_named, targets_by_file

TEXT = "network small { input 3x8x8; conv 3x3, 4; norm; act; avgpool global; fc 5 }"


@pytest.fixture(scope="module")
def net() -> resdsl.Net:
    return resdsl.loads(TEXT)


@pytest.mark.parametrize("name", own_targets())
def test_net_writes_every_target(net: resdsl.Net, name: str, tmp_path: Path) -> None:
    target = target_named(name)
    path = net.to(name, tmp_path / f"net{target.suffix}")
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    if isinstance(target, TextTarget):
        assert path.read_text(encoding="utf-8") == net.to_text(name)


def test_former_methods_write_the_same(net: resdsl.Net, tmp_path: Path) -> None:
    for name, method in (("onnx", net.to_onnx), ("safetensors", net.to_safetensors)):
        one, other = net.to(name, tmp_path / "a", seed=3, fold_bn=True), method(tmp_path / "b", seed=3, fold_bn=True)
        assert one.read_bytes() == other.read_bytes()
    assert net.to_text("torch", fold_bn=True) == net.to_torch_source(fold_bn=True)
    assert net.to_text("json") == net.to_json()


def test_own_targets_are_found_without_reading_the_installed_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("importlib.metadata.entry_points")
    assert {name: target_named(name) for name in own_targets()} == own_targets()
    with pytest.raises(ImportError):
        target_named("flax")


def test_unknown_target(net: resdsl.Net, tmp_path: Path) -> None:
    with pytest.raises(NoSuchTarget, match="unknown target 'onx'; did you mean `onnx`"):
        net.to("onx", tmp_path / "net")
    with pytest.raises(NoSuchTarget, match="unknown target 'flax'; available: `"):
        net.to("flax", tmp_path / "net")


def test_binary_target_is_no_text(net: resdsl.Net) -> None:
    with pytest.raises(NotText, match="ONNX is binary and must be written to a file"):
        net.to_text("onnx")


@pytest.mark.parametrize("options", [{"seed": 0}, {"weights": "w.pth"}, {"reset": "fc"}])
def test_options_of_weights_are_refused_where_there_are_none(
    net: resdsl.Net, options: dict[str, object], tmp_path: Path
) -> None:
    with pytest.raises(IdleOption, match=f"JSON does not contain weights: {next(iter(options))} would have no effect"):
        net.to("json", tmp_path / "net.json", **options)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [{"reset": "fc"}, {"weights": "w.pth", "seed": 0}])
def test_options_without_effect_on_weights_are_refused_likewise(
    net: resdsl.Net, options: dict[str, object], tmp_path: Path
) -> None:
    with pytest.raises(IdleOption, match="would have no effect"):
        net.to("onnx", tmp_path / "net.onnx", **options)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_folding_is_refused_where_the_network_is_as_written(net: resdsl.Net, tmp_path: Path) -> None:
    with pytest.raises(IdleOption, match="a figure shows the network as written"):
        net.to("svg", tmp_path / "net.svg", fold_bn=True)
    with pytest.raises(IdleOption, match="JSON shows the network as written"):
        net.to_text("json", fold_bn=True)


def test_files_of_one_folder_have_names_of_their_own() -> None:
    assert list(targets_by_file(())) == [f"network{target.suffix}" for target in own_targets().values()]
    assert file_of(TextTarget(name="flax", suffix=".py", title="Flax source", make=str)) == "network_flax.py"
    assert file_of(TextTarget(name="table", suffix=".csv", title="a table", make=str)) == "network_table.csv"


# ------------------------------------------------------------------------------------- forms of ops


def test_form_of_an_op_is_that_of_its_class_or_of_the_nearest_base() -> None:
    forms: dict[type, str] = {WindowPool: "pool", MaxPool: "maximum"}
    shapes, window = ((4, 8, 8),), {"kernel": 2}
    assert form_of(forms, MaxPool.build(window, shapes)) == "maximum"
    assert form_of(forms, AvgPool.build(window, shapes)) == "pool"
    assert form_of(forms, Relu.build({}, shapes)) is None


def test_network_with_an_op_that_has_no_form_is_refused(net: resdsl.Net, tmp_path: Path) -> None:
    target = TextTarget(name="one", suffix=".one", title="a list of convolutions", forms={Conv: "conv"}, make=str)
    with pytest.raises(NoForm, match="a list of convolutions does not support the op `bn`"):
        target.build(net.ir, tmp_path / "net.one")
    with pytest.raises(NoForm):
        target.text(net.ir)
    assert list(tmp_path.iterdir()) == []


def test_weighted_target_asks_for_weights(net: resdsl.Net, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ONNX contains weights and needs a source for them"):
        target_named("onnx").build(net.ir, tmp_path / "net.onnx")


# ------------------------------------------------------------------------------------------- checks


@pytest.mark.parametrize("name", [name for name, target in own_targets().items() if target.check])
def test_what_is_well_formed_passes(net: resdsl.Net, name: str, tmp_path: Path) -> None:
    checked, unchecked = net.to(name, tmp_path / "a", check=True), net.to(name, tmp_path / "b")
    assert checked.read_bytes() == unchecked.read_bytes()


def test_every_shipped_block_passes_the_check_of_onnx(tmp_path: Path) -> None:
    for name in ("resnet20", "densenet121"):
        resdsl.load(name).to("onnx", tmp_path / "net.onnx", check=True)


def _other_shape(model: onnx.ModelProto) -> None:
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 7


def _other_inner_shape(model: onnx.ModelProto) -> None:
    model.graph.value_info[0].type.tensor_type.shape.dim[1].dim_value = 7


def _unknown_operator(model: onnx.ModelProto) -> None:
    model.graph.node[0].op_type = "Convolve"


def _missing_value(model: onnx.ModelProto) -> None:
    model.graph.node[1].input[0] = "nowhere"


def _short_weights(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].raw_data = b""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_other_shape, "Inferred shape and existing shape differ in dimension 1: (5) vs (7)"),
        (_other_inner_shape, "Inferred shape and existing shape differ in dimension 1: (4) vs (7)"),
        (_unknown_operator, "No Op registered for Convolve"),
        (_missing_value, "input 'nowhere' of node"),
        (_short_weights, "onnx"),
    ],
)
def test_onnx_file_with_a_fault(net: resdsl.Net, change: object, words: str, tmp_path: Path) -> None:
    path = net.to("onnx", tmp_path / "net.onnx")
    model = onnx.load(path)
    assert callable(change)
    change(model)
    onnx.save(model, path)
    fault = fault_of(path)
    assert fault is not None
    assert words in fault
    assert "\n" not in fault


def test_file_that_onnx_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"not a model")
    assert "onnx rejects it: " in (fault_of(tmp_path / "net.onnx") or "")


def test_file_that_onnxruntime_cannot_open(net: resdsl.Net, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = net.to("onnx", tmp_path / "net.onnx")
    model = onnx.load(path)
    model.ir_version = 1000
    onnx.save(model, path)
    monkeypatch.setattr("onnx.checker.check_model", lambda *_, **__: None)
    assert "onnxruntime cannot open it: " in (fault_of(path) or "")


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The target `torch` writes what Python cannot compile."""
    torch = target_named("torch")
    assert isinstance(torch, TextTarget)
    known = {**own_targets(), "torch": replace(torch, make=lambda _: "def forward(:\n")}
    monkeypatch.setattr(targets, "own_targets", lambda: known)


def test_file_that_fails_its_check_leaves_the_old_one_alone(net: resdsl.Net, broken: None, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("old")
    with pytest.raises(CheckFailed, match=r"net\.py was not written .*: Python cannot compile it: invalid syntax"):
        net.to("torch", tmp_path / "net.py", check=True)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("net.py", "old")]
    net.to("torch", tmp_path / "net.py")
    assert (tmp_path / "net.py").read_text() == "def forward(:\n"


def test_target_without_a_check(net: resdsl.Net, tmp_path: Path) -> None:
    with pytest.raises(NotChecked, match="there is no check for JSON"):
        net.to("json", tmp_path / "net.json", check=True)
    assert list(tmp_path.iterdir()) == []


def test_weighted_target_is_checked_too(net: resdsl.Net, tmp_path: Path) -> None:
    def write(network: object, path: Path, weights: object, threads: int) -> None:
        path.write_bytes(b"half")

    target = WeightedTarget(
        name="mine", suffix=".mine", title="mine", write=write, check=Check("read", lambda path: path.read_text())
    )
    with pytest.raises(CheckFailed, match="half"):
        target.build(net.ir, tmp_path / "net.mine", object(), check=True)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_without_onnx_the_check_says_what_to_install(
    net: resdsl.Net, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(OnnxMissing, match=r'needs the package onnx: pip install "resdsl\[onnx\]"'):
        net.to("onnx", tmp_path / "net.onnx", check=True)
    assert list(tmp_path.iterdir()) == []
    net.to("onnx", tmp_path / "net.onnx")


def test_without_onnxruntime_onnx_alone_checks(
    net: resdsl.Net, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert fault_of(net.to("onnx", tmp_path / "net.onnx")) is None
