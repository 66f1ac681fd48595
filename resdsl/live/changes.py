"""Notices that files were saved, by looking at them.

Notifications of the system are about folders and inodes, and editors replace both: they write a new file and rename it,
and a change of branch takes the folder away. A look at a path sees what a build would read, whatever happened to it;
decision 46 has the reasons.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from pathlib import Path

_PAUSE = 0.04
"""Seconds from one look to the next."""
_BRIEFLY = 0.01
_GRACE = 0.25
"""Seconds that a file may be missing or empty, as it is for a moment while an editor replaces it."""

Look = tuple[int, int, int] | None
"""When a file was changed, its size and its number; None if it is not there."""


async def changes(files: Callable[[], Mapping[Path, Look]]) -> AsyncIterator[None]:
    """Yield whenever one of the files was changed, came or went.

    Args:
        files: the files, each as it was when a build read it, so that no change between two looks is missed.
    """
    known: dict[Path, Look] = {}
    while True:
        wanted = files()
        known = {path: known.get(path, look) for path, look in wanted.items()}
        changed = _changed(known, known)
        patience = _GRACE
        while patience > 0 and any(_is_unfinished(look) for look in changed.values()):
            await asyncio.sleep(_BRIEFLY)
            patience -= _BRIEFLY
            changed = _changed(known, changed)
        if changed:
            known |= changed
            yield
        await asyncio.sleep(_PAUSE)


def _changed(known: Mapping[Path, Look], paths: Iterable[Path]) -> dict[Path, Look]:
    """Those of the paths that no longer look as they are known."""
    found = {path: look_of(path) for path in paths}
    return {path: look for path, look in found.items() if look != known[path]}


def look_of(path: Path) -> Look:
    """How a file looks from outside."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _is_unfinished(look: Look) -> bool:
    return look is None or not look[1]
