"""The command in a process of its own, and the most memory that this took."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

# `getrusage` never has less than what the process that started this one held then, and a worker of pytest holds much.
_COMMAND = """
import sys
from resdsl.cli.main import main
try:
    main()
finally:
    (peak,) = (line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(peak, file=sys.stderr)
"""


class Measured(NamedTuple):
    """What a command printed, and the bytes that its process held at most."""

    out: str
    err: str
    peak: int


def run_measured(folder: Path, *words: object) -> Measured:
    """Run the command with these arguments in a folder; it has to succeed."""
    line = [sys.executable, "-c", _COMMAND, *map(str, words)]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    *err, peak = done.stderr.splitlines(keepends=True)
    return Measured(done.stdout, "".join(err), int(peak) * 1024)
