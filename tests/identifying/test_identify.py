"""Which network a weight file is of: every shipped one, under other heads, and under settings that none has."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file

import resdsl
from resdsl.cli.main import cli
from resdsl.identifying import networks
from resdsl.identifying.identify import Identified, identify_shapes
from resdsl.identifying.index import INDEX, index_text, shipped_index, value_of
from resdsl.identifying.networks import entries, shipped_network, tensors_of
from resdsl.identifying.outline import shapes_in
from resdsl.identifying.search import repeats
from resdsl.identifying.signature import Shapes, without_counters
from resdsl.source import Source, read_source
from resdsl.weights.fitting import WeightsMismatch
from resdsl.weights.kind import UnreadableWeights

FEW = ("resnet20", "resnet50", "densenet121", "efficientnet_b0")


def shapes_of(name: str, **settings: Any) -> Shapes:
    """The tensors of a shipped network."""
    network = shipped_network(name, settings)
    assert network is not None
    shapes = tensors_of(network)
    assert shapes is not None
    return shapes


def named(networks: tuple[Identified, ...]) -> dict[str, str]:
    """The options of each network."""
    return {network.network: network.options for network in networks}


def each_shipped(few: tuple[str, ...]) -> list[Any]:
    """All shipped networks; `make test` tries a few."""
    names = [entry.network for entry in shipped_index()]
    return [pytest.param(name, marks=[] if name in few else pytest.mark.zoo) for name in names]


@pytest.mark.parametrize("name", each_shipped(FEW))
def test_every_shipped_network_is_found_from_its_names_and_shapes_alone(name: str) -> None:
    found = identify_shapes(shapes_of(name))
    assert named(found.networks)[name] == ""
    for other, options in named(found.networks).items():
        settings = dict(next(each.settings for each in found.networks if each.network == other))
        assert shapes_of(other, **settings) == shapes_of(name), options


@pytest.mark.parametrize("name", each_shipped(FEW))
def test_heads_and_inputs_of_other_sizes_are_read_from_the_shapes(name: str) -> None:
    entry = next(each for each in shipped_index() if each.network == name)
    settings = {each.setting: value_of(each.setting, each.default + 1, entry.input) for each in entry.open}
    if not settings or shipped_network(name, settings) is None:
        settings = {key: value for key, value in settings.items() if key == "classes"}
    found = identify_shapes(shapes_of(name, **settings))
    (own,) = (each for each in found.networks if each.network == name)
    assert own.exact
    assert dict(own.settings) == {key: str(value) for key, value in settings.items()}


@pytest.mark.zoo
def test_the_index_is_that_of_the_shipped_networks() -> None:
    assert INDEX.read_text(encoding="utf-8") == index_text(entries()), "python -m tests.identifying.renew"


def test_the_index_has_every_shipped_network() -> None:
    from resdsl.catalogue import networks_of
    from resdsl.resources import shipped_specs, zoo_specs

    names = [name for path in (*shipped_specs(), *zoo_specs()) for name in networks_of(path)]
    assert [entry.network for entry in shipped_index()] == names


def test_ties_are_told() -> None:
    found = identify_shapes(shapes_of("resnet20"))
    assert list(named(found.networks)) == ["cifar", "resnet20", "plain20"]


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("cifar", {"n": 7, "k": 2, "shortcut": "B", "classes": 100}),
        ("resnet50d", {"depths": [2, 2, 2, 2], "shortcut": "B"}),
        pytest.param("wide_cifar", {"d": 22, "k": 7}, marks=pytest.mark.zoo),
        pytest.param("preact_cifar", {"n": 6, "bottlenecks": True}, marks=pytest.mark.zoo),
        pytest.param("pyramidnet", {"n": 9, "alpha": 84}, marks=pytest.mark.zoo),
        pytest.param("edsr", {"n": 20, "width": 48}, marks=pytest.mark.zoo),
        pytest.param("densenet121", {"depths": [6, 12, 30, 16], "growth": 24}, marks=pytest.mark.zoo),
        pytest.param("resnext101_32x8d", {"depths": [3, 4, 6, 3], "groups": 16, "width": 16}, marks=pytest.mark.zoo),
    ],
)
def test_settings_that_no_shipped_network_has_are_searched(name: str, settings: dict[str, Any]) -> None:
    wanted = shapes_of(name, **settings)
    found = identify_shapes(wanted)
    assert found.exact
    for each in found.networks:
        given = {key: value if value != "true" else True for key, value in each.settings}
        assert shapes_of(each.network, **given) == wanted


def test_what_is_near_is_listed_with_its_differences(tmp_path: Path) -> None:
    shapes = dict(shapes_of("resnet20"))
    del shapes["fc.weight"], shapes["fc.bias"]
    shapes["head.weight"] = (7, 64)
    found = identify_shapes(shapes, top=2)
    assert not found.exact
    assert {each.network for each in found.networks} <= {"cifar", "plain20", "resnet20"}
    nearest = found.networks[0]
    assert (nearest.fitting, nearest.missing, nearest.reshaped) == (95, ("fc.weight", "fc.bias"), ())
    assert nearest.left_over == ("head.weight",)


def test_nothing_alike_is_said_to_be_so() -> None:
    assert identify_shapes({"a.b": (3, 4)}).networks == ()


def test_repeats_are_counted_side_by_side() -> None:
    names = [
        "layer1.0.w",
        "layer1.1.w",
        "layer2.0.w",
        "features.denseblock1.denselayer1.w",
        "features.denseblock1.denselayer2.w",
    ]
    assert repeats(dict.fromkeys(names, (1,))) == ((2, 1), (2,))


class Note:
    """An object of somebody's own in a checkpoint."""

    def __init__(self, text: str) -> None:
        self.text = text


def forms(folder: Path) -> dict[str, Path]:
    """One network in each form of file."""
    module = resdsl.load("resnet20").to_torch()
    state = module.state_dict()
    made = {form: folder / form for form in ("plain.pth", "old.pth", "whole.pth", "parallel.pth", "x.safetensors")}
    torch.save(state, made["plain.pth"])
    torch.save(state, made["old.pth"], _use_new_zipfile_serialization=False)
    torch.save({"epoch": 3, "notes": Note("x"), "model": state}, made["whole.pth"])
    torch.save({"state_dict": {f"module.{name}": value for name, value in state.items()}}, made["parallel.pth"])
    save_file(state, made["x.safetensors"])
    return made


def test_outlines_are_the_shapes_of_the_tensors_in_every_form_of_file(tmp_path: Path) -> None:
    module = resdsl.load("resnet20").to_torch()
    wanted = without_counters({name: tuple(value.shape) for name, value in module.state_dict().items()})
    for form, path in forms(tmp_path).items():
        found = shapes_in(path)
        assert {name.removeprefix("module."): shape for name, shape in found.items()} == wanted, form


def test_parameters_of_a_module_are_outlined(tmp_path: Path) -> None:
    parameters = dict(torch.nn.Conv2d(3, 4, 5).named_parameters())
    torch.save(parameters, tmp_path / "parameters.pth")
    assert shapes_in(tmp_path / "parameters.pth") == {"weight": (4, 3, 5, 5), "bias": (4,)}


class Trap:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("/tmp/resdsl-trap"),))


def test_no_code_of_a_checkpoint_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touched: list[object] = []
    monkeypatch.setattr(Path, "touch", touched.append)
    torch.save({"trap": Trap(), "state_dict": {"a.weight": torch.zeros(2, 3)}}, tmp_path / "trap.pth")
    assert shapes_in(tmp_path / "trap.pth") == {"a.weight": (2, 3)}
    assert touched == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty"),
        (b"\x80\x04garbage", "not a valid PyTorch checkpoint"),
        (b"\x80\x02}q\x00.", "has no tensors with names"),
        (b"PK\x03\x04cut", "not a valid PyTorch checkpoint"),
    ],
)
def test_damaged_files_are_refused(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.pth"
    path.write_bytes(content)
    with pytest.raises(UnreadableWeights, match=message):
        shapes_in(path)


def test_the_command_tells_networks_and_settings(tmp_path: Path) -> None:
    path = tmp_path / "trained.pth"
    module = resdsl.load("resnet56", classes=100).to_torch(device="meta")
    torch.save({f"module.{name}": torch.zeros(value.shape) for name, value in module.state_dict().items()}, path)
    result = CliRunner().invoke(cli, ["identify", str(path)])
    assert result.exit_code == 0
    assert result.output == (
        f"{path}: 277 tensors with 862.9k values\n"
        "all names begin with `module.`, which is left out here\n\n"
        "These networks have exactly these tensors:\n\n"
        "  resdsl report resnet56 --set classes=100\n"
        "  resdsl report plain56 --set classes=100\n\n"
        "Names and shapes say nothing about strides, dilation, pools, activations, or the size of the input.\n"
    )
    record = json.loads(CliRunner().invoke(cli, ["identify", str(path), "--format", "json"]).output)
    assert record["prefix"] == "module."
    assert record["networks"][0]["settings"] == {"classes": "100"}


def test_the_command_ends_with_one_if_nothing_fits(tmp_path: Path) -> None:
    save_file({"a.weight": torch.zeros(2)}, tmp_path / "a.safetensors")
    result = CliRunner().invoke(cli, ["identify", str(tmp_path / "a.safetensors")])
    assert result.exit_code == 1
    assert "No shipped network has tensors like these." in result.output


def test_one_of_several_dictionaries_is_taken_by_its_key(tmp_path: Path) -> None:
    small = {name: torch.zeros(shape) for name, shape in shapes_of("resnet20").items()}
    large = {name: torch.zeros(shape) for name, shape in shapes_of("resnet32").items()}
    path = tmp_path / "trained.pth"
    torch.save({"state_dict": small, "teacher": large, "epoch": 3}, path)
    usual = CliRunner().invoke(cli, ["identify", str(path)])
    first, second, *_ = usual.output.split("\n")
    assert first.startswith(f"{path}: {len(small)} tensors under `state_dict` with ")
    assert second == f"other dictionaries, for --weights-key: teacher ({len(large)})"
    result = CliRunner().invoke(cli, ["identify", str(path), "--weights-key", "teacher", "--format", "json"])
    record = json.loads(result.output)
    assert (record["key"], record["other_keys"]) == ("teacher", {"state_dict": len(small)})
    assert "resnet32" in {each["network"] for each in record["networks"]}
    with pytest.raises(UnreadableWeights, match=r"no tensors under 'net'; it has tensors under 'state_dict' \(\d+\), "):
        resdsl.identify(path, weights_key="net")


def test_a_key_without_dictionaries_is_refused(tmp_path: Path) -> None:
    save_file({"a.weight": torch.zeros(2)}, tmp_path / "a.safetensors")
    result = CliRunner().invoke(cli, ["identify", str(tmp_path / "a.safetensors"), "--weights-key", "a"])
    assert isinstance(result.exception, UnreadableWeights)
    assert "a.safetensors is a safetensors file, which has no dictionaries" in str(result.exception)
    for option in ("--weights-key", "--top"):
        result = CliRunner().invoke(cli, ["identify", "config.json", option, "2"])
        assert (result.exit_code, f"no weights: {option} has no effect" in result.output) == (2, True)


def test_one_tensor_is_said_to_be_one(tmp_path: Path) -> None:
    save_file({"a.weight": torch.zeros(1)}, tmp_path / "a.safetensors")
    result = CliRunner().invoke(cli, ["identify", str(tmp_path / "a.safetensors")])
    assert ": 1 tensor with 1 value\n" in result.output


def test_top_is_checked() -> None:
    with pytest.raises(ValueError, match="top must be at least 1, not 0"):
        resdsl.identify("x", top=0)


def test_weights_of_another_network_are_said_to_be_so(tmp_path: Path) -> None:
    resdsl.load("resnet20", classes=100).to_safetensors(tmp_path / "trained.safetensors")
    with pytest.raises(WeightsMismatch) as caught:
        resdsl.load("resnet18_small").to_onnx(tmp_path / "x.onnx", weights=tmp_path / "trained.safetensors")
    names = [f"{name} --set classes=100" for name in ("cifar", "resnet20", "plain20")]
    assert str(caught.value).endswith(f"these are exactly the tensors of {names[0]}, {names[1]} or {names[2]}")


def test_weights_of_another_network_are_looked_for_under_the_key_that_is_taken(tmp_path: Path) -> None:
    states = {key: resdsl.load(key).to_torch().state_dict() for key in ("resnet20", "resnet32")}
    torch.save(states, tmp_path / "both.pth")
    with pytest.raises(WeightsMismatch, match=r"exactly the tensors of resnet32 or plain32$"):
        resdsl.load("resnet18_small").to_torch(weights=tmp_path / "both.pth", weights_key="resnet32")


def test_file_without_tensors_is_a_mismatch(tmp_path: Path) -> None:
    save_file({}, tmp_path / "nothing.safetensors")
    with pytest.raises(WeightsMismatch, match=r"`conv1\.weight` is missing"):
        resdsl.load("resnet20").to_torch(weights=tmp_path / "nothing.safetensors")


def test_description_that_is_packed_many_times_is_refused(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "bomb.pth", "w", ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02" + b"}0" * (1 << 24) + b"}.")
    with pytest.raises(UnreadableWeights, match=r"bytes but claims 33_554_436 bytes of content"):
        shapes_in(tmp_path / "bomb.pth")


def test_files_of_networks_are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: Counter[Path] = Counter()

    def counted(path: Path, name: str | None = None) -> Source:
        read[path] += 1
        return read_source(path, name)

    monkeypatch.setattr("resdsl.catalogue.read_source", counted)
    networks._located.cache_clear()
    for classes in range(2, 8):
        assert shipped_network("resnet20", {"classes": classes}) is not None
    assert set(read.values()) == {1}
