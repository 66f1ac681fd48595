"""Builds all points of a sweep into folders, on all cores.

A run may be stopped at any moment and continues where it left off when started again. Points are sent to workers as
JSON, one after the other, so that a sweep of any size takes little memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from resdsl.backends.onnx.form import IR_VERSIONS
from resdsl.backends.onnx.opsets import least_opset
from resdsl.ir.json import VERSION as JSON_VERSION, to_json
from resdsl.ir.network import Network
from resdsl.overwriting import refuse_inputs
from resdsl.sweeps.building import manifest
from resdsl.sweeps.building.manifest import Json
from resdsl.sweeps.building.occupied import refuse_another_sweep
from resdsl.sweeps.building.outputs import Outcome, Task
from resdsl.sweeps.building.shards import Shard
from resdsl.sweeps.building.workers import outcomes_of
from resdsl.sweeps.canonical import network_hash
from resdsl.sweeps.point import Point
from resdsl.targets import targets_by_file
from resdsl.version import __version__

OnProgress = Callable[[Outcome], None]
"""Called with the outcome of each point."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to build, where and how.

    Attributes:
        sweep: the name of the sweep.
        root: the folder of the run, with a folder for each point.
        kinds: the outputs to make of each point, by the names of targets.
        seed: the seed for weights, the same for all points.
        shard: which part of the points to build.
        jobs: the number of processes; with one, no other process is started.
        replace: whether to replace builds of other sweeps, and networks that have files of the user beside them.
    """

    sweep: str
    root: Path
    kinds: tuple[str, ...]
    seed: int = 0
    shard: Shard = field(default_factory=Shard)
    jobs: int = 1
    replace: bool = False

    @property
    def head(self) -> Json:
        """The content common to all manifests."""
        return {"seed": self.seed, "versions": {"resdsl": __version__, "json": JSON_VERSION}}


@dataclass
class RunOutcome:
    """The result of a run.

    Attributes:
        built: number of points that were built, completely or in part.
        kept: number of points that were present and intact.
        failed: points that failed, in order of failure.
        replaced: names of the points that replaced different networks.
        full: whether the run ended early because the disk is full.
        missing: points of the sweep that are not in the manifest of the run; None if only a part of the sweep was
            built, which does not write that manifest.
    """

    built: int = 0
    kept: int = 0
    failed: list[Outcome] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    full: bool = False
    missing: tuple[str, ...] | None = None

    def count(self, outcome: Outcome) -> None:
        """Add the outcome of a point."""
        self.built += outcome.status == "built"
        self.kept += outcome.status == "kept"
        self.full = self.full or outcome.full
        if outcome.replaced:
            self.replaced.append(outcome.name)
        if outcome.status == "failed":
            self.failed.append(outcome)


def build_all(
    points: Sequence[Point], network: Callable[[Point], Network], order: Order, on_progress: OnProgress | None = None
) -> RunOutcome:
    """Build the points of a sweep, or a part of them.

    Args:
        points: all points of the sweep, in order.
        network: returns the network of a point.
        order: what to build.
        on_progress: called with the outcome of each point.

    Raises:
        FoldersCollide: file systems cannot distinguish the names of two points.
        NoProcesses: there are several jobs, but all processes died before building a point.
        NoFolder: the folder of the run exists but is not a folder.
        OSError: the folder of the run cannot be made or written to.
    """
    folders = manifest.folder_names(point.name for point in points)
    manifest.make_folder(order.root)
    part = order.shard.of(points)
    jobs = max(1, min(order.jobs, len(part)))
    run = RunOutcome()
    tasks = (_task(point, network(point), folders[point.name], order, threads=2 if jobs == 1 else 1) for point in part)
    with closing(outcomes_of(tasks, jobs)) as outcomes:
        for outcome in outcomes:
            run.count(outcome)
            if on_progress is not None:
                on_progress(outcome)
            if run.full:
                break
    if order.shard.count == 1 and not run.full:
        run.missing = merge_points(points, order)
    return run


def merge_points(points: Sequence[Point], order: Order) -> tuple[str, ...]:
    """Write the manifest of the whole run from those of its points, wherever they were built.

    Returns:
        Names of the points that are missing or differ from the present sweep.

    Raises:
        FoldersCollide: file systems cannot distinguish the names of two points.
        OSError: the manifest cannot be written.
    """
    folders = manifest.folder_names(point.name for point in points)
    wanted = [(point.name, folders[point.name], _expected(point, order)) for point in points]
    return manifest.merge(order.root, wanted, {"sweep": order.sweep, **order.head})


def refuse_occupied(points: Sequence[Point], order: Order, inputs: Iterable[Path] = ()) -> None:
    """Refuse a folder with content that must not be replaced, before anything is written.

    Args:
        points: all points of the sweep.
        order: what to build.
        inputs: the files that the sweep was read from.

    Raises:
        FoldersCollide: file systems cannot distinguish the names of two points.
        resdsl.sweeps.building.occupied.AnotherSweep: the folder contains builds of another sweep.
        resdsl.sweeps.building.occupied.NotAManifest: there is another file in place of the manifest.
        resdsl.overwriting.WouldOverwrite: a file to write is an input.
    """
    folders = manifest.folder_names(point.name for point in points).values()
    refuse_inputs(_written(order, folders), inputs)
    if not order.replace:
        refuse_another_sweep(order.root, folders, order.sweep)


def _written(order: Order, folders: Iterable[str]) -> Iterator[Path]:
    """All files that a run may write."""
    yield order.root / manifest.MANIFEST
    names = (manifest.MANIFEST, *targets_by_file(order.kinds))
    for folder in folders:
        yield from (order.root / folder / name for name in names)


def cores() -> int:
    """The number of processor cores available to this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _task(point: Point, network: Network, folder: str, order: Order, threads: int) -> Task:
    # What the text states was checked when the point was costed, and where it states it plays no part.
    text = to_json(network.replace(expectations=()))
    hashes = {"sha256": sha256(text.encode()).hexdigest(), "canonical": network_hash(network)}
    head = {**_expected(point, order), "ir": hashes}
    opset = least_opset(network)
    head["versions"] = {**head["versions"], "onnx_opset": opset, "onnx_ir": IR_VERSIONS[opset]}
    return Task(point.name, str(order.root / folder), head, text, order.kinds, order.seed, threads, order.replace)


def _expected(point: Point, order: Order) -> Json:
    """The part of the manifest of a point that is known without its network."""
    costs = point.costs
    figures = {name: getattr(costs, name) for name in ("depth", "params", "macs", "activations")}
    return {
        "resdsl_point": manifest.VERSION,
        "sweep": order.sweep,
        "name": point.name,
        "network": point.network,
        "parameters": point.plain,
        "costs": figures,
        **order.head,
    }
