"""Completion in real shells: a line is typed, the tabulator pressed, and the line run."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from resdsl.cli.completing.shells import script
from tests.docs.markdown import ROOT

pytestmark = pytest.mark.editors

SHELLS: Mapping[str, tuple[str, ...]] = {
    # shell  how it is started without anybody's settings
    "bash": ("--norc", "--noprofile", "-i"),
    "zsh": ("-f", "-i"),
    "fish": ("--private",),
}
STARTS = {"bash": "PS1='ready> '", "zsh": "PS1='ready> '; autoload -U compinit; compinit -u -D", "fish": "true"}
COMMAND = """\
#!/bin/sh
if [ -n "$_RESDSL_COMPLETE" ]; then exec {python} -m resdsl; fi
printf 'RAN'; printf ' <%s>' "$@"; echo
"""
TAB = "\t"
Typed = Callable[[str], str]


@pytest.fixture(params=SHELLS)
def typed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Typed]:
    """Types a line in a shell, and tells the words that the command was run with."""
    import pexpect

    shell: str = request.param
    programs = tmp_path / "bin"
    programs.mkdir()
    command = programs / "resdsl"
    command.write_text(COMMAND.format(python=sys.executable), encoding="utf-8")
    command.chmod(0o755)
    (tmp_path / "script").write_text(script(shell), encoding="utf-8")
    (tmp_path / "two words.res").write_text("network two_words { input 3; fc 10 }\n", encoding="utf-8")
    (tmp_path / "mine.res").write_text("network mine(width = 8) { input 3x8x8; conv 3x3, width }\n", encoding="utf-8")
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    paths = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    environment: Any = {**os.environ, **home, **paths, "TERM": "dumb", "INPUTRC": "/dev/null"}
    program = shutil.which(shell)
    assert program is not None, f"{shell} must be on the PATH"
    running = pexpect.spawn(
        program, [*SHELLS[shell]], cwd=tmp_path, env=environment, encoding="utf-8", timeout=60, dimensions=(50, 200)
    )
    running.sendline(f"{STARTS[shell]}; . ./script; resdsl begun")
    running.expect("RAN <begun>")

    def words(line: str) -> str:
        running.send(line)
        running.send("\r")
        running.expect(r"RAN( <[^>\r\n]*>)*(?=\r)")
        return str(running.after)

    yield words
    running.close(force=True)


def test_lines_are_completed(typed: Typed) -> None:
    assert typed(f"resdsl rend{TAB}") == "RAN <render>"
    assert typed(f"resdsl check resnet1d1{TAB}") == "RAN <check> <resnet1d18>"
    assert typed(f"resdsl check resnet18 --for{TAB}js{TAB}") == "RAN <check> <resnet18> <--format> <json>"
    assert typed(f"resdsl check cifar --network resnet120{TAB}") == "RAN <check> <cifar> <--network> <resnet1202>"


def test_names_and_values_are_completed(typed: Typed) -> None:
    assert typed(f"resdsl check mine.res --set wid{TAB}16") == "RAN <check> <mine.res> <--set> <width=16>"
    assert typed(f"resdsl check mine.res --set width={TAB}") == "RAN <check> <mine.res> <--set> <width=8>"
    assert typed(f"resdsl check cifar --set shortcut=ba{TAB}") == "RAN <check> <cifar> <--set> <shortcut=bare>"
    assert typed(f"resdsl report cifar --columns name,macs_sh{TAB}") == (
        "RAN <report> <cifar> <--columns> <name,macs_share>"
    )


def test_files_are_completed(typed: Typed) -> None:
    assert typed(f"resdsl check mi{TAB}") == "RAN <check> <mine.res>"
    assert typed(f"resdsl check tw{TAB}") == "RAN <check> <two words.res>"
    assert typed(f"resdsl build mine.res -o mi{TAB}") == "RAN <build> <mine.res> <-o> <mine.res>"


def test_a_wrong_line_is_left_alone(typed: Typed) -> None:
    assert typed(f"resdsl check nosuch --set wid{TAB}") == "RAN <check> <nosuch> <--set> <wid>"
