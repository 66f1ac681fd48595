"""Folds equal consecutive blocks outside stages into one row, such as those made by a loop in the text.

Why it exists: the repeats of a stage are folded when their rows are made, since the stage has their number. Blocks that
were written one after the other must be compared first. In a table, readers expect both to look the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from resdsl.analysis.rows.tree import Row, SavedPerRepeat
from resdsl.ir.network import Call


def with_calls_folded(whole: Row) -> Row:
    """The rows of a network, with equal blocks at the top that read one another folded into one row.

    Their paths must be numbered consecutively, like `body.0` and `body.1`, so that one path covers them all. Figures
    that are not sums are those of the last block.

    Args:
        whole: the rows of a network, down to any depth, as made by `resdsl.analysis.rows.tree.rows`.
    """
    return replace(whole, parts=tuple(_folded(whole.parts)))


def _folded(parts: Sequence[Row]) -> Iterator[Row]:
    row: Row | None = None
    for part in parts:
        if row is not None and _goes_on(row, part):
            row = _joined(row, part)
            continue
        if row is not None:
            yield row
        row = part
    if row is not None:
        yield row


def _goes_on(row: Row, part: Row) -> bool:
    last, node = row.nodes[-1], part.nodes[-1]
    if not isinstance(last, Call) or not isinstance(node, Call) or part.kind != "block":
        return False
    same = node.body == last.body and node.role == last.role and node.inputs == (last.name,)
    return same and part.name == row.name and _next(row) == part.path


def _next(row: Row) -> str | None:
    before, dot, index = row.last_path.rpartition(".")
    return f"{before}{dot}{int(index) + 1}" if index.isdecimal() and index.isascii() else None


def _joined(row: Row, other: Row) -> Row:
    """Two rows of equal things as one; parts likewise."""
    return replace(
        row,
        repeats=row.repeats + other.repeats,
        times=row.times + other.times,
        outputs=other.outputs,
        nodes=row.nodes + other.nodes,
        costs=row.costs + other.costs,
        kept=_kept(row.kept, other.kept),
        parts=tuple([_within(one, two) for one, two in zip(row.parts, other.parts, strict=True)]),
    )


def _within(row: Row, other: Row) -> Row:
    """The rows below: repeated as often as the enclosing part, and once within it."""
    return replace(_joined(row, other), times=row.times, nodes=row.nodes)


def _kept(one: SavedPerRepeat, other: SavedPerRepeat) -> SavedPerRepeat:
    *before, (saved, times) = one
    (following, more), *after = other
    if saved == following:
        return (*before, (saved, times + more), *after)
    return (*one, *other)
