"""The difference of two networks as a JSON record: exact, and complete down to single layers."""

from __future__ import annotations

from typing import Any

from resdsl.analysis.compare.difference import COUNTED, Change, Difference, saved_bytes
from resdsl.analysis.expectations import quantity
from resdsl.analysis.rows.tree import Row

FORM = 1
"""The version of the format; within a version, keys are only ever added."""


def diff_record(difference: Difference) -> dict[str, Any]:
    """The difference as a record; unchanged parts are included, but without their own parts."""
    return {
        "resdsl_diff": FORM,
        "before": difference.before,
        "after": difference.after,
        "same": difference.same,
        "given": [
            {"matter": each.matter, "name": each.name, "before": each.before, "after": each.after}
            for each in difference.given
        ],
        "totals": {
            total.name: {"before": total.before, "after": total.after, "change": total.change}
            for total in difference.totals
        },
        "changes": [_change(part) for part in difference.whole.parts],
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "status": change.status,
        "name": change.name,
        "count": change.count,
        "before": _row(change, change.before, change.fields[0]),
        "after": _row(change, change.after, change.fields[1]),
        "change": {
            **{name: change.by(name) for name in COUNTED},
            "saved_bytes": change.saved_bytes,
            "receptive_field": change.field_change,
        },
        "notes": [{"aspect": note.aspect, "before": note.before, "after": note.after} for note in change.notes],
        "parts": [_change(part) for part in change.parts],
    }


def _row(change: Change, row: Row | None, field: int | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "path": row.path,
        "last_path": change.last_path(row),
        "name": row.name,
        "kind": row.kind,
        "repeats": row.repeats,
        "inputs": [list(shape) for shape in row.inputs],
        "outputs": [list(shape) for shape in row.outputs],
        **{name: quantity(row.costs, name) for name in COUNTED},
        "saved_bytes": saved_bytes(row),
        "receptive_field": field,
    }
