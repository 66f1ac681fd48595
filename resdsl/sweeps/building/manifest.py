"""Manifests, which record what was built from what, with hashes to verify that it is complete.

A build may be stopped at any moment and continued elsewhere. The manifest of a point is written last, completely or not
at all, so a folder either has a manifest with the hash of every file, or is built again. Manifests contain no times,
paths or names of machines, so that equal builds are equal byte by byte. `docs/sweeps.md` describes the format.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from resdsl.files import remove_leftovers, usual_name, write_whole
from resdsl.printable import in_json
from resdsl.refusal import Refused
from resdsl.source import Unreadable, read_bounded

VERSION = 1
MANIFEST = "manifest.json"
_LARGEST = 256 * 1024 * 1024
"""The maximum size of a manifest in bytes; that of a run of 100,000 points has 40 million."""

Json = dict[str, Any]


class FoldersCollide(Refused):
    """Two points would be built into the same folder."""

    def __init__(self, one: str, other: str, folder: str) -> None:
        super().__init__(
            f"the points `{one}` and `{other}` would share the folder `{folder}`: file systems cannot tell "
            "their names apart; give them other names with `name`"
        )


class NoFolder(Refused):
    """A path that must be a folder is something else."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not a folder, but points are built into folders")


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """A file of a point: its SHA-256 in hexadecimal, and its size in bytes."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """The contents of the folder of a point.

    Attributes:
        head: everything that determines the build: name, network, parameters, costs, hashes, seed, versions.
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
    return f"{safe}_" if safe.lower() == MANIFEST else safe


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
    """The contents of the manifest of a run or a point in a folder; None if there is no valid one."""
    try:
        with (folder / MANIFEST).open("rb") as file:
            document = json.loads(read_bounded(file, _LARGEST))
    except (OSError, Unreadable, ValueError, RecursionError):
        return None
    ours = isinstance(document, dict) and ("resdsl_run" in document or "resdsl_point" in document)
    return document if ours else None


def merge(root: Path, wanted: Sequence[tuple[str, str, Json]], head: Json) -> tuple[str, ...]:
    """Write the manifest of a run from those of its points.

    Args:
        root: the folder of the run.
        wanted: the name, folder and required manifest content of each point.
        head: the part of the manifest about the run.

    Returns:
        Names of the points that are missing or differ from the present sweep.

    Raises:
        OSError: the manifest cannot be written.
    """
    remove_leftovers(root, MANIFEST)
    points: list[Json] = []
    missing: list[str] = []
    for name, folder, expected in wanted:
        found = read_manifest(root / folder)
        if found is None or not _holds(root / folder, found, expected):
            missing.append(name)
            continue
        digest = sha256(found.text.encode()).hexdigest()
        points.append({"folder": folder, "manifest_sha256": digest, **_beyond(found.head, head)})
    content = as_text({"resdsl_run": VERSION, **head, "points": points, "missing": missing}).encode()
    if not _is_written(root / MANIFEST, content):
        root.mkdir(parents=True, exist_ok=True)
        write_whole(root / MANIFEST, content)
    return tuple(missing)


def _beyond(found: Json, head: Json) -> Json:
    """What the manifest of a point has beyond that of its run: other words, and other versions."""
    rest = {word: value for word, value in found.items() if word not in ("resdsl_point", *head)}
    versions = {name: value for name, value in found["versions"].items() if name not in head["versions"]}
    return {**rest, "versions": versions}


def _is_written(path: Path, content: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content


def _holds(folder: Path, found: Manifest, expected: Json) -> bool:
    """Whether a folder has the required contents, as far as can be seen without reading the files."""
    versions = found.head.get("versions")
    if not isinstance(versions, dict) or not versions.items() >= expected["versions"].items():
        return False
    if any(found.head.get(word) != value for word, value in expected.items() if word != "versions"):
        return False
    return all(
        (folder / name).is_file() and (folder / name).stat().st_size == e.bytes for name, e in found.files.items()
    )
