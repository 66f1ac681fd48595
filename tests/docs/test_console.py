"""What the pages show on a console is what the command prints, and their Python runs."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.markdown import ROOT, Block, blocks

SHOWN = blocks("console", "python")
PROGRAMS = {"resdsl": ("-m", "resdsl"), "python": ()}
"""What a command of the pages runs, and the arguments that Python needs for it."""


@pytest.mark.parametrize("page", dict.fromkeys(block.page for block in SHOWN))
def test_commands_of_a_page_do_what_it_shows(page: str, tmp_path: Path) -> None:
    for block in blocks("res", "console", "python"):
        if block.page != page:
            continue
        if block.file:
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            check_console(block, tmp_path)
        elif block.language == "python" and not block.of:
            printed, code = run([sys.executable, "-c", block.text], tmp_path)
            assert code == 0, f"{block}: {printed}"


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
    # One thread: other tests run beside it, and threads that wait for each other wait long then.
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.stdout, done.returncode


@pytest.mark.parametrize(("shown", "printed"), [("a\nb", "a\n"), ("took ... s", "took 1.2 m"), ("a.c", "abc")])
def test_another_output_is_seen(shown: str, printed: str) -> None:
    assert not matches(shown, printed)
