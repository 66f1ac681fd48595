"""Detects the kind of a weight file by its first bytes, since its name proves nothing."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Literal

from resdsl.refusal import Refused

Kind = Literal["safetensors", "checkpoint"]

LARGEST_HEADER = 100_000_000
"""The maximum header size in bytes that the safetensors format allows."""

MOST_PACKED = 20
"""The maximum ratio of the content of a file to its size; compressed zeros reach a thousand."""
SMALL = 1 << 24
"""Bytes of content that are read regardless of the ratio."""

_ZIP, _PICKLE = b"PK", b"\x80"


class UnreadableWeights(Refused):
    """Weights cannot be read from a file: it has another format, is damaged, or contains more than weights."""


def kind_of(path: str | PathLike[str]) -> Kind:
    """Whether a file is a safetensors file or a PyTorch checkpoint.

    A safetensors file begins with the length of its header in eight little-endian bytes, and the header with a brace.
    A checkpoint is a zip archive or, before PyTorch 1.6, a sequence of pickles.

    Raises:
        OSError: the file cannot be read.
        UnreadableWeights: the file is neither.
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
    raise UnreadableWeights(f"{file.name} is neither a safetensors file nor a PyTorch checkpoint: it {found}")


def refuse_what_is_no_file(path: Path) -> None:
    """Raise `UnreadableWeights` for a folder, a pipe or a device; a missing file is reported when it is opened."""
    if path.is_dir():
        raise UnreadableWeights(f"{path} is a folder, not a file of weights")
    if path.exists() and not path.is_file():
        raise UnreadableWeights(f"{path} is not a regular file")


def refuse_larger_content(path: Path, stated: int) -> None:
    """Refuse a checkpoint that claims far more content than the file has: compressed zeros, overlapping entries of an
    archive, a tensor that repeats one value.

    PyTorch stores values uncompressed. The content of an archive written by other tools may be somewhat larger than
    the file, and reading stops at the size in the directory.

    Args:
        path: the file.
        stated: the bytes of content that it claims.

    Raises:
        UnreadableWeights: it claims too much content.
    """
    size = path.stat().st_size
    if stated > max(MOST_PACKED * size, SMALL):
        raise UnreadableWeights(
            f"{path.name} has {size:_} bytes but claims {stated:_} bytes of content, more than {MOST_PACKED} times as "
            "much; torch.save does not compress weights, and they hardly compress at all"
        )
