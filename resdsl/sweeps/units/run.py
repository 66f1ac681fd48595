"""Makes the units of a sweep, and counts what became of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, field

from resdsl.sweeps.units.unit import Outcome, SweepUnit
from resdsl.sweeps.units.workers import outcomes_of

OnProgress = Callable[[Outcome], None]
"""Called with the outcome of each unit."""
Pool = Callable[[Iterable[SweepUnit], int], Generator[Outcome, None, None]]
"""Makes units, so many at once, and yields their outcomes as they come."""


@dataclass
class RunOutcome:
    """The result of a run.

    Attributes:
        made: number of units that were made, completely or in part.
        kept: number of units that were present and intact.
        failed: units that failed, in order of failure; not those for which there was no space.
        replaced: names of the units that replaced different networks.
        full: whether the run ended early because the disk is full.
        missing: units of the sweep that are not in the manifest of the run; None if only a part of the sweep was made,
            which does not write that manifest.
    """

    made: int = 0
    kept: int = 0
    failed: list[Outcome] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    full: bool = False
    missing: tuple[str, ...] | None = None

    def count(self, outcome: Outcome) -> None:
        """Add the outcome of a unit."""
        self.made += outcome.status == "made"
        self.kept += outcome.status == "kept"
        self.full = self.full or outcome.full
        if outcome.replaced:
            self.replaced.append(outcome.name)
        if outcome.status == "failed" and not outcome.full:
            self.failed.append(outcome)


def make_all(
    units: Iterable[SweepUnit], jobs: int, on_progress: OnProgress | None = None, pool: Pool = outcomes_of
) -> RunOutcome:
    """Make units until all are made or the disk is full.

    Raises:
        resdsl.sweeps.units.workers.NoProcesses: there are several jobs, but all processes died before making a unit.
    """
    run = RunOutcome()
    with closing(pool(units, jobs)) as outcomes:
        for outcome in outcomes:
            run.count(outcome)
            if on_progress is not None:
                on_progress(outcome)
            if run.full:
                break
    return run


def cores() -> int:
    """The number of processor cores available to this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
