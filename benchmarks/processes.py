"""Whole processes: how long, and how much memory at the peak.

Each is started by this process, which loads nothing heavy, so that the peak is the child's own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Runs:
    """Several runs of one command.

    Attributes:
        seconds: wall time of each, the warm-up left out.
        mebibytes: the largest peak of resident memory.
    """

    seconds: tuple[float, ...]
    mebibytes: float

    @property
    def median(self) -> float:
        """Median wall time in seconds."""
        return median(self.seconds)


def run_in_turn(commands: dict[str, Sequence[str]], times: int) -> dict[str, Runs]:
    """Run commands in turn, so that a noisy minute meets all of them; one round first, which is not counted.

    Raises:
        RuntimeError: a command failed.
    """
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    peaks = dict.fromkeys(commands, 0.0)
    for turn in range(times + 1):
        for name, command in commands.items():
            wall, peak = _run(command)
            if turn:
                seconds[name].append(wall)
                peaks[name] = max(peaks[name], peak)
    return {name: Runs(tuple(values), peaks[name]) for name, values in seconds.items()}


def resdsl(*arguments: str) -> list[str]:
    """The command line of resdsl, in this environment."""
    return [sys.executable, "-m", "resdsl", *arguments]


def _run(command: Sequence[str]) -> tuple[float, float]:
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        complaint = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{complaint.decode(errors='replace')[-2000:]}")
    return wall, usage.ru_maxrss / 1024
