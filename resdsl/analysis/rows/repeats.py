"""Takes some of the equal repeats of a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace

from resdsl.analysis.costs import Costs
from resdsl.analysis.memory.saved import Saved
from resdsl.analysis.rows.tree import Row, SavedPerRepeat
from resdsl.ops.records import Work

_OWN = tuple(each.name for each in fields(Costs) if each.name != "work")
_WORK = tuple(each.name for each in fields(Work))
_ONCE = (1,)

Shares = Sequence[tuple[int, int]]
"""How many repeats are passed in each of the ways of `Row.kept`, and how many of these are taken."""


def repeats_of(row: Row, skipped: int, count: int, within: Sequence[int] = _ONCE) -> Row:
    """`count` repeats of a row, after the first `skipped`, together with the rows below it.

    Equal repeats do not all keep the same for the backward pass: the first may keep more than the others. So it matters
    which ones are taken.

    Args:
        row: the row.
        skipped: repeats that are left out at the start.
        count: repeats that are taken.
        within: how often what the row is a part of is repeated itself, in each of the ways of its `kept`; the row's
            repeats are those within one.

    Raises:
        ValueError: the row does not have that many.
    """
    repeats = row.repeats // sum(within)
    if skipped < 0 or count < 1 or skipped + count > repeats:
        raise ValueError(f"cannot take repeats {skipped} to {skipped + count} of {repeats}")
    if count == repeats:
        return row
    before, _, index = row.path.rpartition(".")
    path = f"{before}.{int(index) + skipped}" if skipped else row.path
    shares = tuple(_taken(row.kept, skipped, count, repeats, within))
    return replace(_share(row, row.path, path, shares, (count, repeats)), times=count)


def _taken(
    kept: SavedPerRepeat, skipped: int, count: int, repeats: int, within: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Of each way in which repeats are passed, how many are taken; each of `within` begins at the first repeat."""
    waiting = iter(kept)
    for times in within:
        at = 0
        while at < repeats:
            _, passed = next(waiting)
            end = at + passed // times
            taken = max(0, min(end, skipped + count) - max(at, skipped))
            yield passed, times * taken
            at = end


def _share(row: Row, before: str, after: str, shares: Shares, of: tuple[int, int]) -> Row:
    count, repeats = of
    return replace(
        row,
        path=after + row.path[len(before) :],
        repeats=row.repeats * count // repeats,
        costs=_share_of_costs(row.costs, count, repeats),
        kept=tuple(_share_of_kept(row, shares)),
        parts=tuple([_share(part, before, after, shares, of) for part in row.parts]),
    )


def _share_of_kept(row: Row, shares: Shares) -> Iterator[tuple[Saved, int]]:
    """Ways of a part are those of what it stands in, in their order, each perhaps parted once more."""
    within = row.repeats // sum(passed for passed, _ in shares)
    waiting = iter(row.kept)
    for passed, taken in shares:
        left = passed * within
        while left:
            saved, times = next(waiting)
            left -= times
            if taken:
                yield saved, times * taken // passed


def _share_of_costs(costs: Costs, count: int, repeats: int) -> Costs:
    """Exact: what equal repeats cost together is a multiple of what one of them costs."""
    own = {name: getattr(costs, name) * count // repeats for name in _OWN}
    return Costs(**own, work=Work(**{name: getattr(costs.work, name) * count // repeats for name in _WORK}))
