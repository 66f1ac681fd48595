"""Points that are the same network under several names."""

from __future__ import annotations

from collections.abc import Sequence

from resdsl.sweeps.lint.dead import Links
from resdsl.sweeps.lint.findings import MOST_NAMED, Along, Finding, LintedPoint, axis_text, listed, place, verb


def same_networks(points: Sequence[LintedPoint], axes: Sequence[tuple[str, ...]], links: Links) -> list[Finding]:
    """Points with equal networks for which no axis accounts as a whole."""
    by_digest: dict[str, list[int]] = {}
    for index, point in enumerate(points):
        by_digest.setdefault(point.digest, []).append(index)
    groups: dict[Along | None, list[list[LintedPoint]]] = {}
    for indices in by_digest.values():
        heads = {links.head(index): index for index in reversed(indices)}
        if len(heads) > 1:
            group = [points[index] for index in sorted(heads.values())]
            groups.setdefault(_between(group, axes), []).append(group)
    found = []
    single = groups.pop(None, [])
    for where, alike in groups.items():
        if len(alike) > 1 and where is not None:
            found.append(_value_text(*where, alike, axes))
        else:
            single += alike
    found += [_described([point.name for point in group]) for group in single[:MOST_NAMED]]
    if len(single) > MOST_NAMED:
        rest = [[point.name for point in group] for group in single[MOST_NAMED:]]
        text = f"{len(rest):,} more groups of points are each one network; the first is {listed(rest[0])}"
        found.append(Finding("same", text, points=tuple([name for group in rest for name in group])))
    return found


def _between(group: Sequence[LintedPoint], axes: Sequence[tuple[str, ...]]) -> Along | None:
    """The one axis along which the points lie, and their values there; None if there are more axes than one."""
    apart = [axis for axis in axes if len({place(point, axis) for point in group}) > 1]
    return (apart[0], tuple([place(point, apart[0]) for point in group])) if len(apart) == 1 else None


def _value_text(
    axis: tuple[str, ...],
    values: tuple[str, ...],
    alike: Sequence[Sequence[LintedPoint]],
    axes: Sequence[tuple[str, ...]],
) -> Finding:
    """Values that make one network in some places, and what these have in common."""
    common = []
    for other in axes:
        there = {place(group[0], other) for group in alike}
        if other != axis and len(there) == 1:
            common.append(f"{axis_text(other)} {verb(other, 'is', 'are')} {there.pop()}")
    where = f", all where {' and '.join(common)}" if common else ""
    text = f"{axis_text(axis)}: {listed(values)} make the same network in {len(alike):,} places{where}"
    names = tuple([point.name for group in alike for point in group])
    return Finding("dead", text, "leave all but one of these points out with `when`", names, " and ".join(axis))


def _described(names: Sequence[str]) -> Finding:
    return Finding("same", f"{listed(names)} are the same network", "compare one of them", tuple(names))
