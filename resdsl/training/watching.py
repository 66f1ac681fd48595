"""What follows a run as it goes: its times, and a logger of the user's."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

from resdsl.files import write_whole
from resdsl.training.run import Epoch, Standing

TIMES = "times.csv"
_COLUMNS = ("epoch", "seconds", "images_per_second")


class Logger(Protocol):
    """Takes the metrics of a run, as every logger of Lightning Fabric does."""

    def log_metrics(self, metrics: dict[str, Any], step: int) -> object:
        """Take the metrics of an epoch, which ended with that step."""


class Stopwatch:
    """Takes the time of each epoch and writes `times.csv`, the only file of a run that has times in it.

    Where a run went on within an epoch, the time is that of the steps since.
    """

    def __init__(self, folder: Path, batch: int) -> None:
        self._path, self._batch = folder / TIMES, batch
        self._images, self._since = 0, perf_counter()

    def step(self) -> None:
        """A step is over."""
        self._images += self._batch

    def lap(self, epoch: int) -> None:
        """An epoch is over, too.

        Raises:
            OSError: the file cannot be written.
        """
        now = perf_counter()
        seconds = now - self._since
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows(self._rows_before(epoch))
        writer.writerow((epoch, f"{seconds:.3f}", f"{self._images / seconds:.1f}"))
        write_whole(self._path, text.getvalue())
        self._images, self._since = 0, now

    def _rows_before(self, epoch: int) -> list[list[str]]:
        if not self._path.exists():
            return []
        try:
            with self._path.open(encoding="utf-8", newline="") as file:
                rows = list(csv.reader(file))[1:]
            return [row for row in rows if row and int(row[0]) < epoch]
        except (ValueError, csv.Error):  # damaged: nothing depends on times
            return []


@dataclass(frozen=True)
class Watch:
    """What happens after each step, in the process that speaks.

    Attributes:
        stopwatch: takes the times of epochs.
        steps: how many steps the run has.
        logger: the user's, if there is one.
        after_step: called after each step, with where the run stands and the number of all its steps.
    """

    stopwatch: Stopwatch
    steps: int
    logger: Logger | None
    after_step: Callable[[Standing, int], object] | None

    def took(self, now: Standing) -> None:
        """A step was taken.

        Raises:
            OSError: the times cannot be written.
        """
        self.stopwatch.step()
        if now.history and now.history[-1].step == now.step:
            self.stopwatch.lap(now.history[-1].epoch)
            if self.logger is not None:
                log(self.logger, now.history[-1])
        if self.after_step is not None:
            self.after_step(now, self.steps)


def log(logger: Logger, epoch: Epoch) -> None:
    """Hand an epoch's row of the history to a logger."""
    metrics = {name: value for name, value in epoch.row().items() if name != "step"}
    logger.log_metrics(metrics, epoch.step)


def finish(logger: Logger) -> None:
    """Let a logger write what it holds back, as those of Fabric do."""
    finalize = getattr(logger, "finalize", None)
    if callable(finalize):
        finalize("success")
