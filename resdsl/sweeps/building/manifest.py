"""Manifests: what was built, of what, and the hashes by which it is known to be whole.

Why it exists: a build may be stopped at any moment, and go on elsewhere. A point's manifest is written
last, whole or not at all, so that a folder either says of each of its files what its bytes are, or says
nothing and is built again. No manifest has a clock, a path or a name of a machine in it: equal builds are
equal byte by byte. `docs/sweeps.md` describes the form.
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
"""Bytes of a manifest; a run of 100,000 points has 40 million."""

Json = dict[str, Any]


class FoldersCollide(Refused):
    """Two points would be built into one folder."""

    def __init__(self, one: str, other: str, folder: str) -> None:
        super().__init__(
            f"the points `{one}` and `{other}` would share the folder `{folder}`: file systems cannot tell "
            "their names apart; give them other names with `name`"
        )


class NoFolder(Refused):
    """Where a folder is to be, something else is."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is no folder, and points are built into folders")


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """A file of a point: its SHA-256 in hexadecimal, and how many bytes it has."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a point's folder holds.

    Attributes:
        head: all that decides what is built: name, network, parameters, costs, hashes, seed, versions.
        files: by name within the folder.
    """

    head: Json
    files: Mapping[str, ManifestEntry]

    @property
    def text(self) -> str:
        files = {name: {"sha256": entry.sha256, "bytes": entry.bytes} for name, entry in self.files.items()}
        return as_text({**self.head, "files": files})


def as_text(document: Json) -> str:
    """A manifest as it is written."""
    return in_json(json.dumps(document, indent=1, ensure_ascii=False)) + "\n"


def folder_name(name: str) -> str:
    """A name that every usual file system can have for a folder, and that we do not keep for ourselves."""
    safe = usual_name(name) or "point"
    return f"{safe}_" if safe.lower() == MANIFEST else safe


def folder_names(names: Iterable[str]) -> dict[str, str]:
    """The folder of each name.

    Raises:
        FoldersCollide: two would share one, also where capitals are not told apart.
    """
    folders: dict[str, str] = {}
    taken: dict[str, str] = {}
    for name in names:
        folders[name] = folder = folder_name(name)
        if taken.setdefault(folder.lower(), name) != name:
            raise FoldersCollide(taken[folder.lower()], name, folder)
    return folders


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, where it is not there.

    Raises:
        NoFolder: something else is there.
        OSError: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise NoFolder(path) from None


def entry_of(path: Path) -> ManifestEntry | None:
    """What a file holds now; None where there is none."""
    try:
        with path.open("rb") as file:
            return ManifestEntry(file_digest(file, "sha256").hexdigest(), file.tell())
    except (FileNotFoundError, IsADirectoryError):
        return None


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder; None where there is none that is whole and of this version."""
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
    """What the manifest of a folder says, that of a run or of a point; None where there is none that is whole."""
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
        wanted: of each point its name, its folder, and what its manifest must say.
        head: what the manifest says of the run.

    Returns:
        Names of the points that are not there, or not as the sweep has them now.

    Raises:
        OSError: it cannot be written.
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
        points.append({"folder": folder, "manifest_sha256": digest, **found.head})
    for point in points:
        for word in ("resdsl_point", *head):
            point.pop(word, None)
    content = as_text({"resdsl_run": VERSION, **head, "points": points, "missing": missing}).encode()
    if not _is_written(root / MANIFEST, content):
        root.mkdir(parents=True, exist_ok=True)
        write_whole(root / MANIFEST, content)
    return tuple(missing)


def _is_written(path: Path, content: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content


def _holds(folder: Path, found: Manifest, expected: Json) -> bool:
    """Whether a folder has what is asked of it, as far as can be told without reading the files."""
    if any(found.head.get(word) != value for word, value in expected.items()):
        return False
    return all(
        (folder / name).is_file() and (folder / name).stat().st_size == e.bytes for name, e in found.files.items()
    )
