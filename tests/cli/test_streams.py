"""Standard streams that are closed, full, or of few letters: every command works, or says what is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import ROOT, Ended

SPEC = """network small {
  input 3x8x8
  conv 3x3, 4; norm; act
  stage layer1 "four \N{RIGHTWARDS ARROW} four \N{LATIN SMALL LETTER E WITH ACUTE}": basic(4) x 2
  avgpool global; fc 3
}
sweep inputs { network small; over input = [3x8x8, 3x16x16]; name "\N{RIGHTWARDS ARROW}{input}" }
"""
WRONG = 'network wrong { input 3x8x8; require 1 > 2 "one \N{RIGHTWARDS ARROW} two" }\n'
ARROW = "\N{RIGHTWARDS ARROW}"

COMMANDS = {
    "help": ["--help"],
    "version": ["--version"],
    "build": ["build", "small.res", "--to", "json", "-o", "made.json"],
    "build to -": ["build", "small.res", "--to", "torch", "-o", "-"],
    "check": ["check", "small.res"],
    "check json": ["check", "small.res", "--format", "json"],
    "diff": ["diff", "small.res", "resnet18"],
    "report": ["report", "small.res"],
    "report json": ["report", "small.res", "--format", "json"],
    "render": ["render", "small.res"],
    "sweep": ["sweep", "small.res", "inputs"],
    "sweep json": ["sweep", "small.res", "inputs", "--format", "json"],
    "sweep jsonl": ["sweep", "small.res", "inputs", "--format", "jsonl"],
    "sweep build": ["sweep", "small.res", "inputs", "--build", "json", "-o", "runs", "--jobs", "1"],
    "lint": ["sweep", "small.res", "inputs", "--lint", "--format", "json"],
    "list": ["list", "--studies"],
    "schema": ["schema"],
}
each_command = pytest.mark.parametrize("name", COMMANDS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "small.res").write_text(SPEC, encoding="utf-8")
    (tmp_path / "wrong.res").write_text(WRONG, encoding="utf-8")
    return tmp_path


def run(folder: Path, words: list[str], redirected: str, encoding: str | None = None) -> Ended:
    """Run the command with some of its streams redirected as a shell does."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {redirected}', "sh", sys.executable, "-m", "resdsl", *words],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "", **({"PYTHONIOENCODING": encoding} if encoding else {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


@each_command
@pytest.mark.parametrize(
    ("redirected", "reason"),
    [(">&-", "it is closed"), (">/dev/full", "no space left on device")],
    ids=["closed", "full"],
)
def test_an_output_that_takes_nothing_is_told(folder: Path, name: str, redirected: str, reason: str) -> None:
    ended = run(folder, COMMANDS[name], redirected)
    assert ended.code == 2
    assert ended.err.splitlines()[-1] == f"error: the standard output: {reason}"
    assert "Traceback" not in ended.err


def test_what_goes_to_a_file_is_whole_where_the_closing_line_is_lost(folder: Path) -> None:
    run(folder, COMMANDS["build"], ">&-")
    assert run(folder, ["report", "made.json"], "").out.startswith("small: depth ")


@each_command
def test_messages_that_nobody_hears_change_nothing(folder: Path, name: str) -> None:
    ended = run(folder, COMMANDS[name], "2>/dev/full")
    assert (ended.code, ended.err) == (1 if name in ("diff", "lint") else 0, "")
    assert ended.out


@pytest.mark.parametrize("redirected", ["2>&-", "2>/dev/full", ">&- 2>&- <&-"])
def test_the_exit_code_tells_a_problem_where_messages_are_lost(folder: Path, redirected: str) -> None:
    assert run(folder, ["check", "wrong.res"], redirected).code == 1


def test_a_file_does_not_get_the_number_of_a_stream_that_is_closed(folder: Path) -> None:
    assert run(folder, ["report", "small.res", "-o", "table.txt"], ">&- 2>&- <&-").code == 0
    assert run(folder, ["report", "small.res"], "").out == (folder / "table.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("words", [["check", "-"], ["report", "-"], ["diff", "-", "resnet18"], ["sweep", "-"]])
def test_an_input_that_is_closed_is_told(folder: Path, words: list[str]) -> None:
    ended = run(folder, words, "<&-")
    assert ended.code == (2 if words[0] == "diff" else 1)
    assert ended.err.startswith("error[RES100]: cannot read the standard input: it is closed\n")


@pytest.mark.parametrize("name", ["report", "render", "sweep", "sweep json", "diff", "build to -", "check"])
def test_what_is_piped_is_utf_8_whatever_the_environment_says(folder: Path, name: str) -> None:
    ended = run(folder, COMMANDS[name], "", "latin-1")
    assert ended == run(folder, COMMANDS[name], "", "utf-8")
    assert ended.code == (1 if name == "diff" else 0)
    assert (ARROW in ended.out) == (name not in ("build to -", "check"))


@pytest.mark.parametrize("encoding", ["latin-1", "ascii:strict"])
def test_messages_say_what_their_stream_cannot(folder: Path, encoding: str) -> None:
    ended = run(folder, ["check", "wrong.res"], "", encoding)
    assert ended.code == 1
    assert f"one {ARROW} two" in ended.err


def test_a_name_that_is_no_text_is_told_in_escapes(folder: Path) -> None:
    name = b"caf\xe9.res"
    (folder / name.decode(errors="surrogateescape")).write_text(SPEC, encoding="utf-8")
    done = subprocess.run(
        [sys.executable.encode(), b"-m", b"resdsl", b"check", name],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout.partition(b":")[0]) == (0, rb"caf\udce9.res")


def test_a_reader_that_goes_away_is_no_failure(folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "resdsl", "schema"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert process.wait() in (0, 1)
