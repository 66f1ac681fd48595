"""A network that is trained in milliseconds, and what runs of it leave behind."""

from __future__ import annotations

import sys
from pathlib import Path

SPEC = """network small(n = 1, w = 8, shortcut = A, classes = 10) {
  input 1x8x8
  conv 3x3, w; norm; act
  stage layer1: basic(w) x n
  avgpool global
  fc classes
}
"""
COMMAND = [sys.executable, "-m", "resdsl", "train", "small.res", "--recipe", "digits", "-o"]


def bytes_in(folder: Path) -> dict[str, bytes]:
    """The files of a run that have no times."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != "times.csv"}
