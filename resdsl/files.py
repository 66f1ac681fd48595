"""Writes files completely or not at all.

A file is first written in the same folder under a hidden name, `.NAME.TOKEN.part`, and files that belong together in a
hidden folder of such a name. It is removed if writing ends with an error, an interrupt or a signal. Only a killed
process or a machine failure leaves it behind, and the next attempt to write the same file removes it. The writer holds
a lock on it, which the system releases when the writer dies, so that nothing is removed while it is still being written
on this machine or, in a shared folder, on another.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from shutil import rmtree

from resdsl.interrupts import clearing

if sys.platform != "win32":
    import fcntl

_LONGEST_PART = 255 - len(".." + 12 * "0" + ".part")
"""Bytes: file systems take names of 255."""
_MARKER = "marker"
_PART = re.compile(r"\.(.+)\.[0-9a-f]{12}\.part", re.DOTALL)


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A new, empty file beside `path` that replaces it when the block ends successfully.

    If the block ends with an error or an interrupt, or a signal ends the process, the new file is removed and the old
    one left untouched. A link is followed; permissions of an existing file are kept.

    Raises:
        OSError: the folder cannot be written to, or `path` exists but is not a regular file. The error names `path`,
            even if the system names the new file or, as for a full disk, no file.
    """
    with _beside(path) as (target, part):
        yield part
        if target.exists():
            part.chmod(target.stat().st_mode & 0o7777)
        part.replace(target)


def refuse_unwritable(paths: Iterable[str | os.PathLike[str]]) -> None:
    """Refuse files that cannot be written, before the work whose results they are to hold. Nothing is changed.

    Raises:
        OSError: see `replacing`.
    """
    for path in paths:
        with _beside(path):
            pass


@contextmanager
def _beside(path: str | os.PathLike[str]) -> Iterator[tuple[Path, Path]]:
    """The file that a path leads to, and a new, empty one beside it, which is gone afterwards; see `replacing`."""
    new: Path | None = None
    try:
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            raise OSError(f"{path} is not a regular file")
        name = _part_name(target.name)
        remove_leftovers(target.parent, name)
        # The name is new: it may be removed before the file exists, so the file never exists without an owner.
        new = part = target.with_name(f".{name}.{token_hex(6)}.part")
        with clearing(lambda: part.unlink(missing_ok=True)), _made(part):
            yield target, part
    except OSError as error:
        if new is None or error.filename in (None, str(new)):
            raise _about(path, error) from None
        raise


@contextmanager
def replacing_all(paths: Sequence[Path]) -> Iterator[tuple[Path, ...]]:
    """Files that belong together and replace `paths`, which share a folder, when the block ends successfully.

    They have their names already, in a new hidden folder beside, so that they can name each other. The first of `paths`
    is replaced last: it is the one that leads to the others.

    Raises:
        OSError: see `replacing`; or one of `paths` is a link, which leads away from the others.
    """
    parent = Path(os.path.realpath(paths[0].parent))
    targets = [parent / path.name for path in paths]
    for target in targets:
        if target.is_symlink():
            raise OSError(f"{target} is a link: files that name each other are not written through links")
        if target.exists() and not target.is_file():
            raise OSError(f"{target} is not a regular file")
    name = _part_name(targets[0].name)
    folder = parent / f".{name}.{token_hex(6)}.part"
    try:
        remove_leftovers(parent, name)
        with clearing(lambda: rmtree(folder, ignore_errors=True)), _made(folder, is_folder=True):
            parts = tuple([folder / target.name for target in targets])
            yield parts
            for part, target in reversed(list(zip(parts, targets, strict=True))):
                if target.exists():
                    part.chmod(target.stat().st_mode & 0o7777)
                part.replace(target)
    except OSError as error:
        if error.filename in (None, str(folder)):
            raise _about(paths[0], error) from None
        raise


def _part_name(name: str) -> str:
    """What stands for the name of a file in the hidden name: itself, or a hash where both would be too long."""
    data = os.fsencode(name)
    return name if len(data) <= _LONGEST_PART else sha256(data).hexdigest()


def _about(path: str | os.PathLike[str], error: OSError) -> OSError:
    """The same error, but naming the requested file; an error with its own sentence is kept."""
    return error if error.strerror is None else OSError(error.errno, error.strerror, os.fspath(path))


@contextmanager
def marked(folder: Path) -> Iterator[Path]:
    """A new, empty, hidden file in a folder while the block lasts, by which other machines recognise the folder.

    Raises:
        OSError: the folder cannot be written to.
    """
    remove_leftovers(folder, _MARKER)
    marker = folder / f".{_MARKER}.{token_hex(6)}.part"
    with clearing(lambda: marker.unlink(missing_ok=True)), _made(marker):
        yield marker


def write_whole(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a text (in UTF-8, with line ends unchanged) or bytes, completely or not at all.

    Raises:
        OSError: see `replacing`.
    """
    data = content.encode() if isinstance(content, str) else content
    with replacing(path) as new:
        new.write_bytes(data)


def remove_leftovers(folder: Path, name: str | None = None) -> None:
    """Remove what killed writers left in a folder, for one name or for all; what is being written is kept."""
    with suppress(OSError):
        for path in list(folder.iterdir()):
            part = _PART.fullmatch(path.name)
            if part is not None and name in (None, part[1]):
                _remove_unless_written(path)


def error_text(error: OSError) -> str:
    """The system's message, preceded by the file it is about."""
    if error.strerror is None:
        return str(error)
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror[:1].lower()}{error.strerror[1:]}"


@contextmanager
def _made(new: Path, *, is_folder: bool = False) -> Iterator[None]:
    """The new, empty file or folder, locked until the block ends."""
    handle = _open_locked(new, is_folder=is_folder)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _open_locked(new: Path, *, is_folder: bool) -> int | None:
    make = new.mkdir if is_folder else partial(new.touch, exist_ok=False)
    if sys.platform == "win32":  # a file that is open cannot be renamed there, so that none is kept locked
        make()
        return None
    while True:
        make()
        with suppress(FileNotFoundError):
            handle = os.open(new, os.O_RDONLY if is_folder else os.O_RDWR)
            with suppress(OSError):  # some network file systems have no locks: there leftovers stay
                fcntl.flock(handle, fcntl.LOCK_EX)
            if new.exists():
                return handle
            os.close(handle)
        # Before it was locked, another writer removed it as a leftover.


def _remove_unless_written(path: Path) -> None:
    if sys.platform == "win32":
        return
    is_folder = path.is_dir() and not path.is_symlink()
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY if is_folder else os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if is_folder:
                rmtree(path)
            else:
                path.unlink()
        finally:
            os.close(handle)


LONGEST_NAME = 120
"""The maximum length of the name of a file or folder; longer names are cut, and a hash of the whole is appended."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._=+,@-]+")
_OF_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}


def usual_name(name: str) -> str:
    """A name made valid on all common file systems; valid names are kept, and a name of dots alone becomes empty."""
    safe = _UNSAFE.sub("-", name).strip(".-")
    if len(safe) > LONGEST_NAME:
        safe = f"{safe[: LONGEST_NAME - 13].rstrip('.-')}-{sha256(name.encode()).hexdigest()[:12]}"
    return f"{safe}_" if safe.partition(".")[0].lower() in _OF_DEVICES else safe
