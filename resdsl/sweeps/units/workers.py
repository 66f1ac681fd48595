"""Processes that make units, each one unit at a time.

If a process dies, its unit is retried in a new process after all others are done, so that only a unit that kills its
process is lost. Each process shares nothing but a pipe, so it may end at any moment without leaving anything to clean
up.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from multiprocessing import connection, resource_tracker
from typing import TYPE_CHECKING

from resdsl import interrupts
from resdsl.refusal import Refused
from resdsl.sweeps.units.unit import Outcome, SweepUnit, make

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Attempt = Callable[[Iterable[SweepUnit], list[SweepUnit]], Generator[Outcome, None, None]]
"""Yields the outcomes of units, and adds those whose process died to a list."""
_KILLED = "its process was killed, perhaps for lack of memory"
_PATIENCE = 10.0
"""How long to wait for a process to end before killing it, in seconds."""


class NoProcesses(Refused):
    """All processes died before making a unit."""

    def __init__(self) -> None:
        super().__init__(
            "no process of the sweep stays alive: one job at a time needs none. A Python program that runs a sweep on "
            'several cores has what it does below `if __name__ == "__main__":`'
        )


def outcomes_of(units: Iterable[SweepUnit], jobs: int) -> Generator[Outcome, None, None]:
    """The outcome of each unit, in order of completion; with one job, no process is started.

    Raises:
        NoProcesses: all processes died before making a unit.
    """
    if jobs == 1:
        yield from map(make, units)
        return
    suspects: list[SweepUnit] = []
    yield from _in_processes(units, jobs, suspects)
    yield from each_alone(suspects, lambda alone, guilty: _in_processes(alone, 1, guilty))


def each_alone(suspects: Iterable[SweepUnit], attempt: Attempt) -> Generator[Outcome, None, None]:
    """Retry units whose process died, one after the other, so that only one that kills its process is lost."""
    for unit in suspects:
        guilty: list[SweepUnit] = []
        yield from attempt([unit], guilty)
        yield from [Outcome(each.name, "failed", _KILLED) for each in guilty]


class _Worker:
    """A process, our end of the pipe to it, and its current unit."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.unit: SweepUnit | None = None
        self.process = context.Process(target=_work, args=(theirs,))
        with interrupts.kept_from_children():
            self.process.start()
        theirs.close()

    def give(self, unit: SweepUnit) -> None:
        self.unit = unit
        with suppress(OSError):  # it has died: its end of the pipe says so when it is read
            self.pipe.send(unit)

    def outcome(self) -> Outcome | None:
        """The outcome of the unit; None from a process that has just started.

        Raises:
            EOFError, OSError: the process died.
        """
        outcome: Outcome | None = self.pipe.recv()
        self.unit = None
        return outcome


def _in_processes(units: Iterable[SweepUnit], jobs: int, suspects: list[SweepUnit]) -> Generator[Outcome, None, None]:
    """The outcomes of units; units whose process died are added to the suspects."""
    waiting = iter(units)
    crew: list[_Worker] = []
    # Made ahead, so that no worker waits for it.
    upcoming = next(waiting, None)
    done = deaths = 0
    with interrupts.clearing(lambda: _end(crew)):
        while upcoming is not None or any(worker.unit is not None for worker in crew):
            while upcoming is not None and len(crew) < jobs:
                _start(crew)
            for worker in _ready(crew):
                try:
                    outcome = worker.outcome()
                except (EOFError, OSError):
                    _end([worker])
                    crew.remove(worker)
                    deaths += 1
                    if worker.unit is not None:
                        suspects.append(worker.unit)
                    if not done and deaths >= 2 * jobs:
                        raise NoProcesses from None
                    continue
                if upcoming is not None:
                    worker.give(upcoming)
                    upcoming = next(waiting, None)
                if outcome is not None:
                    done += 1
                    yield outcome


def _start(crew: list[_Worker]) -> None:
    # It lets interrupts through when it begins, and so must not begin between ours.
    resource_tracker.ensure_running()
    with interrupts.held():
        crew.append(_Worker())


def _ready(crew: list[_Worker]) -> list[_Worker]:
    """Wait for processes that have a result or died, and return them."""
    pipes = connection.wait([worker.pipe for worker in crew])
    return [worker for worker in crew if worker.pipe in pipes]


def _end(crew: list[_Worker]) -> None:
    for worker in crew:
        worker.process.terminate()
    for worker in crew:
        worker.process.join(_PATIENCE)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.pipe.close()


def _work(pipe: Connection) -> None:
    """The loop of a worker, until it is told to stop or its parent dies."""
    interrupts.leave_signals_to_the_parent()
    interrupts.end_with_the_parent()
    with suppress(EOFError, OSError):
        pipe.send(None)
        while True:
            pipe.send(make(pipe.recv()))
