"""Folders of runs, as tests compare them."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path


def hashes(root: Path) -> dict[str, str]:
    """Every file below a folder, hidden ones too, with the hash of its bytes."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}


def times(root: Path) -> dict[str, tuple[int, int]]:
    """Every file with the time of its modification and its inode."""
    files = [path for path in root.rglob("*") if path.is_file()]
    return {path.relative_to(root).as_posix(): (path.stat().st_mtime_ns, path.stat().st_ino) for path in files}


def whole_points(root: Path) -> list[str]:
    """Folders of points whose manifest is there; each must be whole, with every file as it says."""
    found = []
    for path in sorted(root.glob("*/manifest.json")):
        for name, entry in json.loads(path.read_text(encoding="utf-8"))["files"].items():
            data = (path.parent / name).read_bytes()
            assert (sha256(data).hexdigest(), len(data)) == (entry["sha256"], entry["bytes"]), f"{path}: {name}"
        found.append(path.parent.name)
    return found
