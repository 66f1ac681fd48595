"""`resdsl weights`, and the options about weight files of the commands that take one."""

from __future__ import annotations

import json
import shlex
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

import resdsl
from tests.cli.running import Command as Run

SPEC = """network small(classes = 10) {
  input 1x8x8
  conv 3x3, 4; norm; act
  avgpool global
  fc classes
}
"""
BODY = SPEC.replace("  avgpool global\n  fc classes\n", "").replace("small(classes = 10)", "body")
DIGITS = Path(__file__).parents[2] / "recipes" / "digits.toml"


@pytest.fixture
def command(resdsl: Run) -> Run:
    """The command in a folder with specs and weights."""
    return resdsl


@pytest.fixture(autouse=True)
def _files(command: Run) -> None:
    command.write("small.res", SPEC)
    command.write("body.res", BODY)
    resdsl.loads(SPEC).to_safetensors(command.folder / "w.safetensors", seed=3)


def tensors(net: str = SPEC, seed: int = 3) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = resdsl.loads(net).to_torch(seed=seed).state_dict()
    return state


def built(command: Run, spec: str, *options: str) -> dict[str, torch.Tensor]:
    done = command("build", spec, "--to", "safetensors", "-o", "made.safetensors", *options)
    assert (done.code, done.err) == (0, "")
    return load_file(command.folder / "made.safetensors")


# ------------------------------------------------------------------------------------------------- the list


def test_tensors_are_listed(command: Run) -> None:
    done = command("weights", "w.safetensors")
    assert done.code == 0
    assert done.out == (
        "w.safetensors (safetensors): 8 tensors, 103 values\n\n"
        "name                       shape  values  dtype\n"
        "conv1.weight             4x1x3x3      36  float32\n"
        "bn1.weight                     4       4  float32\n"
        "bn1.bias                       4       4  float32\n"
        "bn1.running_mean               4       4  float32\n"
        "bn1.running_var                4       4  float32\n"
        "bn1.num_batches_tracked        -       1  int64\n"
        "fc.weight                   10x4      40  float32\n"
        "fc.bias                       10      10  float32\n"
    )


@pytest.mark.parametrize("file", ["w.safetensors", "w.pth"])
def test_hashes_are_those_of_the_values(file: str, command: Run) -> None:
    torch.save(
        {"model": {**tensors(), "half": torch.ones(3, dtype=torch.bfloat16), "step": 3}}, command.folder / "w.pth"
    )
    record = json.loads(command("weights", file, "--hash", "--format", "json").out)
    found = {each["name"]: each.get("sha256") for each in record["tensors"]}
    for name, values in tensors().items():
        assert found[name] == sha256(values.contiguous().numpy().tobytes()).hexdigest()
    if file == "w.pth":
        assert record["key"] == "model"
        assert found["half"] == sha256(b"\x80\x3f" * 3).hexdigest()
        assert found["step"] is None


def test_dictionaries_of_a_checkpoint_are_named(command: Run) -> None:
    torch.save({"state_dict": tensors(), "ema": tensors(), "epoch": 3}, command.folder / "w.pth")
    lines = command("weights", "w.pth").out.splitlines()
    assert lines[:2] == [
        "w.pth (PyTorch checkpoint): 8 tensors under `state_dict`, 103 values",
        "other dictionaries, for --weights-key: ema (8)",
    ]
    assert command("weights", "w.pth", "--weights-key", "ema").out.splitlines()[1].endswith("state_dict (8)")
    done = command("weights", "w.pth", "--weights-key", "best")
    assert done.code == 1
    assert "it has tensors under 'state_dict' (8), 'ema' (8)" in done.err


def test_names_that_terminals_obey_are_harmless(command: Run) -> None:
    save_file({"\x1b[31mred\n": torch.ones(1)}, command.folder / "w.safetensors")
    for options in ((), ("--spec", "small.res")):
        done = command("weights", "w.safetensors", *options)
        assert "\\x1b[31mred\\n" in done.out
        assert (done.out + done.err).replace("\n", "").isprintable()


def test_tensor_that_repeats_one_value_endlessly_has_no_hash(command: Run) -> None:
    torch.save({"w": torch.zeros(1).expand(10**6, 10**6)}, command.folder / "w.pth")
    assert "1000000x1000000" in command("weights", "w.pth").out
    done = command("weights", "w.pth", "--hash")
    assert (done.code, done.out) == (1, "")
    assert "bytes but claims 4_000_000_000_000 bytes of content" in done.err


# ------------------------------------------------------------------------------------------------- comparing


def test_file_that_fits(command: Run) -> None:
    done = command("weights", "w.safetensors", "--spec", "small.res")
    assert done.code == 0
    assert done.out == (
        "small takes 8 tensors, of which 1 counter may be missing; w.safetensors has 8\n"
        "it fits:\n"
        "  resdsl build small.res --to safetensors --weights w.safetensors\n"
    )


def test_file_that_fits_with_options(command: Run) -> None:
    done = command("weights", "w.safetensors", "--spec", "small.res", "--set", "classes=3", "--input", "2x8x8")
    assert done.code == 1
    assert done.out == (
        "small takes 8 tensors, of which 1 counter may be missing; w.safetensors has 8\n"
        "other shapes (3):\n"
        "  conv1.weight  4x1x3x3 in the file, 4x2x3x3 in the network\n"
        "  fc.weight     10x4 in the file, 3x4 in the network\n"
        "  fc.bias       10 in the file, 3 in the network\n"
        "it fits with --adapt stem --reset fc, with 15 values drawn from the seed:\n"
        "  resdsl build small.res --set classes=3 --input 2x8x8 --to safetensors --weights w.safetensors "
        "--adapt stem --reset fc\n"
    )
    assert command(*shlex.split(done.out.splitlines()[-1])[1:]).code == 0


def test_names_of_a_library_in_a_dictionary_of_its_own(command: Run) -> None:
    weights = {f"module.{name.replace('fc', 'linear')}": each for name, each in tensors().items()}
    torch.save({"net": {**weights, "module.head.weight": torch.ones(1)}, "acc": 90}, command.folder / "my weights.pth")
    done = command("weights", "my weights.pth", "--spec", "small.res")
    assert done.code == 1
    for line in ("missing (2):", "left over (3):", "  head.weight    1"):
        assert line in done.out.splitlines()
    line = done.out.splitlines()[-1]
    assert line.endswith("--weights 'my weights.pth' --weights-key net --rename akamaster --ignore head")
    assert command(*shlex.split(line)[1:]).code == 0
    record = json.loads(command("weights", "my weights.pth", "--spec", "small.res", "--format", "json").out)
    assert record["fits"] is False
    assert record["missing"] == ["fc.weight", "fc.bias"]
    assert record["advice"] == {"weights_key": "net", "rename": "akamaster", "ignore": "head"}
    assert record["drawn"] == 0


def test_file_of_something_else(command: Run) -> None:
    save_file({"a": torch.ones(1), "fc.weight": torch.ones(10, 4).double()}, command.folder / "w.safetensors")
    done = command("weights", "w.safetensors", "--spec", "small.res")
    assert done.code == 1
    assert done.out.splitlines()[-1] == "no options of `resdsl build` make it fit"
    assert "other dtypes (1):\n  fc.weight  float64\n" in done.out


def test_the_same_in_python(command: Run) -> None:
    listing = resdsl.list_weights(command.folder / "w.safetensors")
    assert (listing.kind, listing.values, listing.tensors[0].shape) == ("safetensors", 103, (4, 1, 3, 3))
    found = resdsl.loads(SPEC, classes=2).compare_weights(command.folder / "w.safetensors")
    assert not found.fits
    assert found.names("shape") == ["fc.weight", "fc.bias"]
    assert found.advice is not None
    assert found.advice.selection.arguments == {"reset": "fc"}
    assert found.advice.sentence == (
        'everything else fits: reset="fc" (--reset fc) draws `fc` from the seed and loads the rest'
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--set", "classes=3"], "without --spec"),
        (["--network", "small"], "without --spec"),
        (["--spec", "small.res", "--hash"], "which --spec replaces"),
        (["--weights-key", "a"], "which has no dictionaries"),
        (["--spec", "small.res", "--weights-key", "a"], "which has no dictionaries"),
    ],
)
def test_refused(options: list[str], words: str, command: Run) -> None:
    done = command("weights", "w.safetensors", *options)
    assert done.code in (1, 2)
    assert words in done.err


def test_what_is_no_weight_file_is_refused(command: Run) -> None:
    assert command("weights", "small.res").code == 1
    assert command("weights", "none.pth").code == 2
    assert command("weights", ".").code == 1


# ------------------------------------------------------------------------------------------------- the cases


def test_backbone_by_one_option(command: Run) -> None:
    """Case d07."""
    assert built(command, "body.res", "--weights", "w.safetensors", "--ignore", "fc").keys() == {
        name for name in tensors() if not name.startswith("fc.")
    }


def test_other_channels_by_one_option_which_is_said(command: Run) -> None:
    """Case d08."""
    save_file(tensors(SPEC.replace("1x8x8", "3x8x8")), command.folder / "rgb.safetensors")
    rest = ("--to", "safetensors", "--weights", "rgb.safetensors", "--adapt", "stem")
    done = command("build", "small.res", "--input", "4x8x8", *rest)
    assert (done.code, done.err) == (
        0,
        "note: rgb.safetensors: `conv1.weight`: 3 input channels became 4: the channels of the file in turn, "
        "times 3/4 (cycle)\n",
    )
    assert "became 1: the sum over the channels of the file (sum)" in command("build", "small.res", *rest).err


def test_flat_kernels_by_one_option_which_is_said(command: Run) -> None:
    """Case d12."""
    command.write("solid.res", SPEC.replace("1x8x8", "1x4x8x8").replace("3x3", "3x3x3"))
    done = command(
        "build", "solid.res", "--network", "small", "--to", "onnx", "--weights", "w.safetensors", "--adapt", "inflate"
    )
    assert done.code == 0
    assert done.err == (
        "note: w.safetensors: 1 kernel of the file repeated along the new axis and divided by the depth\n"
    )


def test_average_by_one_option_and_a_note_without_it(command: Run) -> None:
    """Case d13."""
    torch.save({"state_dict": tensors(seed=1), "state_dict_ema": tensors(seed=2)}, command.folder / "ema.pth")
    done = command("build", "small.res", "--to", "safetensors", "--weights", "ema.pth")
    assert done.err == (
        "note: ema.pth: `state_dict_ema` holds a second copy of these weights, such as an average; "
        'weights_key="state_dict_ema" (--weights-key state_dict_ema) takes that one\n'
    )
    found = built(command, "small.res", "--weights", "ema.pth", "--weights-key", "state_dict_ema")
    assert torch.equal(found["fc.weight"], tensors(seed=2)["fc.weight"])


# ------------------------------------------------------------------------------------------------- other commands


@pytest.mark.parametrize("on", ["torch", "onnx"])
def test_networks_are_tested_with_renamed_weights(on: str, command: Run) -> None:
    save_file({f"net.{name}": each for name, each in tensors().items()}, command.folder / "net.safetensors")
    options = ("test", "small.res", "--recipe", "digits", "--on", on, "--format", "csv")
    plain = command(*options, "--weights", "w.safetensors")
    renamed = command(*options, "--weights", "net.safetensors", "--rename", "net ->")
    assert (renamed.code, renamed.out) == (0, plain.out)


def test_training_begins_with_a_part_of_a_file(command: Run) -> None:
    command.write("transfer.toml", f"{DIGITS.read_text(encoding='utf-8')}\n[transfer]\n")
    save_file({**tensors(), "more": torch.ones(1)}, command.folder / "more.safetensors")
    options = ("train", "small.res", "--recipe", "transfer.toml", "--steps", 1, "--weights", "more.safetensors")
    assert command(*options, "-o", "run").code == 1
    done = command(*options, "-o", "run", "--ignore", "more")
    assert (done.code, done.err) == (0, "")
    assert json.loads(Path(command.folder, "run", "run.json").read_text())["weights_taken"] == {"ignore": "more"}


@pytest.mark.parametrize(
    "option", [("--ignore", "fc"), ("--weights-key", "a"), ("--rename", "timm"), ("--adapt", "stem")]
)
@pytest.mark.parametrize(
    "rest",
    [
        ("build", "small.res", "--to", "onnx"),
        ("test", "small.res", "--recipe", "digits"),
        ("train", "small.res", "--recipe", "digits", "-o", "run"),
    ],
)
def test_options_without_weights_are_refused(rest: tuple[str, ...], option: tuple[str, str], command: Run) -> None:
    done = command(*rest, *option)
    assert done.code == 2
    assert f"without --weights, {option[0]} would have no effect" in done.err


def test_source_takes_no_options_about_weights(command: Run) -> None:
    done = command("build", "small.res", "--to", "torch", "--weights", "w.safetensors", "--ignore", "fc")
    assert done.code == 2
    assert "does not contain weights: --weights and --ignore would have no effect" in done.err
