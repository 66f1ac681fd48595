"""The standard streams, made fit for every text and named when they fail."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Any, TextIO


class _Output(io.FileIO):
    """The standard output, whose failures say that it is the one that failed."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            reason = "it is closed" if error.errno == errno.EBADF else error.strerror
            raise OSError(error.errno, reason, "the standard output") from None


class _Messages(io.FileIO):
    """The error stream: what it does not take is lost, and the exit code still tells how the command ended."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def ready_streams() -> None:
    """Make the standard streams take every text, whatever the caller left of them.

    Where one is closed, another is put in its place that fails as it would, so that no file that is opened later gets
    its number. Pipes and files get UTF-8, as every file that is written does; a terminal gets what it can show, and
    the rest escaped. Streams that a program put in their place stay.
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
    """Let go what the standard output did not take: the interpreter would try once more at its end, and complain."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _text(raw: io.FileIO, before: TextIO | None) -> TextIO:
    encoding = before.encoding if before is not None and before.isatty() else "utf-8"
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, errors="backslashreplace", line_buffering=True)


def _hold_open(number: int, flags: int) -> None:
    """Where a standard stream is closed, put in its place one that cannot be used in its direction."""
    try:
        os.fstat(number)
    except OSError:
        os.open(os.devnull, flags)  # it gets the least number that is free, and those before it are taken
