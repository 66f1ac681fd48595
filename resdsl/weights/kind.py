"""What kind of weights a file holds, told by its first bytes: names of files say anything."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Literal

from resdsl.refusal import Refused

Kind = Literal["safetensors", "checkpoint"]

LARGEST_HEADER = 100_000_000
"""Bytes of the largest header that the safetensors format allows."""

_ZIP, _PICKLE = b"PK", b"\x80"


class UnreadableWeights(Refused):
    """A file that no weights can be read from: of another format, damaged, or with more in it than weights."""


def kind_of(path: str | PathLike[str]) -> Kind:
    """Whether a file is of the safetensors format or a PyTorch checkpoint.

    safetensors begins with the length of its header in eight bytes, low byte first, and the header with a brace.
    A checkpoint is a zip archive or, until PyTorch 1.6, a row of pickles.

    Raises:
        OSError: the file cannot be read.
        UnreadableWeights: it is neither.
    """
    file = Path(path)
    refuse_what_is_no_file(file)
    with file.open("rb") as opened:
        head = opened.read(9)
    # Asked first: a header's length may begin with the byte that a pickle begins with.
    if head[8:] == b"{" and int.from_bytes(head[:8], "little") <= LARGEST_HEADER:
        return "safetensors"
    if head.startswith((_ZIP, _PICKLE)):
        return "checkpoint"
    found = f"begins with {head!r}" if head else "is empty"
    raise UnreadableWeights(
        f"{file.name} holds no weights: expected a safetensors file or a PyTorch checkpoint, found one that {found}"
    )


def refuse_what_is_no_file(path: Path) -> None:
    """Raise `UnreadableWeights` for a folder, a pipe or a device; one that is not there is left to who opens it."""
    if path.is_dir():
        raise UnreadableWeights(f"{path} is a folder, and weights are read from one file")
    if path.exists() and not path.is_file():
        raise UnreadableWeights(f"{path} is no regular file, and weights are read from one")
