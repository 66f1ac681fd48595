"""`resdsl test`: what it says, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

import resdsl
from tests.cli.running import Command as Run

SPEC = """network small(classes = 10) {
  input 1x8x8
  conv 3x3, 4; norm; act
  avgpool global
  fc classes
}
"""


@pytest.fixture
def command(resdsl: Run) -> Run:
    """The command in a folder with a spec and weights."""
    return resdsl


@pytest.fixture(autouse=True)
def _files(command: Run) -> None:
    command.write("small.res", SPEC)
    resdsl.loads(SPEC).to_safetensors(command.folder / "w.safetensors", seed=3)
    resdsl.loads(SPEC).to_onnx(command.folder / "small.onnx", seed=3)


def test_one_way_has_one_row(command: Run) -> None:
    done = command("test", "small.res", "--recipe", "digits", "--weights", "w.safetensors")
    head, columns, row = done.out.splitlines()
    assert head == "small on 360 test images of digits, in PyTorch"
    assert columns.split() == ["views", "averaged", "top-1", "error", "top-5", "error"]
    assert row.split()[:4] == ["whole", "whole", "image", "-"]
    assert done.code == 0


def test_each_way_of_a_recipe_has_a_row_and_the_first_is_reported(command: Run) -> None:
    recipe = Path(command.folder, "mine.toml")
    text = (Path(__file__).parents[2] / "recipes" / "digits.toml").read_text(encoding="utf-8")
    more = '\n[test.more]\nviews = "ten"\ncrop = 6\nsides = [8, 10]\naverage = "scores"\n'
    recipe.write_text(text + more, encoding="utf-8")
    rows = command("test", "small.res", "--recipe", "mine.toml", "--weights", "w.safetensors").out.splitlines()[2:]
    assert "(reported)" in rows[0]
    assert "(reported)" not in rows[1]
    assert rows[1].startswith("more   10 crops of 6x6, shorter side 8, 10  scores of 20  ")


def test_options_change_the_first_way(command: Run) -> None:
    options = ["--views", "ten", "--crop", 6, "--scales", "8,12", "--average", "scores", "--format", "json"]
    found = json.loads(command("test", "small.res", "--recipe", "digits", "--weights", "w.safetensors", *options).out)
    way = found["tests"]["whole"]
    assert {key: way[key] for key in ("views", "crop", "sides", "average")} == {
        "views": "ten",
        "crop": 6,
        "sides": [8, 12],
        "average": "scores",
    }
    assert (found["images"], found["reported"], found["split"]) == (360, "whole", "test")


def test_the_three_forms_and_the_confusion_matrix_agree(command: Run) -> None:
    common = ["test", "small.res", "--recipe", "digits", "--weights", "w.safetensors", "--split", "train"]
    text = command(*common, "--confusion", "confusion.csv").out
    (row,) = csv.DictReader(io.StringIO(command(*common, "--format", "csv").out))
    found = json.loads(command(*common, "--format", "json").out)["tests"]["whole"]
    assert float(row["error"]) == found["error"]
    assert f"{found['error']:.2%}" in text
    assert f"{found['top5_error']:.2%}" in text
    matrix = list(csv.reader((command.folder / "confusion.csv").open(encoding="utf-8")))
    right = sum(int(matrix[label + 1][label + 1]) for label in range(10))
    everything = sum(int(cell) for line in matrix[1:] for cell in line[1:])
    assert everything == int(row["images"]) == 1437
    assert (everything - right) / everything == found["error"]


def test_with_five_classes_there_is_no_top_5(command: Run) -> None:
    resdsl.loads(SPEC, classes=5).to_safetensors(command.folder / "five.safetensors")
    options = ["--set", "classes=5", "--recipe", "digits-0-4", "--weights", "five.safetensors"]
    assert "top-5" not in command("test", "small.res", *options).out
    assert "top5_error" not in command("test", "small.res", *options, "--format", "json").out


def test_an_onnx_file_and_a_spec_in_onnxruntime_give_the_same_without_pytorch(command: Run) -> None:
    program = (
        "import atexit, os, sys; atexit.register(lambda: 'torch' in sys.modules and os._exit(9)); "
        "from resdsl.cli.main import main; main(['test', *sys.argv[1:], '--recipe', 'digits', '--format', 'csv'])"
    )
    of_spec, of_file = (
        subprocess.run(
            [sys.executable, "-c", program, *arguments], cwd=command.folder, capture_output=True, text=True, check=True
        ).stdout
        for arguments in (["small.res", "--weights", "w.safetensors", "--on", "onnx"], ["small.onnx"])
    )
    assert of_spec == of_file
    in_torch = command("test", "small.res", "--recipe", "digits", "--weights", "w.safetensors", "--format", "csv").out
    assert of_spec == in_torch


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["small.res"], 1, "error: name the weights with which `small` is tested"),
        (["small.res", "--weights", "none.safetensors"], 2, "error: none.safetensors: "),
        (["small.res", "--weights", "w.safetensors", "--views", "ten"], 1, "`crop` is the size of the views"),
        (["small.res", "--weights", "w.safetensors", "--scales", "8,x"], 2, "--scales takes numbers such as 224,256"),
        (["small.onnx", "--set", "classes=5"], 2, "an ONNX file is finished"),
        (["small.onnx", "--on", "torch"], 1, "error: small.onnx runs in onnxruntime alone"),
        (["small.onnx", "--run", "runs"], 2, "an ONNX file is tested with --recipe"),
        (["none.onnx"], 2, "error: none.onnx: "),
        (["small.onnx", "--scales", "9"], 1, "error: small.onnx takes inputs of 1x8x8, and cannot be given 1x9x9"),
    ],
)
def test_what_is_wrong_is_refused(arguments: list[str], code: int, message: str, command: Run) -> None:
    failed = command("test", *arguments, "--recipe", "digits")
    assert failed.code == code
    assert message in failed.err


def test_a_run_has_its_recipe_and_its_weights(command: Run) -> None:
    trained = command("train", "small.res", "--recipe", "digits", "--steps", 3, "-o", "run")
    assert trained.code == 0
    weights = ["--recipe", "digits", "--weights", "run/weights.safetensors"]
    of_run = command("test", "small.res", "--run", "run", "--format", "csv")
    assert of_run.out == command("test", "small.res", *weights, "--format", "csv").out
    assert (
        float(next(csv.DictReader(io.StringIO(of_run.out)))["error"])
        == json.loads((command.folder / "run" / "result.json").read_text(encoding="utf-8"))["test_error"]
    )
    failed = command("test", "small.res", "--set", "classes=12", "--run", "run")
    assert failed.code == 1
    assert "the run in run is of `small` with other values than this `small`" in failed.err
    assert "name a recipe with --recipe" in command("test", "small.res", "--weights", "w.safetensors").err
    assert command("test", "small.res", "--run", "none").code == 2


def test_help_loads_no_heavy_library(command: Run) -> None:
    program = (
        "import sys; from resdsl.cli.main import cli; cli(['test', '--help'], standalone_mode=False); "
        "sys.exit(bool({'torch', 'numpy', 'onnxruntime', 'PIL', 'pydantic'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode == 0


def test_pytest_takes_the_function_for_no_test(command: Run) -> None:
    command.write(
        "test_mine.py", "from resdsl import test\nimport resdsl\n\ndef test_own() -> None:\n    assert test\n"
    )
    arguments = ["-q", "-p", "no:cacheprovider", "-W", "error", "--rootdir", str(command.folder), "test_mine.py"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments], cwd=command.folder, capture_output=True, text=True, check=False
    )
    assert "1 passed" in done.stdout


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("w.safetensors", "w.safetensors is an input and would be overwritten"),
        ("small.res", "small.res is an input and would be overwritten"),
        ("link.csv", "link.csv is an input and would be overwritten"),
        ("history.csv", "history.csv has the name of a file that runs leave behind; choose another name"),
        ("pictures/a.csv", "pictures/a.csv lies in the folder of the data set; choose another folder"),
    ],
)
def test_a_confusion_matrix_replaces_nothing_that_is_read(command: Run, name: str, message: str) -> None:
    (command.folder / "link.csv").symlink_to("w.safetensors")
    weights = (command.folder / "w.safetensors").read_bytes()
    failed = command(
        *["test", "small.res", "--recipe", "digits", "--weights", "w.safetensors"],
        *["--data", "pictures", "--confusion", name],
    )
    assert failed.code == 2
    assert message in failed.err
    assert (command.folder / "w.safetensors").read_bytes() == weights
