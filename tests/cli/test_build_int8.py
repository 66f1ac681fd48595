"""`resdsl build --to onnx --quantize`: what it says, and what it refuses."""

from __future__ import annotations

import json
import re

import numpy as np
import onnx
import pytest

import resdsl
from tests.cli.running import Command as Run

SPEC = "network small { input 1x8x8; conv 3x3, 4; norm; act; avgpool global; fc 10 }"
BUILD = ("build", "small.res", "--to", "onnx")
WEIGHTED = (*BUILD, "--weights", "w.safetensors")


@pytest.fixture
def command(resdsl: Run) -> Run:
    """The command in a folder with a spec."""
    return resdsl


@pytest.fixture(autouse=True)
def _files(command: Run) -> None:
    command.write("small.res", SPEC)
    resdsl.loads(SPEC).to_safetensors(command.folder / "w.safetensors", seed=3)


def test_a_data_set_of_a_package(command: Run) -> None:
    done = command(*WEIGHTED, "--quantize", "--recipe", "digits", "--check")
    assert (done.code, done.err) == (0, "")
    closing, accuracy = done.out.splitlines()
    assert closing.startswith("wrote small.onnx (")
    assert re.fullmatch(
        r"scales from 512 images of digits; accuracy on 360 test images: [\d.]+% in float32, [\d.]+% in int8, "
        r"a (loss|gain) of [\d.]+ points; the same first class in [\d.]+%",
        accuracy,
    )
    assert "DequantizeLinear" in {node.op_type for node in onnx.load(command.folder / "small.onnx").graph.node}


def test_arrays_without_labels(command: Run) -> None:
    np.save(command.folder / "mine.npy", np.random.default_rng(0).random((8, 1, 8, 8), np.float32))
    accuracy = command(*WEIGHTED, "--quantize", "mine.npy", "--fold-bn").out.splitlines()[1]
    by, found = accuracy.split("; ")
    assert by == "scales from 4 images of mine.npy"
    assert re.fullmatch(r"float32 and int8 have the same first class in [\d.]+% of 4 images of mine.npy", found)
    record = json.loads(command(*WEIGHTED, "--quantize", "mine.npy", "--summary", "json").out)["int8"]
    assert (record["data"], record["calibrated"], record["images"], record["accuracy"]) == ("mine.npy", 4, 4, None)
    over = command(*WEIGHTED, "--quantize", "mine.npy", "-o", "mine.npy")
    assert over.err == "error: mine.npy is an input and would be overwritten\n"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((*BUILD, "--quantize", "--recipe", "digits"), "--quantize takes trained weights alone"),
        ((*WEIGHTED, "--reset", "fc", "--quantize", "--recipe", "digits"), "--quantize takes trained weights alone"),
        ((*WEIGHTED, "--quantize"), "--quantize needs images"),
        ((*WEIGHTED, "--recipe", "digits"), "--recipe is for --quantize: it would have no effect without"),
        ((*WEIGHTED, "--quantize", "--recipe", "digits", "--batch", "2"), "not written with batch"),
        ((*WEIGHTED, "--quantize", "--recipe", "digits", "--functions"), "not written with functions"),
        ((*WEIGHTED, "--quantize", "--recipe", "digets"), "unknown recipe `digets`; did you mean `digits`?"),
        ((*WEIGHTED, "--quantize", "none.npy"), "none.npy: no such file or directory"),
        ((*WEIGHTED, "--quantize", "none", "--recipe", "fashion-mnist"), "none"),
        (("build", "small.res", "--to", "torch", "--quantize", "--recipe", "digits"), "has no such form: --quantize"),
    ],
)
def test_what_is_refused(arguments: tuple[str, ...], reason: str, command: Run) -> None:
    done = command(*arguments)
    assert reason in done.err
    assert (done.code in (1, 2), done.out) == (True, "")
    assert not (command.folder / "small.onnx").exists()
