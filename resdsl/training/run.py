"""What a run is made of, where it stands, and what it leaves behind."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from resdsl.files import write_whole
from resdsl.refusal import Refused

HISTORY, RESULT, WEIGHTS, CHECKPOINT, MANIFEST = (
    "history.csv",
    "result.json",
    "weights.safetensors",
    "checkpoint.pt",
    "run.json",
)


class AnotherRun(Refused):
    """The folder holds a run of another network, recipe, seed or data set."""


class Diverged(Refused):
    """The loss of a step is not a number, or infinite."""


@dataclass(frozen=True)
class Epoch:
    """A row of the history: means over the images of an epoch, as they were trained on."""

    epoch: int
    step: int
    rate: float
    loss: float
    error: float


@dataclass(frozen=True)
class Standing:
    """Where a run stands.

    Attributes:
        step: steps that were taken.
        warming: whether the warm-up goes on.
        loss: sum of the losses of this epoch's images so far.
        wrong: how many of them were classified wrongly so far.
        history: the epochs so far.
    """

    step: int = 0
    warming: bool = False
    loss: float = 0.0
    wrong: int = 0
    history: tuple[Epoch, ...] = field(default=())

    def after(self, loss: float, wrong: int) -> Standing:
        """Where it stands one step later; `loss` is the sum over the images of the batch."""
        return replace(self, step=self.step + 1, loss=self.loss + loss, wrong=self.wrong + wrong)

    def epoch_ended(self, images: int, per_epoch: int, rate: float, until: float) -> Standing:
        """Where it stands once an epoch of so many images is over."""
        row = Epoch(self.step // per_epoch, self.step, rate, self.loss / images, self.wrong / images)
        return Standing(self.step, self.warming and row.error >= until, history=(*self.history, row))

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
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Epoch.__dataclass_fields__)
    writer.writerows(asdict(row).values() for row in history)
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


def claim(folder: Path, manifest: dict[str, Any]) -> None:
    """Make the folder that of a run, or see that it is.

    Raises:
        AnotherRun: it holds another run.
        OSError: it cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / MANIFEST
    if not path.exists():
        for name in (HISTORY, RESULT, WEIGHTS, CHECKPOINT):
            if (folder / name).exists():
                raise AnotherRun(f"{folder / name} is of no run, and would be replaced; choose another folder")
        write_record(path, manifest)
        return
    found = read_record(path)
    different = [key for key in {**manifest, **found} if found.get(key) != manifest.get(key)]
    if different:
        raise AnotherRun(f"{folder} holds another run: it differs in {', '.join(different)}; choose another folder")
