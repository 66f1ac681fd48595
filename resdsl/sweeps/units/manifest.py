"""Manifests, which record what was made from what, with hashes to verify that it is complete.

A run may be stopped at any moment and continued elsewhere. The manifest of a unit is written last, completely or not at
all, so a folder either has a manifest with the hash of every file, or is made again. Manifests contain no times, paths
or names of machines, so that equal runs are equal byte by byte. `docs/sweeps.md` describes the format.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from resdsl.files import remove_leftovers, usual_name, write_whole
from resdsl.printable import in_json
from resdsl.refusal import Refused
from resdsl.source import Unreadable, read_bounded

VERSION = 1
MANIFEST = "manifest.json"
RESULTS = "results.csv"
"""What trainings measured, beside the manifest of the run."""
_LARGEST = 256 * 1024 * 1024
"""The maximum size of a manifest in bytes; that of a run of 100,000 points has 40 million."""

Json = dict[str, Any]


class FoldersCollide(Refused):
    """Two points would have the same folder."""

    def __init__(self, one: str, other: str, folder: str) -> None:
        super().__init__(
            f"the points `{one}` and `{other}` would share the folder `{folder}`: file systems cannot tell "
            "their names apart; give them other names with `name`"
        )


class NoFolder(Refused):
    """A path that must be a folder is something else."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not a folder, but points go into folders")


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """A file of a unit: its SHA-256 in hexadecimal, and its size in bytes."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """The contents of the folder of a unit.

    Attributes:
        head: everything that determines them: name, network, parameters, costs, hashes, seed, versions.
        files: the files, by name within the folder.
    """

    head: Json
    files: Mapping[str, ManifestEntry]

    @property
    def text(self) -> str:
        files = {name: {"sha256": entry.sha256, "bytes": entry.bytes} for name, entry in self.files.items()}
        return as_text({**self.head, "files": files})


def as_text(document: Json) -> str:
    """A manifest as text."""
    return in_json(json.dumps(document, indent=1, ensure_ascii=False)) + "\n"


def folder_name(name: str) -> str:
    """A folder name that is valid on all common file systems and not reserved for our own files."""
    safe = usual_name(name) or "point"
    return f"{safe}_" if safe.lower() in (MANIFEST, RESULTS) else safe


def folder_names(names: Iterable[str]) -> dict[str, str]:
    """The folder for each name.

    Raises:
        FoldersCollide: two names would share a folder, possibly because a file system ignores case.
    """
    folders: dict[str, str] = {}
    taken: dict[str, str] = {}
    for name in names:
        folders[name] = folder = folder_name(name)
        if taken.setdefault(folder.lower(), name) != name:
            raise FoldersCollide(taken[folder.lower()], name, folder)
    return folders


def make_folder(path: Path) -> None:
    """Make a folder and its parents if they are missing.

    Raises:
        NoFolder: the path exists but is not a folder.
        OSError: the folder cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise NoFolder(path) from None


def entry_of(path: Path) -> ManifestEntry | None:
    """The present entry for a file; None if the file is missing."""
    try:
        with path.open("rb") as file:
            return ManifestEntry(file_digest(file, "sha256").hexdigest(), file.tell())
    except (FileNotFoundError, IsADirectoryError):
        return None


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder; None if there is no valid one of this version."""
    document = read_document(folder)
    if document is None or document.get("resdsl_point") != VERSION:
        return None
    try:
        files = {
            str(name): ManifestEntry(str(e["sha256"]), int(e["bytes"])) for name, e in document.pop("files").items()
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return Manifest(document, files) if all(Path(name).name == name for name in files) else None


def read_document(folder: Path) -> Json | None:
    """The contents of the manifest of a run or a unit in a folder; None if there is no valid one."""
    try:
        with (folder / MANIFEST).open("rb") as file:
            document = json.loads(read_bounded(file, _LARGEST))
    except (OSError, Unreadable, ValueError, RecursionError):
        return None
    ours = isinstance(document, dict) and ("resdsl_run" in document or "resdsl_point" in document)
    return document if ours else None


@dataclass(frozen=True, slots=True)
class WantedUnit:
    """A unit that a sweep should have.

    Attributes:
        name: its name.
        folder: its folder, within that of the run.
        expected: what its manifest must say.
    """

    name: str
    folder: str
    expected: Json


@dataclass
class RunManifest:
    """The manifest of a run, put together from those of its units.

    Attributes:
        root: the folder of the run.
        head: the part of the manifest about the run.
        wanted: all units of the sweep, in order.
    """

    root: Path
    head: Json
    wanted: Sequence[WantedUnit]
    _entries: dict[str, Json] = field(default_factory=dict)

    def read(self) -> None:
        """Read the manifests of all units."""
        for unit in self.wanted:
            self.renew(unit)

    def renew(self, unit: WantedUnit) -> bool:
        """Read the manifest of one unit, and return whether the unit is as the sweep wants it."""
        found = read_manifest(self.root / unit.folder)
        if found is None or not _holds(self.root / unit.folder, found, unit.expected):
            self._entries.pop(unit.name, None)
            return False
        digest = sha256(found.text.encode()).hexdigest()
        common = {"resdsl_point", *self.head}
        own = {word: value for word, value in found.head.items() if word not in common}
        further = {word: _beyond(word, found.head.get(word), value) for word, value in self.head.items()}
        own |= {word: value for word, value in further.items() if value}
        self._entries[unit.name] = {"folder": unit.folder, "manifest_sha256": digest, **own}
        return True

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the units that are missing or differ from the present sweep."""
        return tuple(unit.name for unit in self.wanted if unit.name not in self._entries)

    def write(self) -> None:
        """Write it, unless it is there already.

        Raises:
            OSError: it cannot be written.
        """
        path = self.root / MANIFEST
        remove_leftovers(self.root, MANIFEST)
        points = [self._entries[unit.name] for unit in self.wanted if unit.name in self._entries]
        document = {"resdsl_run": VERSION, **self.head, "points": points, "missing": list(self.missing)}
        content = as_text(document).encode()
        self.root.mkdir(parents=True, exist_ok=True)
        write_changed(path, content)


def write_changed(path: Path, content: bytes) -> None:
    """Write a file, unless it is there already.

    Raises:
        OSError: it cannot be written.
    """
    if not (path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content):
        write_whole(path, content)


def _holds(folder: Path, found: Manifest, expected: Json) -> bool:
    """Whether a folder has the required contents, as far as can be seen without reading the files."""
    if any(_beyond(word, found.head.get(word), value) is None for word, value in expected.items()):
        return False
    return all(
        (folder / name).is_file() and (folder / name).stat().st_size == e.bytes for name, e in found.files.items()
    )


def _beyond(word: str, found: object, expected: object) -> Json | None:
    """What an entry of a manifest says beyond what is expected; None if it says something else.

    Only the versions of a point may say more than those of its run: that of its ONNX operators.
    """
    if found == expected:
        return {}
    if word != "versions" or not isinstance(found, dict) or not isinstance(expected, dict):
        return None
    if not found.items() >= expected.items():
        return None
    return {name: value for name, value in found.items() if name not in expected}
