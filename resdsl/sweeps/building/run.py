"""Builds all points of a sweep into folders, on all cores.

A run may be stopped at any moment and continues where it left off when started again. Points are sent to workers as
JSON, one after the other, so that a sweep of any size takes little memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path

from resdsl.backends.onnx.form import IR_VERSIONS
from resdsl.backends.onnx.opsets import least_opset
from resdsl.ir.json import VERSION as JSON_VERSION
from resdsl.ir.network import Network
from resdsl.overwriting import refuse_inputs
from resdsl.sweeps.building.files import PointFiles
from resdsl.sweeps.point import Point
from resdsl.sweeps.units import manifest
from resdsl.sweeps.units.heads import as_json, point_head
from resdsl.sweeps.units.manifest import Json
from resdsl.sweeps.units.occupied import refuse_another_sweep
from resdsl.sweeps.units.run import OnProgress, Pool, RunOutcome, make_all
from resdsl.sweeps.units.shards import Shard
from resdsl.sweeps.units.workers import outcomes_of
from resdsl.targets import target_named, targets_by_file
from resdsl.version import __version__

_SMALL_FILES = 2_000_000
"""What all files of a point without weights take to be written, in parameters that are written in the same time."""
_LAYER = 10_000
"""What a layer of a file with weights takes besides its parameters, likewise."""


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

    def part(self, points: Sequence[Point]) -> list[Point]:
        """The points of the part to build, in their order, of all points of the sweep.

        They are dealt by what they cost to build: points without weights cost the same, and with them, mostly what
        their parameters do.
        """
        weighted = sum(target_named(kind).takes_weights for kind in self.kinds)

        def cost(point: Point) -> int:
            return _SMALL_FILES + weighted * (point.costs.params + _LAYER * point.costs.layers)

        return sorted(self.shard.dealt(points, cost), key=attrgetter("index"))


def build_all(
    points: Sequence[Point],
    network: Callable[[Point], Network],
    order: Order,
    on_progress: OnProgress | None = None,
    pool: Pool = outcomes_of,
) -> RunOutcome:
    """Build the points of a sweep, or a part of them.

    Args:
        points: all points of the sweep, in order.
        network: returns the network of a point.
        order: what to build.
        on_progress: called with the outcome of each point.
        pool: what builds several points at once.

    Raises:
        FoldersCollide: file systems cannot distinguish the names of two points.
        NoProcesses: there are several jobs, but all processes died before building a point.
        NoFolder: the folder of the run exists but is not a folder.
        OSError: the folder of the run cannot be made or written to.
    """
    folders = manifest.folder_names(point.name for point in points)
    manifest.make_folder(order.root)
    part = order.part(points)
    jobs = max(1, min(order.jobs, len(part)))
    threads = 2 if jobs == 1 else 1
    units = (_files(point, network(point), folders[point.name], order, threads) for point in part)
    run = make_all(units, jobs, on_progress, pool)
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
    wanted = [manifest.WantedUnit(point.name, folders[point.name], _expected(point, order)) for point in points]
    whole = manifest.RunManifest(order.root, {"sweep": order.sweep, **order.head}, wanted)
    whole.read()
    whole.write()
    return whole.missing


def refuse_occupied(points: Sequence[Point], order: Order, inputs: Iterable[Path] = ()) -> None:
    """Refuse a folder with content that must not be replaced, before anything is written.

    Args:
        points: all points of the sweep.
        order: what to build.
        inputs: the files that the sweep was read from.

    Raises:
        FoldersCollide: file systems cannot distinguish the names of two points.
        resdsl.sweeps.units.occupied.AnotherSweep: the folder contains another sweep.
        resdsl.sweeps.units.occupied.AnotherKind: the folder contains trainings.
        resdsl.sweeps.units.occupied.NotAManifest: there is another file in place of the manifest.
        resdsl.overwriting.WouldOverwrite: a file to write is an input.
    """
    folders = manifest.folder_names(point.name for point in points).values()
    refuse_inputs(_written(order, folders), inputs)
    if not order.replace:
        refuse_another_sweep(order.root, folders, {"sweep": order.sweep})


def _written(order: Order, folders: Iterable[str]) -> Iterator[Path]:
    """All files that a run may write."""
    yield order.root / manifest.MANIFEST
    names = (manifest.MANIFEST, *targets_by_file(order.kinds))
    for folder in folders:
        yield from (order.root / folder / name for name in names)


def _files(point: Point, network: Network, folder: str, order: Order, threads: int) -> PointFiles:
    text, hashes = as_json(network)
    head = {**_expected(point, order), **hashes}
    opset = least_opset(network)
    head["versions"] = {**head["versions"], "onnx_opset": opset, "onnx_ir": IR_VERSIONS[opset]}
    return PointFiles(point.name, str(order.root / folder), head, text, order.kinds, order.seed, threads, order.replace)


def _expected(point: Point, order: Order) -> Json:
    """The part of the manifest of a point that is known without its network."""
    return {**point_head(point, order.sweep), **order.head}
