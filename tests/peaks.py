"""The command in a process of its own, and the most memory that this took."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

from benchmarks.processes import resdsl_with_peak


class Measured(NamedTuple):
    """What a command printed, and the bytes that its process held at most."""

    out: str
    err: str
    peak: int


def run_measured(folder: Path, *words: object) -> Measured:
    """Run the command with these arguments in a folder; it has to succeed."""
    line = resdsl_with_peak(*map(str, words))
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    *err, peak = done.stderr.splitlines(keepends=True)
    return Measured(done.stdout, "".join(err), int(peak) * 1024)
