"""How far `resdsl sweep` is while it costs points: a line on a terminal, and a note where draws yield nothing."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from resdsl.cli.messages import say

if TYPE_CHECKING:
    from resdsl.sweeps.left_out import LeftOut
    from resdsl.sweeps.sweep import Sweep

FRUITLESS = 10_000
"""After how many draws in a row without a new point a note says so, once."""
_QUIET = 1.0
"""How long nothing is shown, in seconds: most sweeps take less."""
_PAUSE = 0.2
"""The least time from one line to the next, in seconds."""
_CLEARED = "\r\x1b[K"


class CostingProgress:
    """Shows how far a sweep is.

    Args:
        sweep: the sweep.
        shows: whether there is a line, which takes the place of the one before.
        clock: the time in seconds.
    """

    def __init__(self, sweep: Sweep, *, shows: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._sweep = sweep
        self._shows = shows
        self._clock = clock
        self._due = clock() + _QUIET
        self._has_line = False
        self._kept = self._ended = self._fruitless = 0
        self._is_noted = False

    def __call__(self, found: LeftOut) -> None:
        """Take note of one more combination."""
        if self._sweep.plan.sampling is not None:
            self._note_fruitless(found)
        if self._shows and (now := self._clock()) >= self._due:
            self._due = now + _PAUSE
            self._has_line = True
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write(f"{_CLEARED}{self._text(found)[:width]}")
            sys.stderr.flush()

    def clear(self) -> None:
        """Remove the line."""
        if self._has_line:
            self._has_line = False
            sys.stderr.write(_CLEARED)
            sys.stderr.flush()

    def _note_fruitless(self, found: LeftOut) -> None:
        if (found.kept, found.draws) != (self._kept, self._ended):
            self._kept, self._ended, self._fruitless = found.kept, found.draws, 0
            return
        self._fruitless += 1
        if self._fruitless < FRUITLESS or self._is_noted or self._sweep.draws == FRUITLESS:
            return
        self._is_noted = True
        self.clear()
        say(
            f"note: no new point in the last {FRUITLESS:,} draws; of {found.taken:,} so far, {found.reasons()}; "
            f"up to {self._sweep.draws:,} are taken",
            err=True,
        )

    def _text(self, found: LeftOut) -> str:
        size = self._sweep.size
        if self._sweep.plan.sampling is None:
            return f"costing: {found.taken:,} of {size:,} points"
        reasons = f": {found.reasons()}" if found.counts else ""
        return f"drawing: {found.kept:,} of {size:,} points in {found.taken:,} draws{reasons}"


@contextmanager
def progress_of(sweep: Sweep, *, rows_on_output: bool) -> Iterator[CostingProgress]:
    """What shows how far a sweep is, and is gone at the end.

    Args:
        sweep: the sweep.
        rows_on_output: whether rows are written on the standard output meanwhile; a terminal shows these instead.
    """
    shows = sys.stderr.isatty() and not (rows_on_output and sys.stdout.isatty())
    progress = CostingProgress(sweep, shows=shows)
    try:
        yield progress
    finally:
        progress.clear()
