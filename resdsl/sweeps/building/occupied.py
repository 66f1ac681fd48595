"""What a folder holds before a run: builds of another sweep, and files that are none of ours.

Why it exists: points go by their names, and two sweeps may name theirs alike. What one of them built is replaced by
the other, or stands among its points, only where that is asked for; and what somebody put beside a network, as the
weights that were trained of it, never stays beside another one unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from resdsl.refusal import Refused
from resdsl.sweeps.building.manifest import MANIFEST, Json, read_document

_REMADE = {"__pycache__"}
"""What Python leaves beside a source that it has read."""


class AnotherSweep(Refused):
    """The folder of a run has builds of another sweep."""

    of_usage = True

    def __init__(self, root: Path, other: str, sweep: str) -> None:
        super().__init__(
            f"{root} holds what was built of the sweep `{other}`, and this is the sweep `{sweep}`: take another "
            "folder, or let it be replaced with --replace"
        )


class NotAManifest(Refused):
    """Where the manifest of the run goes there is another file."""

    of_usage = True

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is not the manifest of a sweep, and would be overwritten: take another folder, or let it be "
            "replaced with --replace"
        )


class BesideAnother(Refused):
    """A point's folder has a file that belongs to the network that would be replaced."""

    def __init__(self, folder: Path, files: Iterable[str]) -> None:
        super().__init__(
            f"{folder} holds {', '.join(files)} beside another network than the one to be built: take another folder, "
            "or let that network be replaced with --replace"
        )


def refuse_another_sweep(root: Path, folders: Iterable[str], sweep: str) -> None:
    """Refuse a folder with builds of another sweep.

    Its manifest says of which sweep it is. Before there is one, all points in the folder do, and points that would
    be replaced always.

    Args:
        root: the folder of the run.
        folders: those of the points that would be built.
        sweep: the name of the sweep.

    Raises:
        AnotherSweep, NotAManifest: as said.
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
    """Refuse to build a network in the place of another that somebody's files stand beside.

    Args:
        folder: that of the point.
        old, new: what its manifest says, and what it is to say.
        known: the files that are ours.

    Raises:
        BesideAnother: as said.
    """
    if not is_another(old, new):
        return
    ours = {*known, *_REMADE}
    theirs = sorted(path.name for path in folder.iterdir() if path.name not in ours and path.name[0] != ".")
    if theirs:
        raise BesideAnother(folder, theirs)


def is_another(old: Mapping[str, object], new: Mapping[str, object]) -> bool:
    """Whether two manifests are of two networks; seeds and versions, which change more often, play no part."""
    return old.get("ir") != new.get("ir")


def _folders(root: Path) -> Iterator[Path]:
    return (path for path in root.iterdir() if path.is_dir()) if root.is_dir() else iter(())
