"""The benchmarks run; what they measure is theirs to say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import resdsl as package
from benchmarks.plain_resnet import PlainResNet34
from benchmarks.processes import Command, loaded_by, python, resdsl, run_in_turn
from benchmarks.within import POINTS, long_text

_LARGE = "import sys; held = bytearray(b'1') * (100 << 20)"


def test_peer_is_the_network_that_is_compiled() -> None:
    module = PlainResNet34()
    assert sum(p.numel() for p in module.parameters()) == package.load("resnet34").params
    assert module.eval()(torch.zeros(1, 3, 64, 64)).shape == (1, 1000)


def test_processes_are_measured_in_turn_and_memory_is_their_own() -> None:
    held = bytearray(b"1") * (50 << 20)
    runs = run_in_turn({"pass": Command(python("-c", "pass")), "large": Command(python("-c", _LARGE))}, 2)
    assert [len(run.seconds) for run in runs.values()] == [2, 2]
    assert runs["pass"].mebibytes < len(held) / 2**20 < 100 < runs["large"].mebibytes


def test_a_run_finds_its_folder_empty(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    once = f"open({str(folder / 'file')!r}, 'x').close()"
    run_in_turn({"once": Command(python("-c", once), folder)}, 2)
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_a_command_that_fails_is_told() -> None:
    with pytest.raises(RuntimeError, match="there is no command"):
        run_in_turn({"wrong": Command(resdsl("wrong"))}, 1)


def test_imports_of_a_command_are_found() -> None:
    assert {"click", "resdsl"} <= loaded_by(resdsl("--help"))
    assert "lark" not in loaded_by(resdsl("--help"))


def test_measurements_within_a_process_are_complete() -> None:
    done = subprocess.run([sys.executable, "-m", "benchmarks.within", "1"], check=True, capture_output=True, text=True)
    assert set(json.loads(done.stdout)) >= {"resnet34", "resnet20", "resnet1202", "parse_10000", "sweep", "sweep_cold"}
    assert len(POINTS) == 2000
    assert long_text(5_000).count("\n") == 5_000
