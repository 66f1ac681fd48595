"""The rows of a network as lines of a table: the level of each, and a joint name for its repeats.

A row of `resdsl.analysis.rows.tree` has the path of its first repeat, and its count includes the repeats of its
parents. Readers expect `layer1.0-2.conv1`, and `x 3` once, at the block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from resdsl.analysis.rows.tree import Row


@dataclass(frozen=True, slots=True)
class NumberedRow:
    """A row and its place in the table.

    Attributes:
        row: the row.
        path: its path; `layer1.0-2` for repeats, and `layer1.0-2.conv1` for a layer in them.
        times: how often its parent repeats the row.
        level: the number of rows that contain it.
    """

    row: Row
    path: str
    times: int
    level: int

    @property
    def name(self) -> str:
        """Its name and how often it repeats: `basic(64) x 3`, `shortcut B`."""
        name = f"shortcut {self.row.name}" if self.row.kind == "shortcut" else self.row.name
        return f"{name} x {self.times}" if self.times > 1 else name


def numbered(whole: Row) -> Iterator[NumberedRow]:
    """The rows below the whole network, in execution order; just the whole if it has no parts."""
    if not whole.parts:
        yield NumberedRow(whole, whole.path, 1, 0)
        return
    for part in whole.parts:
        yield from _within(part, NumberedRow(whole, "", 1, -1))


def parts_of(above: NumberedRow) -> Iterator[NumberedRow]:
    """The rows that make up a row."""
    for part in above.row.parts:
        yield _beneath(part, above)


def _within(row: Row, above: NumberedRow) -> Iterator[NumberedRow]:
    here = _beneath(row, above)
    yield here
    for part in row.parts:
        yield from _within(part, here)


def _beneath(row: Row, above: NumberedRow) -> NumberedRow:
    times = row.repeats // above.row.repeats
    path = row.path
    start = above.row.path
    if start and (path == start or path.startswith(f"{start}.")):
        path = above.path + path[len(start) :]
    before, _, index = path.rpartition(".")
    if times > 1 and index.isdigit():
        path = f"{before}.{index}-{int(index) + times - 1}"
    return NumberedRow(row, path, times, above.level + 1)
