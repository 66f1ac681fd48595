"""What a run is made of, where it stands, and what it leaves behind."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from resdsl.files import write_whole
from resdsl.refusal import Refused

HISTORY, RESULT, WEIGHTS, CHECKPOINT, MANIFEST, FAILURE, RESPONSES, BEST = (
    "history.csv",
    "result.json",
    "weights.safetensors",
    "checkpoint.pt",
    "run.json",
    "failure.json",
    "responses.csv",
    "best.safetensors",
)


class AnotherRun(Refused):
    """The folder holds a run of another network, recipe, seed or data set."""


class Diverged(Refused):
    """The loss of a step is not a number, or infinite.

    Attributes:
        step: that step, the first of which is 1.
        reason: what happened.
    """

    def __init__(self, step: int, reason: str) -> None:
        super().__init__(reason)
        self.step, self.reason = step, reason


@dataclass(frozen=True)
class Epoch:
    """A row of the history.

    Attributes:
        epoch: its number, the first of which is 1.
        step: steps that were taken until its end.
        rate: the learning rate of its last step.
        loss: mean over its images, as they were trained on.
        measures: further columns by their names: the task's own measure over the same images, such as `error`, and
            what was measured at its end, such as `test_error`.
    """

    epoch: int
    step: int
    rate: float
    loss: float
    measures: dict[str, float]

    def row(self) -> dict[str, float]:
        """The columns by their names."""
        return {"epoch": self.epoch, "step": self.step, "rate": self.rate, "loss": self.loss, **self.measures}


@dataclass(frozen=True)
class Standing:
    """Where a run stands.

    Attributes:
        step: steps that were taken.
        warming: whether the warm-up goes on.
        loss: sum of the losses of this epoch's images so far.
        counted: sum of what the task counts of them so far, such as 1 for each that was classified wrongly.
        history: the epochs so far.
    """

    step: int = 0
    warming: bool = False
    loss: float = 0.0
    counted: float = 0.0
    history: tuple[Epoch, ...] = field(default=())

    def stepped(self) -> Standing:
        """Where it stands one step later, of which the loss is not read yet."""
        return replace(self, step=self.step + 1)

    def plus(self, loss: float, counted: float) -> Standing:
        """With the sums over the images of a step."""
        return replace(self, loss=self.loss + loss, counted=self.counted + counted)

    def epoch_ended(self, row: Epoch, *, warm: bool) -> Standing:
        """Where it stands once an epoch is over, and whether the network is warm by now."""
        return Standing(self.step, self.warming and not warm, history=(*self.history, row))

    def record(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    @classmethod
    def of(cls, record: dict[str, Any]) -> Standing:
        """From plain values."""
        return cls(**{**record, "history": tuple(Epoch(**row) for row in record["history"])})


def history_text(history: tuple[Epoch, ...]) -> str:
    """The history as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(history[0].row()) if history else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(epoch.row() for epoch in history)
    return text.getvalue()


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Write plain values as JSON, completely or not at all."""
    write_whole(path, json.dumps(record, indent=2, ensure_ascii=False) + "\n")


def read_record(path: Path) -> dict[str, Any]:
    """The plain values in a file of a run.

    Raises:
        AnotherRun: the file is no such record.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise AnotherRun(f"{path} is not a file that a run has left")
    return found


def result_in(folder: Path, measures: Iterable[str]) -> dict[str, Any] | None:
    """What the run in a folder has found; None if it has not ended.

    Args:
        folder: that of the run.
        measures: what has been measured, beside the number of steps.

    Raises:
        AnotherRun: the file is damaged.
    """
    if not (folder / RESULT).exists():
        return None
    found = read_record(folder / RESULT)
    if not all(isinstance(found.get(name), int | float) for name in ("steps", *measures)):
        raise _damaged(folder / RESULT)
    return found


def failure_in(folder: Path) -> Diverged | None:
    """How the run in a folder has failed, if it has.

    Raises:
        AnotherRun: the file is damaged.
    """
    if not (folder / FAILURE).exists():
        return None
    found = read_record(folder / FAILURE)
    step, reason = found.get("step"), found.get("reason")
    if not isinstance(step, int) or not isinstance(reason, str):
        raise _damaged(folder / FAILURE)
    return Diverged(step, reason)


def _damaged(path: Path) -> AnotherRun:
    return AnotherRun(f"{path} is damaged; remove it to train again")


def claim(folder: Path, manifest: dict[str, Any]) -> None:
    """Make the folder that of a run, or see that it is.

    Raises:
        AnotherRun: it holds another run.
        OSError: it cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / MANIFEST
    if not path.exists():
        for name in (HISTORY, RESULT, WEIGHTS, CHECKPOINT, FAILURE, RESPONSES, BEST):
            if (folder / name).exists():
                raise AnotherRun(f"{folder / name} is of no run, and would be replaced; choose another folder")
        write_record(path, manifest)
        return
    found = read_record(path)
    different = [key for key in {**manifest, **found} if found.get(key) != manifest.get(key)]
    if different:
        raise AnotherRun(f"{folder} holds another run: it differs in {', '.join(different)}; choose another folder")
