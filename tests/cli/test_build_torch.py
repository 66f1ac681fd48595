"""`resdsl build` for PyTorch: source, safetensors, trained weights, new heads, folded norms; and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import onnx
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

import resdsl as package
from resdsl.ops.records import Tensor as Record
from resdsl.targets import own_targets
from resdsl.weights.source import Seeded, Values
from tests.backends.torch.noisy import changed, images
from tests.cli.running import Command, run_process
from tests.cli.test_build import SMALL

UNUSABLE = "network unusable { input 3x8x8; forward: conv 3x3, 4; fc 2 }"
HEAD = {"fc.weight", "fc.bias"}
NO_WEIGHTS = "Error: PyTorch source does not contain weights: {} would have no effect"
DRAWN = "Error: without --weights, everything is initialised from the seed anyway: --reset would have no effect"
State = dict[str, Tensor]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def trained(resdsl: Command) -> State:
    """Weights that no seed gives, in files of several kinds, of a network with 1000 classes; `small.res` has 10."""
    resdsl.write("small.res", SMALL)
    module = package.load("small.res", classes=1000).to_torch(seed=1).train()
    with torch.no_grad():
        module(torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(0)))
        for parameter in module.parameters():
            parameter.add_(0.25)
    state = module.state_dict()
    torch.save(state, "bare.pth")
    torch.save({"epoch": 2, "state_dict": state}, "among.pt")
    torch.save({"model": {f"module.{name}": value for name, value in state.items()}}, "parallel.ckpt")
    save_file(state, "trained.safetensors")
    torch.save(module, "module.pth")
    return state


def state_in(path: Path) -> State:
    """The weights in a file that was written, by full name."""
    if path.suffix == ".safetensors":
        return load_file(path)
    stored = onnx.load(path).graph.initializer
    return {each.name: torch.from_numpy(onnx.numpy_helper.to_array(each).copy()) for each in stored}


def differing(found: State, wanted: State) -> set[str]:
    """Names of what is missing or not bit for bit the same. ONNX has no counters."""
    wanted = {name: value for name, value in wanted.items() if name in found or value.is_floating_point()}
    return {name for name, value in wanted.items() if name not in found or not torch.equal(found[name], value)}


def assert_only(resdsl: Command, *names: str) -> None:
    """The folder holds these files and no other."""
    assert sorted(path.name for path in resdsl.folder.iterdir()) == sorted(names)


# ---------------------------------------------------------------------------------------------- source


def test_source_is_that_of_the_network(resdsl: Command) -> None:
    resdsl.write("small.res", SMALL)
    ended = resdsl("build", "small.res", "--to", "torch")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("wrote small.py (")
    assert ": small, depth 6, 8.754k parameters, " in ended.out
    assert (resdsl.folder / "small.py").read_text() == package.load("small.res").to_torch_source()


def test_source_on_the_standard_output_is_all_that_is_there(resdsl: Command) -> None:
    resdsl.write("small.res", SMALL)
    ended = resdsl("build", "small.res", "--to", "torch", "--set", "width=8", "-o", "-")
    assert ended.code == 0
    assert ended.out == package.load("small.res").to_torch_source()
    assert "warning[RES516]" in ended.err
    assert_only(resdsl, "small.res")


def test_source_from_a_process_runs_as_a_program(tmp_path: Path) -> None:
    ended = run_process(tmp_path, "build", "resnet20", "--to", "torch", "-o", "-")
    assert (ended.code, ended.err) == (0, "")
    made: dict[str, type[torch.nn.Module]] = {"__name__": "made"}  # type: ignore[dict-item]  # what a module is called
    exec(compile(ended.out, "net.py", "exec"), made)
    net = package.load("resnet20")
    module = made["resnet20"](classes=3)
    assert module(images(net, 2)).shape == (2, 3)


def test_settings_and_input_reach_the_source(resdsl: Command) -> None:
    resdsl.write("small.res", SMALL)
    options = ("--set", "classes=7", "--set", "act=gelu", "--input", "3x24x24")
    source = resdsl("build", "small.res", "--to", "torch", *options, "-o", "-").out
    assert source == package.load("small.res", classes=7, act="gelu", input="3x24x24").to_torch_source()
    assert "nn.GELU" in source
    assert "nn.ReLU" not in source
    assert "classes: int = 7" in source


def test_summary_of_source_as_json(resdsl: Command) -> None:
    resdsl.write("small.res", SMALL)
    resdsl.write("made.py", "x" * 77)
    record = json.loads(resdsl("build", "small.res", "--to", "torch", "-o", "made.py", "--summary", "json").out)
    assert (record["path"], record["replaced_bytes"], record["depth"]) == ("made.py", 77, 6)
    assert record["bytes"] == (resdsl.folder / "made.py").stat().st_size


def test_source_with_folded_norms(resdsl: Command) -> None:
    resdsl.write("small.res", SMALL)
    plain = resdsl("build", "small.res", "--to", "torch", "-o", "-").out
    folded = resdsl("build", "small.res", "--to", "torch", "--fold-bn", "-o", "-").out
    assert "BatchNorm" in plain
    assert "BatchNorm" not in folded
    assert folded == package.load("small.res").to_torch_source(fold_bn=True)


# ---------------------------------------------------------------------------------------------- safetensors


@pytest.mark.parametrize("seed", [None, 0, 5])
def test_safetensors_holds_what_the_seed_gives(resdsl: Command, seed: int | None) -> None:
    resdsl.write("small.res", SMALL)
    ended = resdsl("build", "small.res", "--to", "safetensors", *(() if seed is None else ("--seed", seed)))
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("wrote small.safetensors (")
    module = package.load("small.res").to_torch(seed=seed)
    found = load_file("small.safetensors")
    assert found.keys() == module.state_dict().keys()
    assert changed(found, module) == set()
    other = package.load("small.res").to_torch(seed=(seed or 0) + 1)
    assert "conv1.weight" in changed(found, other)


@pytest.mark.parametrize("target", ["safetensors", "onnx"])
@pytest.mark.parametrize("file", ["bare.pth", "among.pt", "parallel.ckpt", "trained.safetensors"])
def test_trained_weights_from_files_of_both_kinds(resdsl: Command, trained: State, file: str, target: str) -> None:
    options = ("--set", "classes=1000", "--weights", file, "-o", f"made.{target}")
    ended = resdsl("build", "small.res", "--to", target, *options)
    assert (ended.code, ended.err) == (0, "")
    assert differing(state_in(resdsl.folder / f"made.{target}"), trained) == set()


@pytest.mark.parametrize("target", ["safetensors", "onnx"])
def test_folded_norms_are_gone_from_the_file(resdsl: Command, trained: State, target: str) -> None:
    options = ("--set", "classes=1000", "--weights", "bare.pth", "--fold-bn")
    assert resdsl("build", "small.res", "--to", target, *options).code == 0
    found = state_in(resdsl.folder / f"small.{target}")
    assert not [name for name in found if "bn" in name or "running" in name]
    assert torch.equal(found["fc.weight"], trained["fc.weight"])
    names = [f"bn1.{own}" for own in ("weight", "bias", "running_mean", "running_var")]
    weight, bias, mean, variance = (trained[name].double() for name in names)
    scale = weight / (variance + 1e-5).sqrt()
    folded = (trained["conv1.weight"].double() * scale.view(-1, 1, 1, 1)).float()
    torch.testing.assert_close(found["conv1.weight"], folded, rtol=1e-6, atol=0)
    torch.testing.assert_close(found["conv1.bias"], (bias - mean * scale).float(), rtol=1e-6, atol=0)


# ---------------------------------------------------------------------------------------------- new heads


@pytest.mark.parametrize("target", ["safetensors", "onnx"])
@pytest.mark.parametrize("seed", [None, 3])
def test_new_head_and_all_else_from_the_file(resdsl: Command, trained: State, target: str, seed: int | None) -> None:
    options = ("--set", "classes=2", "--weights", "among.pt", "--reset", "fc")
    ended = resdsl("build", "small.res", "--to", target, *options, *(() if seed is None else ("--seed", seed)))
    assert (ended.code, ended.err) == (0, "")
    found = state_in(resdsl.folder / f"small.{target}")
    fresh = package.load("small.res", classes=2).to_torch(seed=seed).state_dict()
    assert differing(found, {**trained, **{name: fresh[name] for name in HEAD}}) == set()
    assert found["fc.weight"].shape == (2, 16)


def test_several_modules_are_reset(resdsl: Command, trained: State) -> None:
    options = ("--weights", "bare.pth", "--reset", "fc", "--reset", "layer1.1", "--seed", "6")
    assert resdsl("build", "small.res", "--to", "safetensors", *options).code == 0
    fresh = package.load("small.res").to_torch(seed=6).state_dict()
    reset = {name: value for name, value in fresh.items() if name.startswith(("fc.", "layer1.1."))}
    assert differing(load_file("small.safetensors"), {**trained, **reset}) == set()
    assert differing(trained, reset) >= {"fc.weight", "layer1.1.conv1.weight", "layer1.1.bn1.running_mean"}


# ---------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        ("torch", ("--seed", "0"), NO_WEIGHTS.format("--seed")),
        ("torch", ("--weights", "bare.pth"), NO_WEIGHTS.format("--weights")),
        ("torch", ("--reset", "fc"), NO_WEIGHTS.format("--reset")),
        ("json", ("--fold-bn",), "Error: JSON shows the network as written: --fold-bn is for outputs that run"),
        ("onnx", ("--reset", "fc"), DRAWN),
        ("safetensors", ("--reset", "fc", "--seed", "1"), DRAWN),
        (
            "safetensors",
            ("--weights", "bare.pth", "--seed", "0"),
            "Error: all weights come from the file of --weights: --seed would have no effect",
        ),
        ("safetensors", ("-o", "-"), "Error: --to safetensors is binary and needs a file: name it with -o"),
        ("onnx", ("-o", "-"), "Error: --to onnx is binary and needs a file: name it with -o"),
        ("safetensors", ("--seed", "-1"), "Error: Invalid value for '--seed': -1 is not in the range x>=0."),
        ("torch", ("-o", "small.res"), "error: small.res is an input and would be overwritten"),
        (
            "safetensors",
            ("--set", "classes=1000", "--weights", "bare.pth", "-o", "./bare.pth"),
            "error: bare.pth is an input and would be overwritten",
        ),
        (
            "pytorch",
            (),
            f"Error: Invalid value for '--to': 'pytorch' is not one of {', '.join(map(repr, own_targets()))}. "
            "Did you mean 'torch'?",
        ),
    ],
)
def test_wrong_usage(resdsl: Command, trained: State, target: str, options: tuple[str, ...], message: str) -> None:
    before = {path.name: path.read_bytes() for path in resdsl.folder.iterdir()}
    ended = resdsl("build", "small.res", "--to", target, *options)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines()[-1] == message
    assert {path.name: path.read_bytes() for path in resdsl.folder.iterdir()} == before


MISMATCH = """error: bare.pth does not hold the weights of this network:
  `fc.weight` is 1000x16 in the file but 10x16 in the network
  `fc.bias` is 1000 in the file but 10 in the network
everything else fits: reset="fc" (--reset fc) draws `fc` from the seed and loads the rest
"""
NO_MODULE = "cannot be reset: the network has no such module with weights"


@pytest.mark.parametrize("target", ["onnx", "safetensors"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--weights", "bare.pth"), MISMATCH),
        (("--weights", "bare.pth", "--reset", "cf"), f"error: `cf` {NO_MODULE}; did you mean `fc`?\n"),
        (("--weights", "bare.pth", "--reset", "layer2"), f"error: `layer2` {NO_MODULE}; did you mean `layer1`?\n"),
        (
            ("--weights", "bare.pth", "--reset", "fc", "--reset", "fc"),
            "error: `fc` is listed twice in the modules to reset\n",
        ),
        (("--weights", "bare.pth", "--reset", ""), "error: the path of a module to reset is empty\n"),
        (
            ("--weights", "bare.pth", "--reset", "fc.bias"),
            "error: `fc.bias` cannot be reset: it is a tensor, not a module; reset the module `fc` instead\n",
        ),
        (
            ("--weights", "module.pth"),
            "error: module.pth cannot be read without `resdsl.backends.torch.live._blank`; only tensors are read from "
            "a checkpoint, since anything else may run code. If you trust the file, load it in Python and save "
            "only its weights: torch.save(model.state_dict(), PATH)\n",
        ),
        (
            ("--weights", "small.res"),
            "error: small.res is neither a safetensors file nor a PyTorch checkpoint: it begins with b'network s'\n",
        ),
    ],
)
def test_weights_that_do_not_fit(
    resdsl: Command, trained: State, target: str, options: tuple[str, ...], message: str
) -> None:
    resdsl.write(f"made.{target}", "old")
    ended = resdsl("build", "small.res", "--to", target, *options, "-o", f"made.{target}")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == message
    assert (resdsl.folder / f"made.{target}").read_text() == "old"


def test_near_names_are_shown(resdsl: Command, trained: State) -> None:
    torch.save({name.replace("layer1.1.conv", "layer1.1.cnv"): value for name, value in trained.items()}, "near.pth")
    command = ["build", "small.res", "--to", "safetensors", "--set", "classes=1000", "--weights", "near.pth"]
    ended = resdsl(*command)
    assert ended.code == 1
    rules = ["layer1.1.cnv1 -> layer1.1.conv1", "layer1.1.cnv2 -> layer1.1.conv2"]
    given = [f"--rename '{rule}'" for rule in rules]
    assert ended.err.splitlines() == [
        "error: near.pth does not hold the weights of this network:",
        "  `layer1.1.conv1.weight` is missing; the file has `layer1.1.cnv1.weight`",
        "  `layer1.1.conv2.weight` is missing; the file has `layer1.1.cnv2.weight`",
        "  `layer1.1.cnv1.weight` is in the file but not in the network",
        "  `layer1.1.cnv2.weight` is in the file but not in the network",
        f'the file fits with rename=["{rules[0]}", "{rules[1]}"] ({given[0]} {given[1]})',
    ]
    assert resdsl(*command, "--rename", rules[0], "--rename", rules[1]).code == 0


def test_what_stands_before_all_names_is_told(resdsl: Command, trained: State) -> None:
    torch.save({f"net.{name}": value for name, value in trained.items()}, "within.pth")
    ended = resdsl("build", "small.res", "--to", "onnx", "--set", "classes=1000", "--weights", "within.pth")
    assert ended.code == 1
    lines = ended.err.splitlines()
    assert lines[1] == "  `conv1.weight` is missing; the file has `net.conv1.weight`"
    assert lines[-1] == "the file fits with rename=\"net ->\" (--rename 'net ->')"


def test_weights_that_are_not_there(resdsl: Command) -> None:
    resdsl.write("small.res", SMALL)
    ended = resdsl("build", "small.res", "--to", "safetensors", "--weights", "nowhere.pth")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "error: nowhere.pth: no such file or directory\n"
    assert_only(resdsl, "small.res")


@pytest.mark.parametrize("place", [(), ("-o", "-"), ("-o", "made.py")])
def test_path_that_no_module_can_have(resdsl: Command, place: tuple[str, ...]) -> None:
    resdsl.write("unusable.res", UNUSABLE)
    resdsl.write("made.py", "old")
    resdsl.write("unusable.py", "old")
    ended = resdsl("build", "unusable.res", "--to", "torch", *place)
    assert (ended.code, ended.out) == (1, "")
    warning, error = ended.err.split("\n\n") if "\n\n" in ended.err else ended.err.split("error: ")
    assert warning.startswith(
        "warning[RES430]: `forward` cannot be the path of a PyTorch module\n --> unusable.res:1:33"
    )
    assert error.removeprefix("error: ") == (
        "`forward` cannot be the path of a PyTorch module: every module already has an attribute `forward`; "
        "give the layer, stage or block another name\n"
    )
    assert_only(resdsl, "unusable.res", "made.py", "unusable.py")
    assert {(resdsl.folder / name).read_text() for name in ("made.py", "unusable.py")} == {"old"}


def test_what_pytorch_cannot_have_goes_to_other_formats(resdsl: Command) -> None:
    resdsl.write("unusable.res", UNUSABLE)
    assert resdsl("build", "unusable.res", "--to", "safetensors").code == 0
    assert "forward.weight" in load_file("unusable.safetensors")


@pytest.mark.parametrize("target", ["torch", "safetensors"])
def test_broken_spec_replaces_nothing(resdsl: Command, target: str) -> None:
    resdsl.write("small.res", SMALL.replace("basic", "bsic"))
    resdsl.write("made", "old")
    ended = resdsl("build", "small.res", "--to", target, "-o", "made")
    assert ended.code == 1
    assert "did you mean `basic`?" in ended.err
    assert_only(resdsl, "small.res", "made")
    assert (resdsl.folder / "made").read_text() == "old"


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_interrupted_writing_of_weights_leaves_the_old_file(
    resdsl: Command, monkeypatch: pytest.MonkeyPatch, interruption: type[BaseException] | BaseException
) -> None:
    resdsl.write("small.res", SMALL)
    resdsl.write("small.safetensors", "old")
    drawn = Seeded.pieces

    def stop(self: Seeded, name: str, tensor: Record) -> Iterator[Values]:
        if name == "fc.weight":
            assert len(list(resdsl.folder.iterdir())) == 3
            raise interruption
        return drawn(self, name, tensor)

    monkeypatch.setattr(Seeded, "pieces", stop)
    ended = resdsl("build", "small.res", "--to", "safetensors")
    assert ended.code == (2 if isinstance(interruption, OSError) else 130)
    assert (resdsl.folder / "small.safetensors").read_text() == "old"
    assert_only(resdsl, "small.res", "small.safetensors")
