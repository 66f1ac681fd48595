"""Manifests: what was built, of what, and the hashes by which it is known to be whole.

Why it exists: a build may be stopped at any moment, and go on elsewhere. A point's manifest is written
last, whole or not at all, so that a folder either says of each of its files what its bytes are, or says
nothing and is built again. No manifest has a clock, a path or a name of a machine in it: equal builds are
equal byte by byte. `docs/sweeps.md` describes the form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from resdsl.files import remove_leftovers, write_whole
from resdsl.refusal import Refused

VERSION = 1
MANIFEST = "manifest.json"
LONGEST_NAME = 120
"""Characters of a folder's name; what is longer is cut, with a hash of the whole behind it."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._=+,@-]+")
_TAKEN = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)), MANIFEST}
"""Names that some file system keeps for itself, or that we do."""

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
class Entry:
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
    files: Mapping[str, Entry]

    @property
    def text(self) -> str:
        files = {name: {"sha256": entry.sha256, "bytes": entry.bytes} for name, entry in self.files.items()}
        return as_text({**self.head, "files": files})


def as_text(document: Json) -> str:
    """A manifest as it is written."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def folder_name(name: str) -> str:
    """A name that every usual file system can have for a folder; a name that is one stays as it is."""
    safe = _UNSAFE.sub("-", name).strip(".-") or "point"
    if len(safe) > LONGEST_NAME:
        safe = f"{safe[: LONGEST_NAME - 13].rstrip('.-')}-{sha256(name.encode()).hexdigest()[:12]}"
    return f"{safe}_" if safe.partition(".")[0].lower() in _TAKEN or safe.lower() in _TAKEN else safe


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


def entry_of(path: Path) -> Entry | None:
    """What a file holds now; None where there is none."""
    try:
        with path.open("rb") as file:
            return Entry(file_digest(file, "sha256").hexdigest(), file.tell())
    except (FileNotFoundError, IsADirectoryError):
        return None


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder; None where there is none that is whole and of this version."""
    try:
        document = json.loads((folder / MANIFEST).read_bytes())
        files = {str(name): Entry(str(e["sha256"]), int(e["bytes"])) for name, e in document.pop("files").items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if document.get("resdsl_point") != VERSION or any(Path(name).name != name for name in files):
        return None
    return Manifest(document, files)


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
    if not (root / MANIFEST).is_file() or (root / MANIFEST).read_bytes() != content:
        root.mkdir(parents=True, exist_ok=True)
        write_whole(root / MANIFEST, content)
    return tuple(missing)


def _holds(folder: Path, found: Manifest, expected: Json) -> bool:
    """Whether a folder has what is asked of it, as far as can be told without reading the files."""
    if any(found.head.get(word) != value for word, value in expected.items()):
        return False
    return all(
        (folder / name).is_file() and (folder / name).stat().st_size == e.bytes for name, e in found.files.items()
    )
