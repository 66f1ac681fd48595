"""The receptive fields of the parts of two networks that are compared.

Why it exists: a change may be about some of the equal blocks of a stage, which may itself be inside repeated blocks.
The output of the last one has a path that no row has.
"""

from __future__ import annotations

from dataclasses import replace

from resdsl.analysis.compare.difference import Change
from resdsl.analysis.receptive_field.field import Field, Fields
from resdsl.analysis.rows.tree import Row

Sides = tuple[Fields, Fields]
"""The fields of the first and of the second network."""
Paths = tuple[str, str]


def largest(field: Field | None) -> int | None:
    """The positions along the axis with the most; None where the whole input is seen, or nothing of it."""
    return None if field is None or not field.size else max(field.size)


def with_fields(whole: Change, sides: Sides) -> Change:
    """The change of a whole with the receptive fields of all its parts."""
    return replace(whole, parts=tuple([_met(part, whole, sides, ("", "")) for part in whole.parts]))


def _met(change: Change, above: Change, sides: Sides, last: Paths) -> Change:
    """The change, which is part of another whose last repeats have these paths."""
    rows = (change.before, above.before), (change.after, above.after)
    one, two = (_last(row, over, path, change.count) for (row, over), path in zip(rows, last, strict=True))
    before, after = _field(change.before, one, sides[0]), _field(change.after, two, sides[1])
    parts = tuple([_met(part, change, sides, (one, two)) for part in change.parts])
    return replace(change, parts=parts, fields=(before, after))


def _last(row: Row | None, above: Row | None, last: str, count: int) -> str:
    """The path of the last repeat of a row within the last repeat of the enclosing part."""
    if row is None or above is None:
        return ""
    path = row.path
    if above.path and path.startswith(f"{above.path}."):
        path = last + path[len(above.path) :]
    before, _, index = path.rpartition(".")
    return f"{before}.{int(index) + count - 1}" if count > 1 else path


def _field(row: Row | None, path: str, fields: Fields) -> int | None:
    if row is None:
        return None
    return largest(fields.at(row.parts[-1].path if row.kind in ("stem", "part", "head") else path))
