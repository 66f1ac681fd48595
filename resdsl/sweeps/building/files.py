"""The files of one point of a sweep.

Files that are already present and intact are left alone, including their modification times. Files are written
completely or not at all, and the manifest last, so that a worker may be killed at any moment.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.files import remove_leftovers, write_whole
from resdsl.ir.json import from_json
from resdsl.ir.network import Network
from resdsl.locking import alone_in
from resdsl.sweeps.units.manifest import MANIFEST, Json, Manifest, ManifestEntry, entry_of, read_manifest
from resdsl.sweeps.units.occupied import is_another, refuse_beside_another
from resdsl.sweeps.units.unit import Outcome
from resdsl.target import Target
from resdsl.targets import targets_by_file

if TYPE_CHECKING:
    from resdsl.weights.source import WeightSource


@dataclass(frozen=True, slots=True)
class PointFiles:
    """A point to build: a unit of a sweep.

    Attributes:
        name: the name of the point.
        folder: its folder.
        head: the part of its manifest before the files.
        network: the network as JSON.
        kinds: the outputs to make, by the names of targets.
        seed: the seed for weights.
        threads: the maximum number of threads that write one file.
        replace: whether a different network may be replaced although files of the user are beside it.
    """

    name: str
    folder: str
    head: Json
    network: str
    kinds: tuple[str, ...]
    seed: int
    threads: int
    replace: bool = False

    def complete(self, folder: Path) -> Outcome:
        """Build the outputs that its folder lacks.

        Raises:
            resdsl.sweeps.units.occupied.BesideAnother: files of the user are beside a network that would be replaced.
            resdsl.refusal.Refused, resdsl.plugins.PluginError: an output cannot be made.
            OSError: a file cannot be written.
        """
        with alone_in(folder):
            old = read_manifest(folder)
            another = old is not None and is_another(old.head, self.head)
            return Outcome(self.name, "made" if _complete(self, folder, old) else "kept", replaced=another)


def _complete(point: PointFiles, folder: Path, old: Manifest | None) -> bool:
    """Build the outputs that the folder of a point lacks, and return whether anything was written."""
    targets = targets_by_file(point.kinds)
    if old is not None and not point.replace:
        refuse_beside_another(folder, old.head, point.head, (*targets, MANIFEST, *old.files))
    remove_leftovers(folder)
    same = old is not None and old.head == point.head
    known = old.files if old is not None else {}
    intact = {file: entry for file, entry in known.items() if same and entry_of(folder / file) == entry}
    wanted = [file for file, target in targets.items() if target.name in point.kinds or (same and file in known)]
    waiting = [file for file in wanted if file not in intact]
    # Targets of other packages are known only where they are asked for: their files stay as they are.
    unknown = {file: entry for file, entry in known.items() if same and file not in targets}
    if same and not waiting and {*known} <= {*intact, *unknown}:
        return False
    files = {**intact, **unknown}
    if waiting:
        network = from_json(point.network)
        for file in waiting:
            files[file] = _written(targets[file], network, folder / file, point)
    for file in known:
        if file not in files:
            # It was built of another network, and would be taken for one of this.
            (folder / file).unlink(missing_ok=True)
    ordered = {file: files[file] for file in (*wanted, *(file for file in files if file not in wanted))}
    write_whole(folder / MANIFEST, Manifest(point.head, ordered).text)
    return True


def _written(target: Target, network: Network, path: Path, point: PointFiles) -> ManifestEntry:
    """Write one file, and hash what is read back from it."""
    target.build(network, path, _weights(point.seed) if target.takes_weights else None, threads=point.threads)
    entry = entry_of(path)
    if entry is None:
        raise OSError(errno.ENOENT, "disappeared right after it was written", str(path))
    return entry


def _weights(seed: int) -> WeightSource:
    from resdsl.weights.source import Seeded

    return Seeded(seed)
