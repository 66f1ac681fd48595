"""What cannot be read or written is called by its name, and it is said what it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import ROOT, Command, Ended

LONG = "a" * 5000
OUTPUTS = [
    ["build", "resnet18", "--to", "onnx", "-o", "out.onnx"],
    ["build", "resnet18", "--to", "safetensors", "-o", "out.safetensors"],
    ["build", "resnet18", "--to", "torch", "-o", "out.py"],
    ["report", "resnet50", "--format", "html", "-o", "out.html"],
    ["render", "resnet50", "-o", "out.svg"],
    ["sweep", "cifar", "--over", "n=1..99", "--format", "json", "-o", "out.json"],
]


def in_shell(folder: Path, before: str, words: list[str]) -> Ended:
    """Run the command after another of the shell."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'{before}; exec "$@"', "sh", sys.executable, "-m", "resdsl", *words],
        cwd=folder,
        # Modules that Python compiles would be cut as well, and stay so.
        env={"PYTHONPATH": str(ROOT), "PATH": "/bin:/usr/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("pipe.res", "error[RES100]: cannot read pipe.res: it is a pipe or a device, not a file\n --> spec.res:1:8\n"),
        ("folder.res", "error[RES100]: cannot read folder.res: it is a folder\n --> spec.res:1:8\n"),
        ("", "error[RES600]: cannot import ``: it does not name a file\n --> spec.res:1:8\n"),
        (LONG, "aaa: its name is too long\n --> spec.res:1:8\n"),
        (f"sub/{LONG}", "aaa: its name is too long\n --> spec.res:1:8\n"),
        ("gone.res", "error[RES100]: cannot read gone.res: there is no such file\n --> spec.res:1:8\n"),
    ],
    ids=["pipe", "folder", "empty", "long", "long below", "gone"],
)
def test_an_import_that_is_no_file_says_what_it_is(resdsl: Command, path: str, told: str) -> None:
    os.mkfifo(resdsl.folder / "pipe.res")
    (resdsl.folder / "folder.res").mkdir()
    resdsl.write("spec.res", f'import "{path}" as parts\nnetwork small {{ input 3x8x8; fc 3 }}\n')
    ended = resdsl("check", "spec.res")
    assert ended.code == 1
    assert told in ended.err
    assert ended.err.count("error[") == 1


def test_an_import_is_the_first_file_of_its_name(resdsl: Command) -> None:
    (resdsl.folder / "parts.res").mkdir()
    resdsl.write("below/parts.res", "block layer(w) { conv 3x3, w }\n")
    resdsl.write("spec.res", 'import "parts.res" as p\nnetwork small { input 3x8x8; p.layer(4); fc 3 }\n')
    assert resdsl("check", "spec.res", "--import-path", "below").code == 0


@pytest.mark.parametrize(
    "words",
    [
        ["check", LONG],
        ["check", f"{LONG}.res"],
        ["diff", LONG, "resnet18"],
        ["render", LONG],
        ["sweep", LONG],
        ["report", "resnet18", "-o", LONG],
        ["report", "resnet18", "--plot", f"{LONG}.svg"],
        ["build", "resnet18", "--to", "onnx", "-o", f"{LONG}.onnx"],
        ["build", "resnet18", "--to", "onnx", "--weights", LONG],
        ["render", "resnet18", "--style", f"{LONG}.toml"],
        ["sweep", "cifar", "--over", "n=1,2", "--build", "json", "-o", LONG],
        ["sweep", "cifar", "--over", "n=1,2", "--merge", "-o", LONG],
    ],
    ids=lambda words: " ".join(words).replace(LONG, "LONG"),
)
def test_a_name_that_is_too_long_is_no_fault_of_ours(resdsl: Command, words: list[str]) -> None:
    ended = resdsl(*words)
    assert ended.code in (1, 2)
    assert "aaa" in ended.err
    assert "too long" in ended.err or "there is no file or shipped network" in ended.err


@pytest.mark.parametrize("words", OUTPUTS, ids=" ".join)
def test_where_there_is_no_room_the_file_is_named(tmp_path: Path, words: list[str]) -> None:
    ended = in_shell(tmp_path, "ulimit -f 2", words)
    assert ended.code == 2
    assert ended.err.splitlines()[-1] == f"error: {words[-1]}: file too large"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [OUTPUTS[0], OUTPUTS[2], OUTPUTS[3]], ids=" ".join)
def test_where_the_folder_is_gone_the_file_is_named(tmp_path: Path, words: list[str]) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    ended = in_shell(gone, "rmdir ../gone", words)
    assert ended.code == 2
    assert ended.err.splitlines()[-1] == f"error: {words[-1]}: no such file or directory"


def test_a_point_s_file_that_has_no_room_is_named(tmp_path: Path) -> None:
    words = ["sweep", "cifar", "--over", "n=1,2", "--build", "onnx", "-o", "runs", "--jobs", "1"]
    ended = in_shell(tmp_path, "ulimit -f 2", words)
    assert (ended.code, ended.out) == (1, "runs: 2 points: 0 built, 2 failed\n")
    assert ended.err.endswith("error: cifar-n=2: runs/cifar-n=2/network.onnx: file too large\n")
