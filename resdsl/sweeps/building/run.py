"""All points of a sweep, built into folders on all cores.

A run may be stopped at any moment and started again: it goes on where it was. The points are handed to
workers as JSON, one after the other, so that a sweep of any size takes little memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from resdsl.backends.onnx.model import IR_VERSION, OPSET
from resdsl.ir.json import VERSION as JSON_VERSION, to_json
from resdsl.ir.network import Network
from resdsl.overwriting import refuse_inputs
from resdsl.sweeps.building import manifest
from resdsl.sweeps.building.manifest import Json
from resdsl.sweeps.building.occupied import refuse_another_sweep
from resdsl.sweeps.building.outputs import FILES, Outcome, Task
from resdsl.sweeps.building.shards import Shard
from resdsl.sweeps.building.workers import outcomes_of
from resdsl.sweeps.canonical import network_hash
from resdsl.sweeps.point import Point
from resdsl.version import __version__

OnProgress = Callable[[Outcome], None]
"""Told of each point as it is done."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be built.

    Attributes:
        sweep: the name of the sweep.
        root: the folder of the run; each point has one in it.
        kinds: what to make of each point, keys of `resdsl.sweeps.building.outputs.FILES`.
        seed: what weights are drawn from, the same for all points.
        shard: which part of the points.
        jobs: how many processes at once; with one, no other is started.
        replace: whether builds of another sweep, and networks that somebody's files stand beside, may be replaced.
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
        """What all manifests say alike."""
        versions = {"resdsl": __version__, "json": JSON_VERSION, "onnx_opset": OPSET, "onnx_ir": IR_VERSION}
        return {"seed": self.seed, "versions": versions}


@dataclass
class RunOutcome:
    """What became of a run.

    Attributes:
        built: how many points were built, wholly or in part.
        kept: how many were there and intact.
        failed: those that failed, in the order in which they did.
        replaced: names of the points that were built in the place of other networks.
        full: whether the run ended early because there is no room left.
        missing: points of the sweep that the run's manifest lacks; None where a part of a sweep was built,
            which writes none.
    """

    built: int = 0
    kept: int = 0
    failed: list[Outcome] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    full: bool = False
    missing: tuple[str, ...] | None = None

    def count(self, outcome: Outcome) -> None:
        """Take in what became of one more point."""
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
        points: all points of the sweep, in its order.
        network: gives the network of a point.
        order: what is to be built.
        on_progress: told of each point as it is done.

    Raises:
        FoldersCollide: two names cannot be told apart by file systems.
        NoProcesses: there are several jobs, and no process can be started for them.
        NoFolder: what is to be the folder of the run is none.
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
        Names of the points that are not there, or not as the sweep has them now.

    Raises:
        FoldersCollide: two names cannot be told apart by file systems.
        OSError: it cannot be written.
    """
    folders = manifest.folder_names(point.name for point in points)
    wanted = [(point.name, folders[point.name], _expected(point, order)) for point in points]
    return manifest.merge(order.root, wanted, {"sweep": order.sweep, **order.head})


def refuse_occupied(points: Sequence[Point], order: Order, inputs: Iterable[Path] = ()) -> None:
    """Refuse to build into a folder that holds what must not be replaced; nothing was written.

    Args:
        points: all points of the sweep.
        order: what is to be built.
        inputs: the files that the sweep was read from.

    Raises:
        FoldersCollide: two names cannot be told apart by file systems.
        resdsl.sweeps.building.occupied.AnotherSweep, resdsl.sweeps.building.occupied.NotAManifest: as said there.
        resdsl.overwriting.WouldOverwrite: a file to be written is an input.
    """
    folders = manifest.folder_names(point.name for point in points).values()
    refuse_inputs(_written(order.root, folders), inputs)
    if not order.replace:
        refuse_another_sweep(order.root, folders, order.sweep)


def _written(root: Path, folders: Iterable[str]) -> Iterator[Path]:
    """Every file that a run may write."""
    yield root / manifest.MANIFEST
    for folder in folders:
        yield from (root / folder / name for name in (manifest.MANIFEST, *FILES.values()))


def cores() -> int:
    """How many processes this one may keep busy."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _task(point: Point, network: Network, folder: str, order: Order, threads: int) -> Task:
    # What the text states was checked when the point was costed, and where it states it plays no part.
    text = to_json(network.replace(expectations=()))
    hashes = {"sha256": sha256(text.encode()).hexdigest(), "canonical": network_hash(network)}
    head = {**_expected(point, order), "ir": hashes}
    return Task(point.name, str(order.root / folder), head, text, order.kinds, order.seed, threads, order.replace)


def _expected(point: Point, order: Order) -> Json:
    """What a point's manifest says, as far as it is known without its network."""
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
