"""Folders of builds: another sweep's are not replaced unasked, and nobody's files are left beside another network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import Command, Ended
from tests.sweeps.trees import hashes

SPEC = """network study(n = 1, width = 16, shortcut = A) {
  input 3x32x32
  conv 3x3, width; norm; act
  stage layer1: basic(width) x n
  stage layer2: basic(2 * width) x n, /2
  avgpool global
  fc 10
}
sweep first  { network study; over shortcut = [A, B]; name "study-{shortcut}" }
network wide = study(width = 32)
sweep second { network wide; over shortcut = [A, B]; name "study-{shortcut}" }
sweep third  { network wide; over shortcut = [B, C]; name "wide-{shortcut}" }
"""
REFUSED = "error: runs contains the sweep `first`, not `second`; choose another folder, or replace it with --replace\n"


@pytest.fixture
def runs(resdsl: Command) -> Path:
    """The folder of a sweep that was built, with weights that somebody trained of one of its networks."""
    resdsl.write("study.res", SPEC)
    assert build(resdsl, "first").out == "runs: 2 points: 2 built\n"
    resdsl.write("runs/study-A/best.pth", "weights of the network of width 16")
    return resdsl.folder / "runs"


def build(resdsl: Command, sweep: str, *options: str) -> Ended:
    return resdsl("sweep", "study.res", sweep, "--build", "torch", "-o", "runs", "--jobs", 1, *options)


@pytest.mark.parametrize("sweep", ["second", "third"])
def test_another_sweep_is_not_built_into_the_folder(resdsl: Command, runs: Path, sweep: str) -> None:
    before = hashes(runs)
    ended = build(resdsl, sweep)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.endswith(REFUSED.replace("second", sweep))
    assert "building" not in ended.err
    assert hashes(runs) == before


def test_a_part_says_of_which_sweep_it_is(resdsl: Command, runs: Path) -> None:
    (runs / "manifest.json").unlink()
    before = hashes(runs)
    for options in ([], ["--shard", "1/2"]):
        assert build(resdsl, "third", *options).err.endswith(REFUSED.replace("second", "third"))
    assert hashes(runs) == before


def test_another_sweep_is_not_merged(resdsl: Command, runs: Path) -> None:
    before = hashes(runs)
    ended = resdsl("sweep", "study.res", "second", "--merge", "-o", "runs")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.endswith(REFUSED)
    assert hashes(runs) == before


def test_another_sweep_is_built_where_that_is_asked_for(resdsl: Command, runs: Path) -> None:
    ended = build(resdsl, "second", "--replace")
    assert (ended.code, ended.out) == (0, "runs: 2 points: 2 built\n")
    assert ended.err.endswith("note: replaced other networks: study-A, study-B\n")
    assert (runs / "study-A" / "best.pth").exists()
    assert json.loads((runs / "manifest.json").read_text(encoding="utf-8"))["sweep"] == "second"
    assert build(resdsl, "second").out == "runs: 2 points: 0 built, 2 kept\n"
    (runs / "study-A" / "best.pth").unlink()
    resdsl("sweep", "study.res", "second", "--build", "torch", "-o", "fresh", "--jobs", 1)
    assert hashes(runs) == hashes(resdsl.folder / "fresh")


def test_beside_another_sweep_the_run_goes_on_once_its_manifest_says_so(resdsl: Command, runs: Path) -> None:
    assert build(resdsl, "third", "--replace").code == 0
    assert build(resdsl, "third").out == "runs: 2 points: 0 built, 2 kept\n"
    assert build(resdsl, "second").err.endswith(REFUSED.replace("`first`", "`third`"))


def test_the_same_sweep_of_a_changed_network_is_built_and_what_it_replaces_is_told(resdsl: Command, runs: Path) -> None:
    (runs / "study-A" / "best.pth").unlink()
    resdsl.write("study.res", SPEC.replace("width = 16", "width = 8"))
    ended = build(resdsl, "first")
    assert (ended.code, ended.out) == (0, "runs: 2 points: 2 built\n")
    assert ended.err.endswith("note: replaced other networks: study-A, study-B\n")


def test_no_other_network_is_built_beside_somebody_s_files(resdsl: Command, runs: Path) -> None:
    before = hashes(runs / "study-A")
    resdsl.write("study.res", SPEC.replace("width = 16", "width = 8"))
    ended = build(resdsl, "first")
    assert (ended.code, ended.out) == (1, "runs: 2 points: 1 built, 1 failed\n")
    assert ended.err.endswith(
        "error: study-A: runs/study-A contains best.pth beside a different network; choose another folder, or "
        "replace that network with --replace\n"
    )
    assert hashes(runs / "study-A") == before
    assert build(resdsl, "first", "--replace").out == "runs: 2 points: 1 built, 1 kept\n"


@pytest.mark.parametrize("options", [["--seed", "3"], []], ids=["another seed", "another kind"])
def test_somebody_s_files_stay_beside_the_same_network(resdsl: Command, runs: Path, options: list[str]) -> None:
    words = ("sweep", "study.res", "first", "--build", "safetensors", "-o", "runs", "--jobs", 1)
    ended = resdsl(*words, *options)
    assert (ended.code, ended.out) == (0, "runs: 2 points: 2 built\n")
    assert "note:" not in ended.err
    assert (runs / "study-A" / "best.pth").exists()


def test_what_python_leaves_beside_a_source_is_nobody_s(resdsl: Command, runs: Path) -> None:
    (runs / "study-A" / "best.pth").rename(runs / "study-A" / ".best.pth")
    resdsl.write("runs/study-A/__pycache__/network.cpython-311.pyc", "compiled")
    resdsl.write("study.res", SPEC.replace("width = 16", "width = 8"))
    assert build(resdsl, "first").code == 0


@pytest.mark.parametrize("content", ['{"name": "an app"}', "[]", "no JSON"])
def test_a_manifest_of_something_else_is_not_overwritten(resdsl: Command, content: str) -> None:
    resdsl.write("study.res", SPEC)
    own = resdsl.write("runs/manifest.json", content)
    ended = build(resdsl, "first")
    assert (ended.code, ended.out) == (2, "")
    assert "error: runs/manifest.json is not the manifest of a sweep and would be overwritten" in ended.err
    assert own.read_text(encoding="utf-8") == content
    assert build(resdsl, "first", "--replace").code == 0


def test_replacing_is_for_builds(resdsl: Command) -> None:
    ended = resdsl("sweep", "cifar", "--over", "n=3,5", "--replace")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.endswith("Error: --replace is for --build, --train and --merge: it would have no effect without\n")
