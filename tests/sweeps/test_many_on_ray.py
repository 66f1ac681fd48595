"""Many points on Ray: built or costed, they are byte for byte what this machine makes, even if a worker is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.sweeps.processes import LONGEST, living, started
from tests.sweeps.trees import hashes

SPEC = """
network net(n = 1, width = 4, shortcut = A) {
  input 3x8x8
  conv 3x3, width; norm; act
  stage layer1: basic(width) x n
  stage layer2: basic(2 * width) x n, /2
  avgpool global
  fc 3
}
sweep family { network net; over n = 1..6, width = 4..14, shortcut = [A, B, C, none] }
sweep large { network net; over n = 1..51, width = 4..24, shortcut = [A, B, C, none]; keep depth > 8 }
"""
BUILD = ("resdsl", "sweep", "net.res", "family", "--build", "json,onnx,torch", "-o", "runs")
COST = ("resdsl", "sweep", "net.res", "large", "--format", "jsonl")
ON_RAY = ("--on", "ray", "--jobs", "2")

pytestmark = pytest.mark.experiments


def ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    out, err = process.communicate(timeout=LONGEST)
    assert process.returncode == 0, err
    return out, err


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what is built without Ray."""
    folder = tmp_path_factory.mktemp("local")
    (folder / "net.res").write_text(SPEC, encoding="utf-8")
    assert ended(started(folder, *BUILD, "--jobs", "2"))[0] == "runs: 200 points: 200 built\n"
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.res").write_text(SPEC, encoding="utf-8")
    return tmp_path


def kill_a_worker(process: subprocess.Popen[str]) -> None:
    """Wait until a worker of Ray makes a unit, and kill it."""
    until = time.monotonic() + LONGEST
    while not (workers := [number for number, title in living(process.pid).items() if title.startswith("ray::_make")]):
        assert time.monotonic() < until
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    os.kill(workers[0], signal.SIGKILL)


def test_two_hundred_points_are_the_same_files(local: Path, folder: Path) -> None:
    assert ended(started(folder, *BUILD, *ON_RAY))[0] == "runs: 200 points: 200 built\n"
    assert hashes(folder / "runs") == hashes(local / "runs")


def test_a_killed_worker_costs_no_point(local: Path, folder: Path) -> None:
    process = started(folder, *BUILD, *ON_RAY)
    kill_a_worker(process)
    assert ended(process)[0] == "runs: 200 points: 200 built\n"
    assert hashes(folder / "runs") == hashes(local / "runs")


def test_points_costed_on_ray_are_the_same_rows(local: Path, folder: Path) -> None:
    rows, messages = ended(started(local, *COST))
    assert len(rows.splitlines()) == 49 * 20 * 4
    assert ended(started(folder, *COST, *ON_RAY)) == (rows, messages)
    process = started(folder, *COST, *ON_RAY)
    kill_a_worker(process)
    assert ended(process) == (rows, messages)
