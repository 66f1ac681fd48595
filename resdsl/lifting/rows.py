"""Statements in rows: what stands on one line of a text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

Piece = tuple[str, bool]
"""A statement, and whether it begins a row of its own; one without text only ends the row before it."""


def rows_of(pieces: Iterable[Piece]) -> Iterator[str]:
    """Statements in rows: a layer with weights, and the norm and the activation behind it."""
    row: list[str] = []
    for piece, begins in pieces:
        if begins and row:
            yield "; ".join(row)
            row = []
        if piece:
            row.append(piece)
    if row:
        yield "; ".join(row)


def with_first(pieces: Sequence[str], rows: Sequence[str]) -> list[str]:
    """Rows with statements before what stands on the first."""
    return ["; ".join((*pieces, *rows[:1])), *rows[1:]] if pieces else list(rows)


def with_last(rows: Sequence[str], pieces: Sequence[str]) -> list[str]:
    """Rows with statements behind what stands on the last."""
    return [*rows[:-1], "; ".join((*rows[-1:], *pieces))]
