"""Writing files so that they are there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
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
