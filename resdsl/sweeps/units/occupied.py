"""Checks a folder before a run for another sweep and for files of the user.

Folders are named after points, and two sweeps may use the same names. A run replaces another sweep, or mixes with it,
only on request; and files of the user, such as trained weights, never end up beside a different network
unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from resdsl.refusal import Refused
from resdsl.sweeps.units.manifest import MANIFEST, Json, read_document

_REMADE = {"__pycache__"}
"""Files that Python creates beside a source that it reads."""


class AnotherSweep(Refused):
    """The folder of a run contains another sweep."""

    of_usage = True

    def __init__(self, root: Path, other: str, sweep: str) -> None:
        super().__init__(
            f"{root} contains the sweep `{other}`, not `{sweep}`; choose another folder, or replace it with --replace"
        )


class NotAManifest(Refused):
    """There is another file in place of the manifest of the run."""

    of_usage = True

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is not the manifest of a sweep and would be overwritten; choose another folder, or replace it "
            "with --replace"
        )


class BesideAnother(Refused):
    """The folder of a point contains files of the user that belong to a different network."""

    def __init__(self, folder: Path, files: Iterable[str]) -> None:
        super().__init__(
            f"{folder} contains {', '.join(files)} beside a different network; choose another folder, or replace that "
            "network with --replace"
        )


def refuse_another_sweep(root: Path, folders: Iterable[str], sweep: str) -> None:
    """Refuse a folder with another sweep.

    The manifest of the run says which sweep it is for. If there is none yet, the manifests of all points in the folder
    are checked; those of points that would be replaced are always checked.

    Args:
        root: the folder of the run.
        folders: the folders of the units to make.
        sweep: the name of the sweep.

    Raises:
        AnotherSweep: a manifest is for another sweep.
        NotAManifest: there is another file in place of the manifest.
    """
    run = read_document(root)
    if run is None and (root / MANIFEST).exists():
        raise NotAManifest(root / MANIFEST)
    points = folders if run is not None else sorted(path.name for path in _folders(root))
    for document in (run, *(read_document(root / folder) for folder in points)):
        other = (document or {}).get("sweep")
        if isinstance(other, str) and other != sweep:
            raise AnotherSweep(root, other, sweep)


def refuse_beside_another(folder: Path, old: Json, new: Json, known: Iterable[str]) -> None:
    """Refuse to replace a network that has files of the user beside it.

    Args:
        folder: the folder of the point.
        old, new: its present manifest, and the one to write.
        known: the files that a run writes.

    Raises:
        BesideAnother: the folder contains other files.
    """
    if not is_another(old, new):
        return
    ours = {*known, *_REMADE}
    theirs = sorted(path.name for path in folder.iterdir() if path.name not in ours and path.name[0] != ".")
    if theirs:
        raise BesideAnother(folder, theirs)


def is_another(old: Mapping[str, object], new: Mapping[str, object]) -> bool:
    """Whether two manifests describe different networks; seeds and versions do not count."""
    return old.get("ir") != new.get("ir")


def _folders(root: Path) -> Iterator[Path]:
    return (path for path in root.iterdir() if path.is_dir()) if root.is_dir() else iter(())
