"""The training of one point of a sweep from one seed, as a worker does it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from resdsl.data.images import Parts
from resdsl.data.sets import Given, parts_of
from resdsl.files import remove_leftovers, write_whole
from resdsl.ir.json import from_json
from resdsl.locking import Busy, alone_in
from resdsl.net import Net
from resdsl.recipes.recipe import Recipe
from resdsl.sweeps.units.manifest import MANIFEST, Json, Manifest, ManifestEntry, entry_of, read_manifest
from resdsl.sweeps.units.unit import Outcome
from resdsl.training import run
from resdsl.training.devices import Devices
from resdsl.training.run import AnotherRun, Diverged
from resdsl.training.training import train
from resdsl.training.watching import TIMES
from resdsl.version import __version__

FILES = (run.MANIFEST, run.HISTORY, run.RESPONSES, run.BEST, run.WEIGHTS, run.RESULT, run.FAILURE)
"""The files of a finished run, each the same whenever the run is repeated."""


@dataclass(frozen=True, slots=True)
class PointTraining:
    """A point to train from one seed: a unit of a sweep.

    Attributes:
        name: the name of the point and its seed.
        folder: its folder.
        head: the part of its manifest before the files.
        network: the network as JSON.
        recipe: how to train it.
        seed: the seed of weights and batches.
        data: the folder of the data set, or the data themselves.
        replace: whether another run in the folder may be replaced.
        devices: what it computes on.
        workers: processes that make its batches ahead.
    """

    name: str
    folder: str
    head: Json
    network: str
    recipe: Recipe
    seed: int
    data: Given
    replace: bool = False
    devices: Devices = field(default_factory=Devices)
    workers: int = 0

    def complete(self, folder: Path) -> Outcome:
        """Train it, or go on where it was ended. What diverges has failed for good, and is not trained again.

        Raises:
            resdsl.training.run.AnotherRun: the folder holds another run, which may not be replaced.
            resdsl.locking.Busy: another sweep is at it for more than a minute.
            resdsl.refusal.Refused, OSError: see `resdsl.training.training.train`.
        """
        with alone_in(folder):  # another sweep may be at it, or a worker of one that was killed
            finished = self._finished(folder)
        if finished is not None:
            return self._outcome(finished, trained=False)
        try:
            return self._completed(folder)
        except Busy:  # another sweep was faster: what it leaves is looked at once it has ended
            return self.complete(folder)

    def _completed(self, folder: Path) -> Outcome:
        """Train what is not finished, and write its manifest."""
        replaces = False
        try:
            failure = self._train(folder)
        except AnotherRun:
            if not self.replace:
                raise
            replaces = True
            with alone_in(folder, 0):
                _clear(folder)
            failure = self._train(folder)
        remove_leftovers(folder)
        head = {**self.head, "versions": _versions(), **failure}
        write_whole(folder / MANIFEST, Manifest(head, _entries(folder)).text)
        return self._outcome(head, trained=True, replaces=replaces)

    def _finished(self, folder: Path) -> Json | None:
        """The manifest of the finished run; None if it is to be trained. A damaged run is removed."""
        found = read_manifest(folder)
        if found is None or any(found.head.get(word) != value for word, value in self.head.items()):
            return None
        if found.files == _entries(folder):
            return found.head
        _clear(folder)
        return None

    def _train(self, folder: Path) -> Json:
        """Train, and say in which step the run has diverged, if it has."""
        from resdsl.training.threads import one_thread

        place = {"sweep": self.head["sweep"], "point": self.head["point"], "parameters": self.head["parameters"]}
        try:
            with one_thread():
                net, data = Net(from_json(self.network)), data_of(self.recipe, self.data)
                train(
                    net,
                    self.recipe,
                    out=folder,
                    seed=self.seed,
                    data=data,
                    devices=self.devices,
                    workers=self.workers,
                    part_of=place,
                )
        except Diverged as error:
            return {"failure": {"step": error.step, "reason": error.reason}}
        return {}

    def _outcome(self, head: Json, *, trained: bool, replaces: bool = False) -> Outcome:
        if "failure" in head:
            return Outcome(self.name, "failed", head["failure"]["reason"], replaced=replaces)
        return Outcome(self.name, "made" if trained else "kept", replaced=replaces)


def data_of(recipe: Recipe, data: Given) -> Parts:
    """The data of a run; a folder is read once in each process.

    Raises:
        resdsl.data.images.WrongData: they cannot be read.
    """
    return _read(recipe.data.set, data) if data is None or isinstance(data, str | Path) else parts_of(data, "")


@lru_cache(maxsize=1)
def _read(name: str, folder: str | Path | None) -> Parts:
    return parts_of(folder, name)


def _versions() -> dict[str, str]:
    return {"resdsl": __version__, "torch": version("torch")}


def _entries(folder: Path) -> dict[str, ManifestEntry]:
    entries = {name: entry_of(folder / name) for name in FILES}
    return {name: entry for name, entry in entries.items() if entry is not None}


def _clear(folder: Path) -> None:
    """Remove a run. What says which run it is goes last, so that a removal that is ended early can go on."""
    for name in (MANIFEST, run.RESULT, run.CHECKPOINT, TIMES, *reversed(FILES)):
        (folder / name).unlink(missing_ok=True)
