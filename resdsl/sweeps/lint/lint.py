"""Checks whether the comparison in a sweep is fair, before spending compute on it.

It finds points that are the same network under different names; axes, values of axes and overrides that change
nothing; and confounds, which are axes that change parameters, multiply-adds, activations or depth as a side effect, by
how much, and the `solve` that would keep the cost constant.

All findings hold for the given points and say nothing about others: an axis is judged by points that differ only in
it. Changes of less than one part in a thousand are not reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from resdsl.sweeps.lint.confounds import confounds
from resdsl.sweeps.lint.dead import Links, dead_axes, idle_names
from resdsl.sweeps.lint.findings import Again, Finding, LintedPoint, place
from resdsl.sweeps.lint.same import same_networks


def lint(
    points: Sequence[LintedPoint],
    axes: Sequence[tuple[str, ...]],
    *,
    fixed: Iterable[str] = (),
    solved: str | None = None,
    again: Again | None = None,
    thinned: Iterable[str] = (),
    drawn: bool = False,
) -> tuple[Finding, ...]:
    """The findings for a sweep.

    Args:
        points: all points, in order.
        axes: the names of each axis, several if they run in step.
        fixed: overrides that apply to all points.
        solved: the parameter that is solved for, if any.
        again: rebuilds points. Without it, parameters that run in step are judged together, overrides not at all,
            and no `solve` is suggested.
        thinned: axes, by their names joined with `and`, that lost values to `when`, `keep` or `solve`. For such an
            axis it is only known that it changes nothing among the remaining points; with one value left, nothing
            is reported.
        drawn: whether points are drawn, which cost so differently that no `solve` matches one of them.
    """
    links = Links(len(points))
    fewer = frozenset(thinned)
    found = [*dead_axes(points, axes, links, fewer)]
    if again is not None:
        mentioned = {finding.axis for finding in found}
        request = [axis for axis in axes if " and ".join(axis) not in mentioned and not _ended(points, axis, fewer)]
        found += idle_names(points, request, tuple(fixed), again, fewer)
    found += same_networks(points, axes, links)
    found += confounds(points, axes, again if solved is None and not drawn else None)
    return tuple(found)


def _ended(points: Sequence[LintedPoint], axis: tuple[str, ...], thinned: frozenset[str]) -> bool:
    """Whether conditions left only one of several values."""
    return " and ".join(axis) in thinned and len({place(point, axis) for point in points}) == 1
