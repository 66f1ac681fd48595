"""Rows of sweeps as they come: to a pipe, to a file that is whole or not there, and what is said beside them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.running import ROOT, Command

SPEC = """
network small(n = 1, shortcut = A, fails = 1000000) {
  require n < fails
  input 3x8x8
  conv 3x3, 4; norm; act
  stage layer1: basic(4) x n
  avgpool global
  fc 3
}
"""
LONG = ["sweep", "small.res", "--over", "n=1..100001", "--over", "shortcut=A,B"]


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def started(folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "resdsl", *words],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def folder(resdsl: Command) -> Path:
    resdsl.write("small.res", SPEC)
    return resdsl.folder


def test_json_lines_are_the_points_of_the_json(resdsl: Command, folder: Path) -> None:
    words = ["sweep", "small.res", "--over", "n=1..4", "--over", "shortcut=A,none"]
    whole = json.loads(resdsl(*words, "--format", "json").out)["points"]
    for point in whole:
        del point["change"]
    done = resdsl(*words, "--format", "jsonl")
    assert (done.code, lines(done.out)) == (0, whole)
    assert "`n` also changes costs" in done.err
    assert lines(resdsl(*words, "--format", "jsonl", "--top", "2").out) == whole[:2]
    by_depth = lines(resdsl(*words, "--format", "jsonl", "--sort", "-n", "--baseline", "small-n=1-shortcut=A").out)
    assert by_depth[0]["parameters"] == {"n": 3, "shortcut": "A"}
    assert by_depth[0]["change"] != by_depth[-1]["change"]
    done = resdsl(*words, "--format", "jsonl", "-o", "points.jsonl")
    assert (done.out, done.err.splitlines()[0]) == ("", "wrote points.jsonl")
    assert lines((folder / "points.jsonl").read_text(encoding="utf-8")) == whole


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_point_that_fails_ends_the_rows(resdsl: Command, folder: Path, form: str) -> None:
    words = ["sweep", "small.res", "--over", "n=1..9", "--set", "fails=5", "--format", form]
    done = resdsl(*words)
    assert done.code == 1
    assert len(done.out.splitlines()) == 4 + (form == "csv")
    assert "the point n = 5 does not make a network" in done.err
    (folder / "points").write_text("before", encoding="utf-8")
    done = resdsl(*words, "-o", "points")
    assert (done.code, done.out) == (1, "")
    assert (folder / "points").read_text(encoding="utf-8") == "before"
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_a_reader_may_leave(folder: Path) -> None:
    process = started(folder, *LONG, "--format", "jsonl")
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["parameters"] == {"n": 1, "shortcut": "A"}
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(timeout=60) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_no_file(folder: Path, number: signal.Signals) -> None:
    process = started(folder, *LONG, "--format", "csv", "-o", "points.csv")
    until = time.monotonic() + 60
    while not any(path.stat().st_size for path in folder.glob(".points.csv.*.part")):
        assert time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert [path.name for path in folder.iterdir()] == ["small.res"]


def test_what_was_linted_of_many_is_said(resdsl: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resdsl.sweeps.lint.sample.MOST_LINTED", 6)
    words = ["sweep", "small.res", "--over", "n=1..7", "--over", "shortcut=A,B"]
    note = "6 of 12 points were linted: every 2nd value of `n`"
    done = resdsl(*words, "--format", "jsonl")
    assert len(lines(done.out)) == 12
    assert done.err.endswith(f"note: {note}\n")
    assert resdsl(*words, "--lint").err.endswith(f"note: {note}\n")
    assert json.loads(resdsl(*words, "--lint", "--format", "json").out)["sample"] == note
    assert "sample" not in json.loads(resdsl(*words[:-2], "--lint", "--format", "json").out)


def test_several_processes_write_the_same_rows(resdsl: Command, folder: Path) -> None:
    words = ["sweep", "small.res", "--over", "n=1..4", "--over", "shortcut=A,none", "--format"]
    assert resdsl(*words, "csv", "--jobs", "2").out == resdsl(*words, "csv").out
    wrong = ["sweep", "small.res", "--over", "n=1..9", "--set", "fails=5", "--format", "csv"]
    assert resdsl(*wrong, "--jobs", "2") == resdsl(*wrong)
