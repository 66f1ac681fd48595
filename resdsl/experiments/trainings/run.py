"""Trains all points of a sweep from several seeds, on all cores, and keeps the results of all up to date.

A run may be stopped at any moment and continues where it left off when started again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from resdsl.data.images import Parts
from resdsl.data.sets import Given
from resdsl.experiments.trainings.results import SweepFiles
from resdsl.experiments.trainings.unit import FILES, PointTraining, data_of
from resdsl.ir.network import Network
from resdsl.net import Net
from resdsl.overwriting import refuse_inputs
from resdsl.recipes.recipe import Recipe
from resdsl.sweeps.point import Point
from resdsl.sweeps.units.heads import as_json, point_head
from resdsl.sweeps.units.manifest import (
    MANIFEST,
    RESULTS,
    Json,
    RunManifest,
    WantedUnit,
    folder_names,
    make_folder,
    read_document,
)
from resdsl.sweeps.units.occupied import refuse_another_sweep
from resdsl.sweeps.units.run import OnProgress, Pool, RunOutcome, make_all
from resdsl.sweeps.units.shards import Shard
from resdsl.sweeps.units.unit import Outcome
from resdsl.sweeps.units.workers import outcomes_of
from resdsl.training.devices import Devices
from resdsl.training.training import refuse_impossible


@dataclass(frozen=True)
class TrainingOrder:
    """How the points of a sweep are trained, and where.

    Attributes:
        sweep: the name of the sweep.
        root: the folder of the run, with a folder for each point and in it one for each seed.
        recipe: how to train.
        seeds: the seeds of weights and batches; each point is trained from each.
        data: the folder of the data set, or the data themselves.
        shard: which part of the trainings to do.
        jobs: the number of processes; with one, no other process is started.
        replace: whether to replace other sweeps and other runs.
        findings: what qualifies the comparison, in sentences.
        devices: what each training computes on: one device, and how.
        workers: processes that make the batches of each training ahead; the results are the same.
    """

    sweep: str
    root: Path
    recipe: Recipe
    seeds: tuple[int, ...] = (0,)
    data: Given = None
    shard: Shard = field(default_factory=Shard)
    jobs: int = 1
    replace: bool = False
    findings: tuple[str, ...] = ()
    devices: Devices = field(default_factory=Devices)
    workers: int = 0


@dataclass(frozen=True)
class Planned:
    """A training that the sweep should have: of a point, from a seed."""

    point: Point
    seed: int
    folder: str

    @property
    def name(self) -> str:
        """The name of the unit."""
        return f"{self.point.name}/seed-{self.seed}"


@dataclass
class SweepTraining:
    """The trainings of a sweep.

    Attributes:
        points: all points of the sweep, in order.
        network: returns the network of a point.
        order: how they are trained.
    """

    points: Sequence[Point]
    network: Callable[[Point], Network]
    order: TrainingOrder

    @cached_property
    def planned(self) -> list[Planned]:
        """All trainings: those of a point together, in the order of the seeds.

        Raises:
            resdsl.sweeps.units.manifest.FoldersCollide: file systems cannot distinguish the names of two points.
        """
        folders = folder_names(point.name for point in self.points)
        return [
            Planned(point, seed, f"{folders[point.name]}/seed-{seed}")
            for point in self.points
            for seed in self.order.seeds
        ]

    @cached_property
    def data(self) -> Parts:
        """The data set.

        Raises:
            resdsl.data.images.WrongData: it cannot be read.
        """
        return data_of(self.order.recipe, self.order.data)

    @property
    def part(self) -> list[Planned]:
        """The trainings of the part to do, the dearest first."""
        # Steps and images are those of the recipe for all: what differs is the multiply-adds of an image.
        return self.order.shard.dealt(self.planned, lambda planned: planned.point.costs.macs)

    def unfinished(self) -> list[Planned]:
        """The trainings of the part that are not in the folder of the run yet, the dearest first."""
        manifest = self._files(self._checksum).manifest
        manifest.read()
        missing = set(manifest.missing)
        return [planned for planned in self.part if planned.name in missing]

    def refuse_impossible(self) -> None:
        """Refuse what cannot be trained, before anything is written.

        Raises:
            resdsl.training.training.NotTrained: the recipe or a network does not suit.
            resdsl.data.images.WrongData: the data cannot be read, or do not suit.
        """
        refuse_impossible((Net(self.network(point)) for point in self.points), self.order.recipe, self.data)

    def refuse_occupied(self, inputs: Iterable[Path] = ()) -> None:
        """Refuse a folder that must not be replaced, before anything is written.

        Args:
            inputs: the files that the sweep was read from.

        Raises:
            resdsl.sweeps.units.manifest.FoldersCollide: file systems cannot distinguish the names of two points.
            resdsl.refusal.Refused: the folder contains something else; see `refuse_another_sweep`.
            resdsl.overwriting.WouldOverwrite: a file to write is an input.
        """
        self._refuse_occupied(self._checksum, inputs)

    def run(self, on_progress: OnProgress | None = None, pool: Pool = outcomes_of) -> RunOutcome:
        """Train what is not trained yet.

        Args:
            on_progress: called with the outcome of each training.
            pool: what trains several at once.

        Raises:
            resdsl.sweeps.units.workers.NoProcesses: there are several jobs, but all processes died at once.
            resdsl.sweeps.units.manifest.NoFolder: the folder of the run exists but is not a folder.
            OSError: the folder of the run cannot be made or written to.
        """
        make_folder(self.order.root)
        files = self._files(self._checksum)
        whole = self.order.shard.count == 1
        if whole:
            files.write()
        wanted = {unit.name: unit for unit in files.manifest.wanted}

        def ended(outcome: Outcome) -> None:
            if whole and not outcome.full:
                files.renew(wanted[outcome.name])
            if on_progress is not None:
                on_progress(outcome)

        part = self.part
        done = make_all(map(self._unit, part), max(1, min(self.order.jobs, len(part))), ended, pool)
        done.missing = files.manifest.missing if whole and not done.full else None
        return done

    def merge(self, inputs: Iterable[Path] = ()) -> tuple[str, ...]:
        """Write the manifest and the results of the whole from the folders of its trainings, wherever they were done.

        Args:
            inputs: the files that the sweep was read from.

        Returns:
            Names of the trainings that are missing or differ from the present sweep.

        Raises:
            resdsl.refusal.Refused: see `refuse_occupied`.
            OSError: a file cannot be written.
        """
        checksum = self._checksum_there()
        self._refuse_occupied(checksum, inputs)
        files = self._files(checksum)
        files.write()
        return files.manifest.missing

    @cached_property
    def _checksum(self) -> str:
        return self.data.checksum()

    def _checksum_there(self) -> str | None:
        """That of the data of the trainings in the folder, without the data themselves."""
        root = self.order.root
        documents = (read_document(folder) for folder in (root, *(root / planned.folder for planned in self.planned)))
        return next((str(document["data"]) for document in documents if document and "data" in document), None)

    def _refuse_occupied(self, checksum: str | None, inputs: Iterable[Path]) -> None:
        root, folders = self.order.root, [planned.folder for planned in self.planned]
        refuse_inputs(_written(root, folders), inputs)
        if not self.order.replace:
            refuse_another_sweep(root, folders, self._head(checksum))

    def _files(self, checksum: str | None) -> SweepFiles:
        head = {**self._head(checksum), "seeds": list(self.order.seeds), "findings": list(self.order.findings)}
        wanted = [WantedUnit(each.name, each.folder, self._expected(each, checksum)) for each in self.planned]
        return SweepFiles(RunManifest(self.order.root, head, wanted))

    def _head(self, checksum: str | None) -> Json:
        """The part of the manifest about all trainings."""
        recipe = self.order.recipe.model_dump(mode="json", exclude_unset=True)
        computation = self.order.devices.unusual()
        return {"sweep": self.order.sweep, "recipe": recipe, "data": checksum, "computation": computation}

    def _expected(self, planned: Planned, checksum: str | None) -> Json:
        """The part of the manifest of a training that is known without its network."""
        about = {"name": planned.name, "point": planned.point.name, "seed": planned.seed}
        return {**point_head(planned.point, self.order.sweep), **about, **self._head(checksum)}

    def _unit(self, planned: Planned) -> PointTraining:
        text, hashes = as_json(self.network(planned.point))
        return PointTraining(
            planned.name,
            str(self.order.root / planned.folder),
            {**self._expected(planned, self._checksum), **hashes},
            text,
            self.order.recipe,
            planned.seed,
            self.order.data,
            self.order.replace,
            self.order.devices,
            self.order.workers,
        )


def _written(root: Path, folders: Iterable[str]) -> Iterator[Path]:
    """All files that a run may write."""
    yield from (root / MANIFEST, root / RESULTS)
    for folder in folders:
        yield from (root / folder / name for name in (MANIFEST, *FILES))
