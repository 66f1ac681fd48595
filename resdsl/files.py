"""Writing files so that they are there whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A new, empty file beside `path` that takes its place when the block ends well.

    If the block ends with an error or an interrupt, the new file is removed and the old one untouched.
    A link is followed; permissions of an old file are kept.

    Raises:
        OSError: the folder cannot be written to, or `path` is there and no regular file. It names `path`, also where
            the system names the new file, or, as for a full disk, none.
    """
    try:
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            raise OSError(f"{path} is no regular file")
        new = _new_file_beside(target)
    except OSError as error:
        raise _about(path, error) from None
    try:
        yield new
        if target.exists():
            new.chmod(target.stat().st_mode & 0o7777)
        new.replace(target)
    except BaseException as error:
        new.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename in (None, str(new)):
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


def said(error: OSError) -> str:
    """What the system said, in a sentence of ours, behind the file that it is about."""
    if error.strerror is None:
        return str(error)
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror[:1].lower()}{error.strerror[1:]}"


def _new_file_beside(target: Path) -> Path:
    attempt = 0
    while True:
        new = target.with_name(f".{target.name}.{os.getpid()}-{attempt}.part")
        try:
            new.touch(exist_ok=False)
        except FileExistsError:
            attempt += 1
        else:
            return new


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
