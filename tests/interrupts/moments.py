"""Moments at which a signal may come, and how a command ended that it came to."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.sweeps.trees import whole_points

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 120.0
"""Seconds that no command takes, on whatever machine."""


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Life:
    """How long an undisturbed command lives, in events and in seconds, once it has set its handlers."""

    events: int
    seconds: float


@dataclass(frozen=True)
class Moment:
    """When a signal comes: at an event of the profiler, or after a while."""

    number: signal.Signals
    event: int | None = None
    seconds: float = 0.0

    def strike(self, folder: Path, words: list[str]) -> Ended:
        """Run the command in a session of its own and send it the signal; nothing of it may live on."""
        if self.event is not None:
            process = launched(folder, "events", self.number, self.event, words)
        else:
            process, _ = ready(folder, self.number, words)
            time.sleep(self.seconds)  # whatever has become of it by then, it must end well
            if self.number == signal.SIGINT:
                os.killpg(process.pid, self.number)
            else:
                process.send_signal(self.number)
        out, err = process.communicate(timeout=LONGEST)
        wait_until_gone(process.pid)
        return Ended(process.returncode, out, err)


def launched(
    folder: Path, kind: str, number: int, at: object, words: list[str], passed: tuple[int, ...] = ()
) -> subprocess.Popen[str]:
    """The command as a process, the leader of its group; see `tests.interrupts.launcher`."""
    launcher = [sys.executable, "-m", "tests.interrupts.launcher", kind, str(int(number)), str(at)]
    return subprocess.Popen(
        [*launcher, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        pass_fds=passed,
    )


def ready(folder: Path, number: int, words: list[str]) -> tuple[subprocess.Popen[str], float]:
    """The command when it has just set its handlers, and the time at which that was."""
    reads, writes = os.pipe()
    process = launched(folder, "ready", number, writes, words, passed=(writes,))
    os.close(writes)
    with os.fdopen(reads, "rb") as sign:
        assert sign.read(1) == b"!", process.communicate()
    return process, time.monotonic()


def wait_until_gone(group: int) -> None:
    """Wait until no process of a group is left; workers are gone with the command, multiprocessing's tracker soon."""
    until = time.monotonic() + LONGEST
    while True:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        assert time.monotonic() < until, "processes of the command live on"
        time.sleep(0.005)


def life_of(folder: Path, words: list[str]) -> Life:
    """How long the command lives where nothing disturbs it."""
    count = folder.parent / f"{folder.name}.events"
    _, err = (process := launched(folder, "count", signal.SIGINT, count, words)).communicate(timeout=LONGEST)
    assert process.returncode == 0, err
    process, began = ready(folder, signal.SIGINT, words)
    process.communicate(timeout=LONGEST)
    return Life(int(count.read_text(encoding="utf-8")), time.monotonic() - began)


def moments(count: int, life: Life, seed: int) -> Iterator[Moment]:
    """Moments all over a life: by turns of both signals, and by turns at events and after whiles."""
    chance = random.Random(seed)
    for turn in range(count):
        number = (signal.SIGINT, signal.SIGTERM)[turn % 2]
        if turn // 2 % 2:
            yield Moment(number, seconds=chance.uniform(0, life.seconds))
        else:
            yield Moment(number, event=chance.randint(1, life.events))


def left_behind(folder: Path) -> list[str]:
    """Files below the folder that nobody asked for; points that have a manifest must be whole."""
    whole_points(folder / "made")
    return sorted(path.name for path in folder.rglob(".*"))
