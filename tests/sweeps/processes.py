"""Commands as processes of their own, and what they leave running."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 600.0
"""Seconds that no command takes, on whatever machine."""


def started(folder: Path, *words: object, **variables: str) -> subprocess.Popen[str]:
    """A module of Python as a process, the leader of its session."""
    return subprocess.Popen(
        [sys.executable, "-m", *map(str, words)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def living(session: int) -> dict[int, str]:
    """The numbers and titles of the processes of a session that are not dead."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state = path.read_text().rpartition(")")[2].split()
            title = path.with_name("cmdline").read_text()
        except OSError:
            continue
        if int(state[3]) == session and state[0] not in "ZX":
            found[int(path.parent.name)] = title
    return found


def wait_until_gone(session: int) -> None:
    until = time.monotonic() + LONGEST
    while left := living(session):
        assert time.monotonic() < until, f"live on: {left}"
        time.sleep(0.05)
