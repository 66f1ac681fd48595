"""Locks of folders: one writer at a time, and none that outlives its process."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from resdsl.locking import Busy, alone_in


def test_one_at_a_time(tmp_path: Path) -> None:
    with alone_in(tmp_path), pytest.raises(Busy, match="is being written by another process"), alone_in(tmp_path, 0):
        pass
    with alone_in(tmp_path, 0):
        pass


def test_children_do_not_keep_the_lock_of_their_parent(tmp_path: Path) -> None:
    reads, writes = os.pipe()
    with alone_in(tmp_path, 0):
        child = os.fork()
        if not child:
            os.write(writes, b"!")
            signal.pause()
            os._exit(0)
    try:
        os.read(reads, 1)
        with alone_in(tmp_path, 0):
            pass
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
