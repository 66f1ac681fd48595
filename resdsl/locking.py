"""Folders that one process at a time writes into."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from resdsl.refusal import Refused

if sys.platform != "win32":
    import fcntl
    import os

    _handles: set[int] = set()

    def _let_go() -> None:
        for handle in _handles:
            os.close(handle)
        _handles.clear()

    # Otherwise children, such as processes that make batches, would keep the locks of a process that was killed.
    os.register_at_fork(after_in_child=_let_go)

PATIENCE = 60.0
"""How long to wait for a folder that another process writes into, in seconds."""


class Busy(Refused):
    """Another process is writing into the same folder."""


@contextmanager
def alone_in(folder: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Lock the folder against other writers; the system releases the lock when this process dies.

    Args:
        folder: the folder, which exists.
        patience: how long to wait for another writer, in seconds.

    Raises:
        Busy: another process keeps the lock.
    """
    if sys.platform == "win32":
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    _handles.add(handle)
    try:
        _lock(handle, folder, patience)
        yield
    finally:
        if handle in _handles:
            _handles.remove(handle)
            os.close(handle)


def _lock(handle: int, folder: Path, patience: float) -> None:
    if sys.platform == "win32":
        return
    until = time.monotonic() + patience
    # Some network file systems cannot lock folders; there, users must not start two runs at once.
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise Busy(f"{folder} is being written by another process") from None
            time.sleep(0.02)
        except OSError:
            return
        else:
            return
