"""Texts, and places in them.

A `Source` is a text together with its name in messages; a `Span` is a part of it. All later stages use them to refer to
places. This is also the only module that opens the texts of users.
"""

from __future__ import annotations

import errno
import os
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, NamedTuple

from resdsl.printable import one_line

LARGEST_FILE = 4 * 1024 * 1024
"""Bytes; a longer text is refused unread."""
_REASONS = {
    errno.ENOENT: "there is no such file",
    errno.EISDIR: "it is a folder",
    errno.ENAMETOOLONG: "its name is too long",
    errno.EBADF: "it is closed",
}


@dataclass(frozen=True, eq=False)
class Source:
    """A text.

    Attributes:
        name: its name in messages: a path as the user gave it, `<stdin>`, `--set n`, `std/blocks.res`.
        text: its contents.
        folder: the folder its imports are looked up in, if it came from a file.
        path: the file that it came from, if it did.
        is_library: whether it is of the standard library, which no user can mend.
    """

    name: str
    text: str
    folder: Path | None = None
    path: Path | None = None
    is_library: bool = False

    def path_within(self, folder: Path) -> str:
        """The path of the file relative to a folder that it is in; its name in messages if that is an absolute path,
        or if there is no such file.
        """
        if self.path is None or Path(self.name).is_absolute():
            return self.name
        path = folder / self.path
        return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else self.name

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        find = self.text.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        return starts

    def position(self, offset: int) -> Position:
        """Line and column of an offset, both from one."""
        line = bisect_right(self._line_starts, offset)
        return Position(line, offset - self._line_starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """The text of a line, counted from one, without its end."""
        starts = self._line_starts
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return len(self._line_starts)


class Position(NamedTuple):
    """A place in a text; both count from one."""

    line: int
    column: int


class Span(NamedTuple):
    """The stretch of a text from `start` up to, but without, `end`."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        """The text of the span."""
        return self.source.text[self.start : self.end]

    @property
    def position(self) -> Position:
        """Where it begins."""
        return self.source.position(self.start)

    def until(self, other: Span) -> Span:
        """From the beginning of this span to the end of the other."""
        return Span(self.source, self.start, other.end)


class Unreadable(Exception):
    """A file cannot be read as text; the message gives the reason, without the name of the file."""


def read_source(path: Path, name: str | None = None) -> Source:
    """Read a file.

    Args:
        path: the file.
        name: its name in messages; by default the path as given.

    Raises:
        Unreadable: it is missing, a folder, too long, or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = read_bounded(file)
    except OSError as error:
        raise unreadable(error) from None
    return Source(one_line(name or str(path)), decode(data), path.parent, path)


def unreadable(error: OSError) -> Unreadable:
    """The system's error as the reason why something cannot be read."""
    system = (error.strerror or type(error).__name__).lower()
    return Unreadable(_REASONS.get(error.errno or 0, system))


def is_there(path: Path) -> bool:
    """Whether a path exists; a name that the system does not accept does not."""
    return os.path.exists(path)  # noqa: PTH110 - Path.exists raises where a name is too long


def decode(data: bytes) -> str:
    """Decode bytes to text, dropping a byte order mark.

    Raises:
        Unreadable: the bytes are not UTF-8, or contain a NUL byte.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"it is not UTF-8 text (byte {error.start})") from None
    if "\0" in text:
        raise Unreadable("it contains a NUL byte, so it is not text")
    return text


def read_bounded(file: BinaryIO, most: int = LARGEST_FILE) -> bytes:
    """Read a whole file, or a stream, which may never end.

    Raises:
        Unreadable: it is longer than `most` bytes.
    """
    data = file.read(most + 1)
    if len(data) > most:
        raise Unreadable(f"it is longer than {most // 1024 // 1024} MiB")
    return data
