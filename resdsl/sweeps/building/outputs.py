"""One point of a sweep, built into its folder: what a worker does.

What is there and intact stays, down to its time of modification. Files are written whole or not at all,
and the manifest after them, so that a worker may be killed at any moment.
"""

from __future__ import annotations

import errno
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from resdsl.files import error_text, remove_leftovers, write_whole
from resdsl.ir.json import from_json
from resdsl.ir.network import Network
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

if sys.platform != "win32":
    import fcntl
    import os

FILES = {
    "onnx": "network.onnx",
    "torch": "network.py",
    "safetensors": "network.safetensors",
    "json": "network.json",
}
"""What can be built, and the file that it goes to."""
FULL = (errno.ENOSPC, errno.EDQUOT)
PATIENCE = 60.0
"""Seconds until a folder that another process builds into is given up."""


@dataclass(frozen=True, slots=True)
class Task:
    """A point to be built; it travels to other processes.

    Attributes:
        name: the point's name.
        folder: where to.
        head: what its manifest says before the files.
        network: the network in JSON.
        kinds: what to make, keys of `FILES`.
        seed: what weights are drawn from.
        threads: how many may write one file.
        replace: whether another network may be replaced although somebody's files stand beside it.
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
    """What became of a point.

    Attributes:
        name: the point's name.
        status: `built`, `kept` where all was there and intact, or `failed`.
        reason: why it failed.
        full: whether it failed for want of room, as all others would.
        replaced: whether it was built in the place of another network.
    """

    name: str
    status: Literal["built", "kept", "failed"]
    reason: str = ""
    full: bool = False
    replaced: bool = False


class Busy(Refused):
    """Another process builds into the same folder."""


def build_point(task: Task) -> Outcome:
    """Build what of a point is not there; never raises for what is wrong with one point."""
    try:
        folder = Path(task.folder)
        make_folder(folder)
        with _alone_in(folder):
            old = read_manifest(folder)
            another = old is not None and is_another(old.head, task.head)
            built = _complete(task, folder, old)
            return Outcome(task.name, "built" if built else "kept", replaced=another)
    except Refused as error:
        return Outcome(task.name, "failed", str(error))
    except OSError as error:
        return Outcome(task.name, "failed", error_text(error), full=error.errno in FULL)
    except Exception as error:  # noqa: BLE001 - a point that fails must cost no other; it is told at the end
        return Outcome(task.name, "failed", f"fault of resdsl: {type(error).__name__}: {error}")


def _complete(task: Task, folder: Path, old: Manifest | None) -> bool:
    """Build what of a point its folder lacks; whether anything had to be written.

    Raises:
        resdsl.sweeps.building.occupied.BesideAnother: somebody's files stand beside a network that would be replaced.
    """
    if old is not None and not task.replace:
        refuse_beside_another(folder, old.head, task.head, (*FILES.values(), MANIFEST, *old.files))
    remove_leftovers(folder)
    same = old is not None and old.head == task.head
    known = old.files if old is not None else {}
    kinds = [kind for kind, file in FILES.items() if kind in task.kinds or (same and file in known)]
    files = {file: entry for kind in kinds if same and (entry := known.get(file := FILES[kind]))}
    files = {file: entry for file, entry in files.items() if entry_of(folder / file) == entry}
    waiting = [kind for kind in kinds if FILES[kind] not in files]
    if same and not waiting:
        return False
    if waiting:
        network = from_json(task.network)
        for kind in waiting:
            files[FILES[kind]] = _written(kind, network, folder / FILES[kind], task)
    for file in known:
        if file not in files:
            # It was built of another network, and would be taken for one of this.
            (folder / file).unlink(missing_ok=True)
    ordered = {FILES[kind]: files[FILES[kind]] for kind in kinds}
    write_whole(folder / MANIFEST, Manifest(task.head, ordered).text)
    return True


def _written(kind: str, network: Network, path: Path, task: Task) -> ManifestEntry:
    """Write one file; its hash is that of what is read back."""
    if kind == "torch":
        from resdsl.backends.torch.source import torch_source

        write_whole(path, torch_source(network).text)
    elif kind == "json":
        write_whole(path, task.network)
    else:
        _write_weighted(kind, network, path, task)
    entry = entry_of(path)
    if entry is None:
        raise OSError(errno.ENOENT, "is gone although it was just written", str(path))
    return entry


def _write_weighted(kind: str, network: Network, path: Path, task: Task) -> None:
    from resdsl.weights.source import Seeded

    if kind == "onnx":
        from resdsl.backends.onnx.write import write_onnx

        write_onnx(network, path, Seeded(task.seed), task.threads)
        return
    from resdsl.weights.save import write_safetensors

    write_safetensors(network, path, Seeded(task.seed))


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keeps other processes that build into the folder out; the system lets go when this one dies.

    Raises:
        Busy: another one does not leave.
    """
    if sys.platform == "win32":
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        _lock(handle, folder)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path) -> None:
    if sys.platform == "win32":
        return
    until = time.monotonic() + PATIENCE
    # Some network file systems have no locks on folders: there it is left to whoever starts the runs.
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise Busy(f"{folder} is being built by another process") from None
            time.sleep(0.02)
        except OSError:
            return
        else:
            return
