"""The guard against writing over what is read, and against two outputs of one name.

Every command asks it before it writes anything, and so do the functions that write from Python. Files are told apart
as the system does, whatever names and links lead to them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from resdsl.refusal import Refused

PathName = str | os.PathLike[str]


class WouldOverwrite(Refused):
    """What is to be written is read, or is another output, too."""

    of_usage = True


def refuse_overwriting(outputs: Mapping[str, PathName | None], inputs: Iterable[PathName | None]) -> None:
    """Refuse outputs that are inputs, or each other.

    Args:
        outputs: by the option that names each; None and `-`, the standard output, are no files.
        inputs: the files that are read.

    Raises:
        WouldOverwrite: as said.
    """
    files = {option: path for option, path in outputs.items() if path is not None and path != "-"}
    refuse_inputs(files.values(), inputs)
    taken: dict[object, str] = {}
    for option, path in files.items():
        for name in _names(path):
            other = taken.setdefault(name, option)
            if other != option:
                raise WouldOverwrite(f"{path} would be written twice: for {other} and for {option}")


def refuse_inputs(paths: Iterable[PathName], inputs: Iterable[PathName | None]) -> None:
    """Refuse to write to files that are read.

    Raises:
        WouldOverwrite: one of the paths leads to an input.
    """
    read = {_identity(path) for path in inputs if path is not None} - {None}
    for path in paths:
        if _identity(path) in read:
            raise WouldOverwrite(f"{path} would be overwritten, and it is what is read")


def _names(path: PathName) -> Iterable[object]:
    """By what two outputs may be the same: the file that is there, and the name, also where capitals are not told."""
    with suppress(OSError):  # the current folder is gone: what writes says so
        yield os.path.realpath(path).casefold()
    if (identity := _identity(path)) is not None:
        yield identity


def _identity(path: PathName) -> tuple[int, int] | None:
    """What the system knows a file by; None where there is none."""
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino
