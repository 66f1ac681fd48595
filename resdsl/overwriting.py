"""Prevents outputs from overwriting inputs or each other.

Every command checks this before it writes anything, and so do the Python functions that write files. Files are
identified as the system does, regardless of names and links.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from resdsl.refusal import Refused

PathName = str | os.PathLike[str]


class WouldOverwrite(Refused):
    """An output file is also an input, or another output."""

    of_usage = True


def refuse_overwriting(outputs: Mapping[str, PathName | None], inputs: Iterable[PathName | None]) -> None:
    """Refuse outputs that are also inputs, or the same as other outputs.

    Args:
        outputs: output files by the options that name them; None and `-`, the standard output, are ignored.
        inputs: the files that are read.

    Raises:
        WouldOverwrite: an output is also an input or another output.
    """
    files = {option: path for option, path in outputs.items() if path is not None and path != "-"}
    refuse_inputs(files.values(), inputs)
    taken: dict[object, str] = {}
    for option, path in files.items():
        for name in _names(path):
            other = taken.setdefault(name, option)
            if other != option:
                raise WouldOverwrite(f"{path} would be written twice, by {other} and by {option}")


def refuse_inputs(paths: Iterable[PathName], inputs: Iterable[PathName | None]) -> None:
    """Refuse to write to files that are read.

    Raises:
        WouldOverwrite: a path leads to an input.
    """
    read = {_identity(path) for path in inputs if path is not None} - {None}
    for path in paths:
        if _identity(path) in read:
            raise WouldOverwrite(f"{path} is an input and would be overwritten")


def _names(path: PathName) -> Iterable[object]:
    """Keys by which two outputs may coincide: the existing file, and the name regardless of case."""
    with suppress(OSError):  # the current folder is gone: what writes says so
        yield os.path.realpath(path).casefold()
    if (identity := _identity(path)) is not None:
        yield identity


def _identity(path: PathName) -> tuple[int, int] | None:
    """The identity of a file in the system; None if it does not exist."""
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino
