"""Whole processes: how long, and how much memory at the peak."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

# The peak that `os.wait4` and `getrusage` have of a child is never less than what its parent held at its start.
_PEAK_LAST = """
import sys
from resdsl.cli.main import main
try:
    main()
finally:
    (peak,) = (line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(peak, file=sys.stderr)
"""
_LAUNCHER = Path(__file__).with_name("launcher.py")


@dataclass(frozen=True)
class Command:
    """A command line and how it is run.

    Attributes:
        line: what is run.
        folder: emptied before each run, if the command writes files. A new file is what people write; replacing 87 MB
            takes longer by what the file system needs to free them.
        root: where it is run, if not here; Python finds the modules there first.
    """

    line: Sequence[str]
    folder: Path | None = None
    root: Path | None = None


@dataclass(frozen=True)
class Runs:
    """Several runs of one command.

    Attributes:
        seconds: wall time of each, the warm-up left out.
        processor: seconds of processor time of each.
        peaks: of resident memory, in MiB.
    """

    seconds: tuple[float, ...]
    processor: tuple[float, ...]
    peaks: tuple[float, ...]

    @property
    def median(self) -> float:
        """Median wall time in seconds."""
        return median(self.seconds)

    @property
    def mebibytes(self) -> float:
        """The largest peak."""
        return max(self.peaks)


def run_in_turn(commands: Mapping[str, Command], times: int) -> dict[str, Runs]:
    """Run commands in turn, so that a noisy minute meets all of them; one round first, which is not counted.

    Raises:
        RuntimeError: a command failed.
    """
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in commands}
    for turn in range(times + 1):
        for name, command in commands.items():
            run = _run(command)
            if turn:
                found[name].append(run)
    return {name: Runs(*zip(*runs, strict=True)) for name, runs in found.items()}


def python(*arguments: str) -> list[str]:
    """A command line of this environment's Python."""
    return [sys.executable, *arguments]


def resdsl(*arguments: str) -> list[str]:
    """The command line of resdsl, in this environment."""
    return python("-m", "resdsl", *arguments)


def resdsl_with_peak(*arguments: str) -> list[str]:
    """The command line of resdsl, which also writes the KiB of its peak, as the last line of its standard error."""
    return python("-c", _PEAK_LAST, *arguments)


def loaded_by(line: Sequence[str]) -> frozenset[str]:
    """The top names of all modules that a command of Python imports."""
    told = subprocess.run(
        [line[0], "-X", "importtime", *line[1:]], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    rows = told.stderr.decode().splitlines()
    return frozenset(row.rpartition("|")[2].strip().partition(".")[0] for row in rows if row.startswith("import time:"))


def _run(command: Command) -> tuple[float, float, float]:
    """Seconds, those of the processor, and MiB."""
    if command.folder is not None:
        shutil.rmtree(command.folder, ignore_errors=True)
        command.folder.mkdir(parents=True)
    # Installed modules come compiled; so the warm-up may keep what it compiles.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if command.root is not None:
        environment["PYTHONPATH"] = str(command.root)
    launched = python("-I", "-S", str(_LAUNCHER), *command.line)
    done = subprocess.run(launched, check=True, capture_output=True, env=environment, cwd=command.root)
    seconds, processor, kibibytes, code = done.stdout.split()
    if int(code):
        complaint = done.stderr.decode(errors="replace")[-2000:]
        raise RuntimeError(f"{' '.join(command.line)} failed:\n{complaint}")
    return float(seconds), float(processor), int(kibibytes) / 1024
