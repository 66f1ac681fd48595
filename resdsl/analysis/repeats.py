"""Some of the equal repeats that one row stands for."""

from __future__ import annotations

from dataclasses import fields, replace

from resdsl.analysis.costs import Costs
from resdsl.analysis.rows import Row
from resdsl.ops.records import Work

_OWN = tuple(each.name for each in fields(Costs) if each.name != "work")
_WORK = tuple(each.name for each in fields(Work))


def repeats_of(row: Row, skipped: int, count: int, times: int = 1) -> Row:
    """`count` of a row's repeats, those after the first `skipped`; what stands below it is taken along.

    What some of its repeats keep for the backward pass is not told: the first one may keep more than the others.

    Args:
        row: the row.
        skipped: repeats that are left out at the start.
        count: repeats that are taken.
        times: how often what the row is a part of is repeated itself; its repeats are those within one.

    Raises:
        ValueError: the row has not as many.
    """
    repeats = row.repeats // times
    if skipped < 0 or count < 1 or skipped + count > repeats:
        raise ValueError(f"of {repeats} repeats there are none {skipped} to {skipped + count}")
    if count == repeats:
        return row
    before, _, index = row.path.rpartition(".")
    path = f"{before}.{int(index) + skipped}" if skipped else row.path
    return replace(_share(row, row.path, path, count, repeats), times=count)


def _share(row: Row, before: str, after: str, count: int, repeats: int) -> Row:
    return replace(
        row,
        path=after + row.path[len(before) :],
        repeats=row.repeats * count // repeats,
        costs=_share_of_costs(row.costs, count, repeats),
        kept=(),
        parts=tuple([_share(part, before, after, count, repeats) for part in row.parts]),
    )


def _share_of_costs(costs: Costs, count: int, repeats: int) -> Costs:
    """Exact: what equal repeats cost together is a multiple of what one of them costs."""
    own = {name: getattr(costs, name) * count // repeats for name in _OWN}
    return Costs(**own, work=Work(**{name: getattr(costs.work, name) * count // repeats for name in _WORK}))
