"""Statements in rows: what stands on one line of a text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

NEXT_IN_ROW = "\x07"
"""What stands between the statements of a row, until holes are filled."""
_WIDEST = 96

Piece = tuple[str, bool]
"""A statement, and whether it begins a row of its own; one without text only ends the row before it."""


def rows_of(pieces: Iterable[Piece]) -> Iterator[str]:
    """Statements in rows: a layer with weights, and the norm and the activation behind it."""
    row: list[str] = []
    for piece, begins in pieces:
        if begins and row:
            yield NEXT_IN_ROW.join(row)
            row = []
        if piece:
            row.append(piece)
    if row:
        yield NEXT_IN_ROW.join(row)


def with_first(pieces: Sequence[str], rows: Sequence[str]) -> list[str]:
    """Rows with statements before what stands on the first."""
    return [NEXT_IN_ROW.join((*pieces, *rows[:1])), *rows[1:]] if pieces else list(rows)


def with_last(rows: Sequence[str], pieces: Sequence[str]) -> list[str]:
    """Rows with statements behind what stands on the last."""
    return [*rows[:-1], NEXT_IN_ROW.join((*rows[-1:], *pieces))]


def with_names(rows: Iterable[str]) -> list[str]:
    """Rows in which a name for what flows stands behind what it names."""
    found: list[str] = []
    for row in rows:
        if found and row.startswith("as v") and found[-1][-1] not in "{}" and len(found[-1]) < _WIDEST:
            found[-1] = f"{found[-1]}; {row}"
        else:
            found.append(row)
    return found
