"""Makes the standard streams accept any text, and their errors say which stream failed."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Any, TextIO


class _Output(io.FileIO):
    """The standard output; its errors name it."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            reason = "it is closed" if error.errno == errno.EBADF else error.strerror
            raise OSError(error.errno, reason, "the standard output") from None


class _Messages(io.FileIO):
    """The error stream; if writing fails, the message is lost, but the exit code still shows the result."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def ready_streams() -> None:
    """Make the standard streams accept any text, even if the caller closed some of them.

    A closed stream is replaced by one that fails in the same way, so that no file opened later gets its number. Pipes
    and files get UTF-8, like all other files that are written; terminals get what they can display, with the rest
    escaped. Streams replaced by the calling program are kept.
    """
    _hold_open(0, os.O_WRONLY)
    _hold_open(1, os.O_RDONLY)
    _hold_open(2, os.O_RDONLY)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - it lives as long as we do
    if sys.stdout is sys.__stdout__:
        sys.stdout = _text(_Output(1, "w", closefd=False), sys.stdout)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _text(_Messages(2, "w", closefd=False), sys.stderr)


def leave_streams() -> None:
    """Drop what the standard output did not accept; at exit, the interpreter would try again and complain."""
    if sys.stdout.closed:  # by the language server, when its editor ends it
        return
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _text(raw: io.FileIO, before: TextIO | None) -> TextIO:
    encoding = before.encoding if before is not None and before.isatty() else "utf-8"
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, errors="backslashreplace", line_buffering=True)


def _hold_open(number: int, flags: int) -> None:
    """Replace a standard stream, if it is closed, by one that cannot be used in its direction."""
    try:
        os.fstat(number)
    except OSError:
        os.open(os.devnull, flags)  # it gets the least number that is free, and those before it are taken
