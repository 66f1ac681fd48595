"""A guide of `docs/howto`, followed to the letter in a copy of the project.

A guide is a row of blocks. `file=NAME` after a fence writes a file, in a block of `diff` it changes one; `console` runs
commands and compares what they print. All other text is for people.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.markdown import ROOT, Block, blocks_of
from tests.docs.test_console import commands, matches

CARRIED = (
    *("resdsl", "grammar", "specs", "tests", "docs", "examples", "benchmarks"),
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE"),
    *("pyproject.toml", "constraints.txt", "hatch_build.py", "Makefile", ".gitignore", ".pre-commit-config.yaml"),
)
"""What of the project a guide may use."""
PROGRAMS = {"resdsl": ("-m", "resdsl"), "pip": ("-m", "pip"), "python": ()}
"""What a command of a guide runs, and the arguments that Python needs for it."""
_OFFLINE = {
    "PIP_NO_INDEX": "1",
    "PIP_NO_DEPS": "1",
    "PIP_NO_BUILD_ISOLATION": "0",  # of this setting, pip reads a no as a yes
    "PIP_NO_CACHE_DIR": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}
"""pip takes what the environment of the tests has, and asks nobody."""


class NotAsShown(AssertionError):
    """A guide cannot be followed as it stands."""


@dataclass
class Copy:
    """A copy of the project.

    Attributes:
        folder: its top, where commands run.
        site: where pip installs.
        touched: files that the guide wrote or changed.
    """

    folder: Path
    site: Path
    touched: list[str] = field(default_factory=list)

    @classmethod
    def make(cls, folder: Path) -> Copy:
        """Copy the project into a new folder within `folder`."""
        top = folder / "project"
        top.mkdir()
        for name in CARRIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, top / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, top / name)
        return cls(top, folder / "site")

    def follow(self, guide: Path) -> None:
        """Do all that a guide says, in its order.

        Raises:
            NotAsShown: it cannot be done, or something else comes out.
        """
        for block in blocks_of(guide):
            self.do(block)

    def do(self, block: Block) -> None:
        """Do what one block says; as `follow`."""
        if block.language == "console":
            self._run_all(block)
        elif block.file is None:
            raise NotAsShown(f"{block}: for which file?")
        elif block.language == "diff":
            self._write(block.file, changed(self._read(block), block))
        else:
            self._write(block.file, block.text)

    def run(self, *arguments: str, path: str = "") -> tuple[str, int]:
        """All that a Python program prints, and its exit code; it finds other programs on `path` alone."""
        environment = {
            **_OFFLINE,
            "PIP_TARGET": str(self.site),
            "PYTHONPATH": os.pathsep.join((str(self.folder), str(self.site))),
            "PATH": path,
            "LC_ALL": "C.UTF-8",
            "OMP_NUM_THREADS": "1",
        }
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout, done.returncode

    def _run_all(self, block: Block) -> None:
        steps = commands(block.text)
        for position, (command, shown) in enumerate(steps, 1):
            program, *arguments = shlex.split(command)
            printed, code = self.run(*PROGRAMS[program], *arguments)
            fails = "fails" in block.tags and position == len(steps)
            if (code != 0) != fails or not matches(shown, printed):
                raise NotAsShown(f"{block}: {command}\nshown:\n{shown}\nprinted, ending with {code}:\n{printed}")

    def _read(self, block: Block) -> str:
        path = self.folder / str(block.file)
        if not path.is_file():
            raise NotAsShown(f"{block}: there is no {block.file} to change")
        return path.read_text(encoding="utf-8")

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        if name not in self.touched:
            self.touched.append(name)


def changed(text: str, block: Block) -> str:
    """The text with a change of a block of `diff`, whose place must be found once.

    Raises:
        NotAsShown: it is not found, or several times.
    """
    lines = block.text.splitlines()
    if any(line[:1] not in ("+", "-", " ") for line in lines):
        raise NotAsShown(f"{block}: a line of a change begins with +, - or a blank")
    old = "".join(f"{line[1:]}\n" for line in lines if line[0] != "+")
    new = "".join(f"{line[1:]}\n" for line in lines if line[0] != "-")
    places = [match.start() for match in re.finditer(f"^{re.escape(old)}", text, re.MULTILINE)]
    if len(places) != 1:
        raise NotAsShown(f"{block}: {block.file} has these lines {len(places)} times, and not once:\n{old}")
    return text[: places[0]] + new + text[places[0] + len(old) :]
