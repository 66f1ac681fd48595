"""Whether the comparison that a sweep makes is fair: what is found before a machine is spent on it.

Three things are looked for. Points that are the same network under two names. Axes, values of axes and
overrides that change nothing. Confounds: axes that move parameters, multiply-adds, activations or depth
along with what they are about, by how much, and the `solve` that would hold it still.

Everything that is said is true of the points at hand and of nothing else: an axis is judged by points
that differ in it alone. Changes of less than one part in a thousand are not told.
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
) -> tuple[Finding, ...]:
    """What is to be said of a sweep.

    Args:
        points: all of them, in order.
        axes: names of each axis, several where they go in step.
        fixed: overrides that hold for all points.
        solved: the parameter that is solved, if one is.
        again: builds points once more. Without it, parameters that go in step are judged together,
            overrides not at all, and no `solve` is suggested.
        thinned: axes, by their names joined with `and`, that have lost values to `when`, `keep` or `solve`. Of such
            a one it is not known whether it changes anything, but only that it does not where it is left; with one
            value left, nothing is said.
    """
    links = Links(len(points))
    fewer = frozenset(thinned)
    found = [*dead_axes(points, axes, links, fewer)]
    if again is not None:
        mentioned = {finding.axis for finding in found}
        request = [axis for axis in axes if " and ".join(axis) not in mentioned and not _ended(points, axis, fewer)]
        found += idle_names(points, request, tuple(fixed), again, fewer)
    found += same_networks(points, axes, links)
    found += confounds(points, axes, again if solved is None else None)
    return tuple(found)


def _ended(points: Sequence[LintedPoint], axis: tuple[str, ...], thinned: frozenset[str]) -> bool:
    """Whether conditions have left one value of several."""
    return " and ".join(axis) in thinned and len({place(point, axis) for point in points}) == 1
