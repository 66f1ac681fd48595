"""A signal at any moment of a command's life: it ends with one sentence and its exit code, and leaves nothing behind.

A few moments here; `make test-interrupts` tries hundreds.
"""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest

from tests.interrupts.moments import Ended, Life, launched, left_behind, life_of, moments
from tests.sweeps.trees import hashes

SPEC = """network small(n = 1, w = 24, shortcut = A) {
  input 3x16x16
  conv 3x3, w; norm; act
  stage layer1: basic(w) x n
  stage layer2: basic(2 * w) x n, /2
  avgpool global
  fc 10
}
"""
SWEEP = ["sweep", "../small.res", "--over", "n=1..5", "--build", "onnx,safetensors", "-o", "made", "--jobs"]
COMMANDS = {
    "build": ["build", "../small.res", "--to", "onnx", "-o", "net.onnx"],
    "one job": [*SWEEP, "1"],
    "two jobs": [*SWEEP, "2"],
}
WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
STANDS = ": all files built so far are complete, and the same command continues from there"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "small.res").write_text(SPEC, encoding="utf-8")
    return fresh(tmp_path / "work")


def fresh(folder: Path) -> Path:
    """The folder as it was before the command: with an older file in the place of one that is built."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "net.onnx").write_text("old", encoding="utf-8")
    return folder


@pytest.mark.parametrize("count", [4, pytest.param(240, marks=pytest.mark.moments)])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_signal_at_any_moment(folder: Path, name: str, count: int) -> None:
    words = COMMANDS[name]
    life = life_of(folder, words)
    whole = hashes(folder)
    struck = 0
    for turn, moment in enumerate(moments(count, life, seed=count)):
        ended = moment.strike(fresh(folder), words)
        complete = hashes(folder) == whole
        assert left_behind(folder) == [], moment
        assert ended_well(ended, moment.number, complete=complete), (moment, ended)
        struck += ended.code != 0
        if name == "build":
            assert complete or (folder / "net.onnx").read_text(encoding="utf-8") == "old", moment
        elif turn % 8 == 0:
            assert undisturbed(folder, words).code == 0
            assert hashes(folder) == whole, moment
    report(name, count, struck, life)
    assert struck > count // 3, "most signals came after the end"


def ended_well(ended: Ended, number: signal.Signals, *, complete: bool) -> bool:
    """The command was ended by the signal, and said so; or it had done its work."""
    if ended.code == 0:
        return complete and not any(word in ended.err for word in WORDS.values())
    said = ended.err.splitlines()[-1]
    return (
        ended.code == 128 + number
        and said in (WORDS[number], WORDS[number] + STANDS)
        and sum(ended.err.count(word) for word in WORDS.values()) == 1
        and "Traceback" not in ended.err
        and "warnings.warn" not in ended.err
    )


def undisturbed(folder: Path, words: list[str]) -> Ended:
    process = launched(folder, "plain", signal.SIGINT, 0, words)
    out, err = process.communicate()
    return Ended(process.returncode, out, err)


def report(name: str, count: int, struck: int, life: Life) -> None:
    """For `pytest -s`."""
    print(f"{name}: {struck} of {count} signals ended a life of {life.events:,} events and {life.seconds:.2f} s")  # noqa: T201 - for people who watch
