"""Reading what a run has left: every file is bounded and checked, and a spoilt one is named."""

from __future__ import annotations

import csv
import io
import json
from math import isfinite
from pathlib import Path
from typing import Any

from resdsl.experiments.rows import NoResults
from resdsl.printable import one_line
from resdsl.source import Unreadable, decode, read_bounded, unreadable
from resdsl.training.run import HISTORY

_LARGEST = 256 * 1024 * 1024
"""Bytes of a file; a table of 100,000 runs has 15 million."""


def text_in(path: Path) -> str:
    """The text of a file that a run has left.

    Raises:
        NoResults: it is not there, or is no text.
    """
    try:
        with path.open("rb") as file:
            return decode(read_bounded(file, _LARGEST))
    except OSError as error:
        raise NoResults(f"{one_line(str(path))}: {unreadable(error)}") from None
    except Unreadable as error:
        raise NoResults(f"{one_line(str(path))}: {error}") from None


def record_in(path: Path) -> dict[str, Any]:
    """The record in a JSON file that a run has left.

    Raises:
        NoResults: there is no such record.
    """
    text = text_in(path)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise not_ours(path)
    return found


def history_of(folder: Path) -> list[dict[str, float]]:
    """The rows of the history of a run, as numbers by column; none if there is no history.

    Empty cells are left out, and so are measures that are not finite: each row has a step.

    Raises:
        NoResults: something in it is no number, or a row has no step.
    """
    if not (folder / HISTORY).exists():
        return []
    text = text_in(folder / HISTORY)
    try:
        header, *lines = csv.reader(io.StringIO(text), strict=True)
        cells = [dict(zip(header, line, strict=True)) for line in lines]
        rows = [{name: float(cell) for name, cell in row.items() if cell} for row in cells]
    except (ValueError, csv.Error):
        raise not_ours(folder / HISTORY) from None
    found = [{name: value for name, value in row.items() if isfinite(value)} for row in rows]
    if not all("step" in row for row in found):
        raise not_ours(folder / HISTORY)
    return found


def not_ours(path: Path) -> NoResults:
    """What to raise for a file that no run has left."""
    return NoResults(f"{one_line(str(path))} is not a file that a run has left")
