"""Builds one point of a sweep into its folder, as a worker does.

Files that are already present and intact are left alone, including their modification times. Files are written
completely or not at all, and the manifest last, so that a worker may be killed at any moment.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from resdsl.files import error_text, remove_leftovers, write_whole
from resdsl.ir.json import from_json
from resdsl.ir.network import Network
from resdsl.locking import alone_in
from resdsl.plugins import PluginError
from resdsl.refusal import Refused
from resdsl.sweeps.building.manifest import (
    MANIFEST,
    Json,
    Manifest,
    ManifestEntry,
    entry_of,
    make_folder,
    read_manifest,
)
from resdsl.sweeps.building.occupied import is_another, refuse_beside_another
from resdsl.target import Target
from resdsl.targets import targets_by_file

if TYPE_CHECKING:
    from resdsl.weights.source import WeightSource

FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Task:
    """A point to build, which is sent to other processes.

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


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of building a point.

    Attributes:
        name: the name of the point.
        status: `built`, `kept` if everything was present and intact, or `failed`.
        reason: why it failed.
        full: whether it failed because the disk is full, as all others would.
        replaced: whether it replaced a different network.
    """

    name: str
    status: Literal["built", "kept", "failed"]
    reason: str = ""
    full: bool = False
    replaced: bool = False


def build_point(task: Task) -> Outcome:
    """Build the missing outputs of a point; errors of a single point are returned, not raised."""
    try:
        folder = Path(task.folder)
        make_folder(folder)
        with alone_in(folder):
            old = read_manifest(folder)
            another = old is not None and is_another(old.head, task.head)
            built = _complete(task, folder, old)
            return Outcome(task.name, "built" if built else "kept", replaced=another)
    except (Refused, PluginError) as error:
        return Outcome(task.name, "failed", str(error))
    except OSError as error:
        return Outcome(task.name, "failed", error_text(error), full=error.errno in FULL)
    except Exception as error:  # noqa: BLE001 - a failing point must not affect others; it is reported at the end
        return Outcome(task.name, "failed", f"bug in resdsl: {type(error).__name__}: {error}")


def _complete(task: Task, folder: Path, old: Manifest | None) -> bool:
    """Build the outputs that the folder of a point lacks, and return whether anything was written.

    Raises:
        resdsl.sweeps.building.occupied.BesideAnother: files of the user are beside a network that would be replaced.
    """
    targets = targets_by_file(task.kinds)
    if old is not None and not task.replace:
        refuse_beside_another(folder, old.head, task.head, (*targets, MANIFEST, *old.files))
    remove_leftovers(folder)
    same = old is not None and old.head == task.head
    known = old.files if old is not None else {}
    intact = {file: entry for file, entry in known.items() if same and entry_of(folder / file) == entry}
    wanted = [file for file, target in targets.items() if target.name in task.kinds or (same and file in known)]
    waiting = [file for file in wanted if file not in intact]
    # Targets of other packages are known only where they are asked for: their files stay as they are.
    unknown = {file: entry for file, entry in known.items() if same and file not in targets}
    if same and not waiting and {*known} <= {*intact, *unknown}:
        return False
    files = {**intact, **unknown}
    if waiting:
        network = from_json(task.network)
        for file in waiting:
            files[file] = _written(targets[file], network, folder / file, task)
    for file in known:
        if file not in files:
            # It was built of another network, and would be taken for one of this.
            (folder / file).unlink(missing_ok=True)
    ordered = {file: files[file] for file in (*wanted, *(file for file in files if file not in wanted))}
    write_whole(folder / MANIFEST, Manifest(task.head, ordered).text)
    return True


def _written(target: Target, network: Network, path: Path, task: Task) -> ManifestEntry:
    """Write one file, and hash what is read back from it."""
    target.build(network, path, _weights(task.seed) if target.takes_weights else None, threads=task.threads)
    entry = entry_of(path)
    if entry is None:
        raise OSError(errno.ENOENT, "disappeared right after it was written", str(path))
    return entry


def _weights(seed: int) -> WeightSource:
    from resdsl.weights.source import Seeded

    return Seeded(seed)
