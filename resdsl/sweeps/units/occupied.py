"""Checks a folder before a run for another sweep and for files of the user.

Folders are named after points, and two sweeps may use the same names. A run replaces another sweep, or mixes with it,
only on request; and files of the user, such as trained weights, never end up beside a different network
unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from resdsl.refusal import Refused
from resdsl.sweeps.units.manifest import MANIFEST, Json, read_document

_ANOTHER = {
    "recipe": "by another recipe",
    "data": "on other data",
    "computation": "on another device, or in another precision or layout",
}
"""What trainings of one folder have in common, and what is said where they differ."""
_REMADE = {"__pycache__"}
"""Files that Python creates beside a source that it reads."""


class AnotherSweep(Refused):
    """The folder of a run contains another sweep."""

    of_usage = True

    def __init__(self, root: Path, other: str, sweep: str) -> None:
        super().__init__(
            f"{root} contains the sweep `{other}`, not `{sweep}`; choose another folder, or replace it with --replace"
        )


class AnotherKind(Refused):
    """The folder of a run contains builds where it should contain trainings, or the other way round."""

    of_usage = True

    def __init__(self, root: Path, *, trained: bool) -> None:
        what = "trainings, not builds," if trained else "builds, not trainings,"
        super().__init__(f"{root} contains {what} of this sweep; choose another folder, or replace them with --replace")


class AnotherTraining(Refused):
    """The folder of a run contains trainings of this sweep by another recipe, on other data, or computed otherwise."""

    of_usage = True

    def __init__(self, root: Path, what: str) -> None:
        super().__init__(
            f"{root} contains this sweep trained {what}; choose another folder, or replace it with --replace"
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


def refuse_another_sweep(root: Path, folders: Iterable[str], head: Json) -> None:
    """Refuse a folder with another sweep, or with this one made in another way.

    The manifest of the run says which sweep it is for. If there is none yet, the manifests of all units in the folder
    are checked; those of units that would be replaced are always checked.

    Args:
        root: the folder of the run.
        folders: the folders of the units to make.
        head: what the manifest of the run will say of it: `sweep` and, of trainings, what they have in common.

    Raises:
        AnotherSweep: a manifest is for another sweep.
        AnotherKind: a manifest is for builds, and these are trainings, or the other way round.
        AnotherTraining: a manifest is for another recipe, other data, or trainings that were computed otherwise.
        NotAManifest: there is another file in place of the manifest.
    """
    run = read_document(root)
    if run is None and (root / MANIFEST).exists():
        raise NotAManifest(root / MANIFEST)
    units = folders if run is not None else _folders(root)
    for document in (run, *(read_document(root / folder) for folder in units)):
        if document is not None:
            _refuse_another(root, document, head)


def _refuse_another(root: Path, document: Json, head: Json) -> None:
    other = document.get("sweep")
    if isinstance(other, str) and other != head["sweep"]:
        raise AnotherSweep(root, other, head["sweep"])
    if ("recipe" in document) != ("recipe" in head):
        raise AnotherKind(root, trained="recipe" in document)
    for word, what in _ANOTHER.items():
        if document.get(word) != head.get(word):
            raise AnotherTraining(root, what)


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


def _folders(root: Path) -> list[str]:
    """The folders of units: of points and, of trainings, of the seeds of each."""
    found = [*root.glob(f"*/{MANIFEST}"), *root.glob(f"*/seed-*/{MANIFEST}")]
    return sorted(str(path.parent.relative_to(root)) for path in found)
