"""What the pages show on a console is what the command prints, and their Python runs."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen

import pytest

from tests.docs.markdown import ROOT, Block, blocks

SHOWN = blocks("console", "python")
# One thread: other tests run beside it, and threads that wait for each other wait long then.
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "PATH": "", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"}
PROGRAMS = {"resdsl": ("-m", "resdsl"), "python": ()}
"""What a command of the pages runs, and the arguments that Python needs for it."""


class Python:
    """A process that runs the Python blocks of a page, each as a program of its own; PyTorch is imported once."""

    _START = """
import contextlib, io, json, sys, traceback
for line in sys.stdin:
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        try:
            exec(compile(json.loads(line), "<block>", "exec"), {"__name__": "__main__"})
            ended = True
        except BaseException:
            ended = False
            traceback.print_exc()
    print(json.dumps([ended, told.getvalue()]), flush=True)
"""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-c", self._START]
        self._process = Popen(command, stdin=PIPE, stdout=PIPE, text=True, cwd=folder, env=ENVIRONMENT)

    def __call__(self, text: str) -> tuple[bool, str]:
        """Whether the program ended well, and all that it printed."""
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(text), file=self._process.stdin, flush=True)
        ended, told = json.loads(self._process.stdout.readline())
        return ended, told

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=60)


@pytest.fixture
def python(tmp_path: Path) -> Iterator[Python]:
    process = Python(tmp_path)
    yield process
    process.close()


LONG = (
    "docs/ablations.md",
    "docs/data.md",
    "docs/gallery.md",
    "docs/many-machines.md",
    "docs/pytorch.md",
    "docs/testing.md",
    "docs/training.md",
)
"""Pages that take many seconds: `make test-guides` has them."""
TRAINING = ("docs/experiments.md",)
"""Pages that train whole sweeps: `make test-experiments` has them."""
MARKS = dict.fromkeys(LONG, pytest.mark.guides) | dict.fromkeys(TRAINING, pytest.mark.experiments)
PAGES = [pytest.param(page, marks=MARKS.get(page, ())) for page in dict.fromkeys(block.page for block in SHOWN)]


@pytest.mark.parametrize("page", PAGES)
def test_commands_of_a_page_do_what_it_shows(page: str, tmp_path: Path, python: Python) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for block in blocks("res", "toml", "console", "python"):
        if block.page != page:
            continue
        if block.file:
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            check_console(block, tmp_path)
        elif block.language == "python" and not block.of:
            ended, printed = python(block.text)
            assert ended, f"{block}: {printed}"


def check_console(block: Block, folder: Path) -> None:
    """Run the commands of a block, one after the other, as a reader would."""
    steps = commands(block.text)
    for position, (command, shown) in enumerate(steps, 1):
        words = shlex.split(command)
        program = PROGRAMS[words[0]]
        printed, code = run([sys.executable, *program, *words[1:]], folder)
        fails = "fails" in block.tags and position == len(steps)
        assert (code != 0) == fails, f"{block}: {command}\n{printed}"
        if shown:
            assert matches(shown, printed), f"{block}: {command}\nshown:\n{shown}\nprinted:\n{printed}"


def commands(text: str) -> list[tuple[str, str]]:
    """Commands, each with the output shown after it."""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)
    assert not parts[0].strip()
    return list(zip(parts[1::2], parts[2::2], strict=True))


def matches(shown: str, printed: str) -> bool:
    """Whether the output is the one that is shown; `...` stands for anything."""
    pattern = ".*".join(re.escape(part) for part in shown.strip().split("..."))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


def run(command: list[str], folder: Path) -> tuple[str, int]:
    """All that a command prints, and its exit code."""
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, stdout=PIPE, stderr=STDOUT, text=True, check=False)
    return done.stdout, done.returncode


def test_a_program_that_fails_is_seen_and_the_next_one_knows_nothing_of_it(python: Python) -> None:
    assert python("known = 1; print(known)") == (True, "1\n")
    ended, told = python("print(known)")
    assert not ended
    assert "NameError" in told
    assert python("raise SystemExit(0)")[0] is False


@pytest.mark.parametrize(("shown", "printed"), [("a\nb", "a\n"), ("took ... s", "took 1.2 m"), ("a.c", "abc")])
def test_another_output_is_seen(shown: str, printed: str) -> None:
    assert not matches(shown, printed)
