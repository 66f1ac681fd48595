"""A build as a process of its own, to be disturbed: `python -m tests.sweeps.build_process FOLDER JOBS NAME=VALUE ...`.

Options: `limit`, the most bytes that a file may have; `killed`, so many points must be built and then so many events of
Python's profiler pass, as `3+20000`, until this process kills itself; `maimed`, when so many points are built it
kills one of its workers.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sys
from pathlib import Path
from types import FrameType

from resdsl.sweeps.building.run import Order, build_all
from resdsl.sweeps.units.run import OnProgress, RunOutcome
from resdsl.sweeps.units.unit import Outcome
from tests.sweeps.points import SMALL, Family

KINDS = ("onnx", "torch", "safetensors")


def family() -> Family:
    """Twenty-four points whose files have 10 kB to 1 MB."""
    return Family(SMALL, width=[4, 8, 16, 32], shortcut=["A", "B", "C"], n=[1, 2])


def build(folder: Path, jobs: int, heard: OnProgress | None = None) -> RunOutcome:
    """Build the family into a folder."""
    made = family()
    order = Order("family", folder, KINDS, seed=3, jobs=jobs)
    return build_all(made.points, made.network, order, heard)


class Disturbance:
    """Says what became of each point, and at its moment kills: the same one, however busy the machine is."""

    def __init__(self, killed: str = "", maimed: str = "") -> None:
        points, _, events = (killed or "0+0").partition("+")
        self._killed = int(points) if killed else None
        self._maimed = int(maimed) if maimed else None
        self._events = int(events)
        self._made = 0

    def __call__(self, outcome: Outcome) -> None:
        say(str(outcome))
        self._made += outcome.status == "made"
        if self._made == self._maimed:
            multiprocessing.active_children()[-1].kill()
            self._maimed = None
        if self._made == self._killed:
            sys.setprofile(self._passes)

    def _passes(self, frame: FrameType, event: str, argument: object) -> None:
        self._events -= 1
        if self._events < 0:
            os.kill(os.getpid(), signal.SIGKILL)


def say(line: str) -> None:
    """A line on the standard output, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(folder: str, jobs: str, *options: str) -> None:
    """Build as the options say."""
    # Whatever started this process may ignore interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    values = dict(option.split("=") for option in options)
    if limit := int(values.pop("limit", 0)):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    run = build(Path(folder), int(jobs), Disturbance(**values))
    say(f"made={run.made} kept={run.kept} failed={len(run.failed)} full={run.full} missing={run.missing}")


if __name__ == "__main__":
    main(*sys.argv[1:])
