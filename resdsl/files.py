"""Writing files so that they are there whole or not at all.

A file is written beside its place under a hidden name, `.NAME.TOKEN.part`, which goes with whatever ends the writing:
an error, an interrupt, a signal. Only a process that is killed outright, or a machine that goes down, leaves one; the
next writing of the same file removes it. The writer holds a lock on it, which the system lets go when the writer dies:
so nothing is removed that somebody still writes, on this machine or, in a shared folder, on another.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

from resdsl.interrupts import clearing

if sys.platform != "win32":
    import fcntl

_PART = re.compile(r"\.(.+)\.[0-9a-f]{12}\.part", re.DOTALL)


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A new, empty file beside `path` that takes its place when the block ends well.

    If the block ends with an error or an interrupt, or a signal ends the process, the new file is removed and the old
    one untouched. A link is followed; permissions of an old file are kept.

    Raises:
        OSError: the folder cannot be written to, or `path` is there and no regular file. It names `path`, also where
            the system names the new file, or, as for a full disk, none.
    """
    new: Path | None = None
    try:
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            raise OSError(f"{path} is no regular file")
        remove_leftovers(target.parent, target.name)
        # No file has had this name: it may be removed before it is there, and there is no moment without an owner.
        new = part = target.with_name(f".{target.name}.{token_hex(6)}.part")
        with clearing(lambda: part.unlink(missing_ok=True)), _made(part):
            yield part
            if target.exists():
                part.chmod(target.stat().st_mode & 0o7777)
            part.replace(target)
    except OSError as error:
        if new is None or error.filename in (None, str(new)):
            raise _about(path, error) from None
        raise


def _about(path: str | os.PathLike[str], error: OSError) -> OSError:
    """The same error, about the file that was asked for; one with a sentence of its own stays."""
    return error if error.strerror is None else OSError(error.errno, error.strerror, os.fspath(path))


def write_whole(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a text (in UTF-8, line ends as they are) or bytes, whole or not at all.

    Raises:
        OSError: as `replacing`.
    """
    data = content.encode() if isinstance(content, str) else content
    with replacing(path) as new:
        new.write_bytes(data)


def remove_leftovers(folder: Path, name: str | None = None) -> None:
    """Remove what killed writers left in a folder, of the file with this name or of all; what is written now stays."""
    with suppress(OSError):
        for path in list(folder.iterdir()):
            part = _PART.fullmatch(path.name)
            if part is not None and name in (None, part[1]):
                _remove_unless_written(path)


def error_text(error: OSError) -> str:
    """What the system said, in a sentence of ours, behind the file that it is about."""
    if error.strerror is None:
        return str(error)
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror[:1].lower()}{error.strerror[1:]}"


@contextmanager
def _made(new: Path) -> Iterator[None]:
    """The new file, empty, and locked until the block ends."""
    handle = _open_locked(new)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _open_locked(new: Path) -> int | None:
    if sys.platform == "win32":  # a file that is open cannot be renamed there, so that none is kept locked
        new.touch(exist_ok=False)
        return None
    while True:
        handle = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        with suppress(OSError):  # some network file systems have no locks: there leftovers stay
            fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:
            return handle
        # Between the making and the lock somebody took it for a leftover.
        os.close(handle)


def _remove_unless_written(path: Path) -> None:
    if sys.platform == "win32":
        return
    with suppress(OSError):
        handle = os.open(path, os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        finally:
            os.close(handle)


LONGEST_NAME = 120
"""Characters in the name of a file or folder; what is longer is cut, with a hash of the whole behind it."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._=+,@-]+")
_OF_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}


def usual_name(name: str) -> str:
    """A name that every usual file system can have; a name that is one stays as it is, and "" is left of dots alone."""
    safe = _UNSAFE.sub("-", name).strip(".-")
    if len(safe) > LONGEST_NAME:
        safe = f"{safe[: LONGEST_NAME - 13].rstrip('.-')}-{sha256(name.encode()).hexdigest()[:12]}"
    return f"{safe}_" if safe.partition(".")[0].lower() in _OF_DEVICES else safe
