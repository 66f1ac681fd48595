"""Axes, values of axes and overrides that change nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from resdsl.ir.network import Network
from resdsl.sweeps.canonical import network_hash
from resdsl.sweeps.lint.findings import Again, Finding, LintedPoint, axis_text, listed, place, verb

MOST_BUILT = 2_000
"""So many points are built once more to see whether one name changes anything; a sweep with more is not asked."""

_LEFT = "among the points that are left"

Group = dict[str, int]
"""Points that differ in one axis alone: its values, and the point that has each."""


class Links:
    """Which points are known to be the same network, by an axis that was told to change nothing."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def head(self, index: int) -> int:
        """One point for all those that are linked with this one."""
        while self._above[index] != index:
            self._above[index] = index = self._above[self._above[index]]
        return index

    def link(self, indices: Iterable[int]) -> None:
        """Say that these points are the same network."""
        heads = [self.head(index) for index in indices]
        for head in heads[1:]:
            self._above[self.head(head)] = self.head(heads[0])


def groups_along(points: Sequence[LintedPoint], axes: Sequence[tuple[str, ...]], axis: tuple[str, ...]) -> list[Group]:
    """Groups of two or more points that differ in one axis alone; what is solved may differ too."""
    others = [name for each in axes if each != axis for name in each]
    groups: dict[tuple[str, ...], Group] = {}
    for index, point in enumerate(points):
        key = tuple([point.values[name] for name in others])
        groups.setdefault(key, {}).setdefault(place(point, axis), index)
    return [group for group in groups.values() if len(group) > 1]


def dead_axes(
    points: Sequence[LintedPoint],
    axes: Sequence[tuple[str, ...]],
    links: Links,
    thinned: frozenset[str] = frozenset(),
) -> Iterator[Finding]:
    """Axes that change nothing: for all points, between some values, or for some value of another axis.

    Those that are thinned have lost values, which may have changed something: there is no advice to leave them out.
    """
    for axis in axes:
        groups = groups_along(points, axes, axis)
        name = " and ".join(axis)
        still = [group for group in groups if _alike(points, group.values())]
        if not groups:
            continue
        if len(still) == len(groups):
            for group in groups:
                links.link(group.values())
            alike = f"points that differ only in {verb(axis, 'it', 'them')} are the same network"
            nothing = f"{axis_text(axis)} {verb(axis, 'changes', 'change')} nothing"
            advice = f"leave the {verb(axis, 'axis', 'axes')} {axis_text(axis)} out"
            if name in thinned:
                yield Finding("dead", f"{nothing} {_LEFT}: {alike}", axis=name)
            else:
                yield Finding("dead", f"{nothing}: {alike}", advice, axis=name)
            continue
        for values in _twins(points, groups):
            for group in groups:
                links.link([group[value] for value in values if value in group])
            text = f"{axis_text(axis)}: {listed(values)} make the same network"
            yield Finding("dead", text, "keep one of these values", axis=name)
        apart = [group for group in still if len({links.head(index) for index in group.values()}) > 1]
        yield from _dead_where(points, [each for each in axes if each != axis], axis, groups, apart, links)


def idle_names(
    points: Sequence[LintedPoint],
    axes: Sequence[tuple[str, ...]],
    fixed: Sequence[str],
    again: Again,
    thinned: frozenset[str] = frozenset(),
) -> Iterator[Finding]:
    """Names without which all networks would be the same.

    They are looked for where the points themselves do not tell: among names that go in step, on axes with a
    single value, and among overrides.
    """
    if not points or len(points) > MOST_BUILT:
        return
    fewer = {name for axis in axes if " and ".join(axis) in thinned for name in axis}
    single = [axis[0] for axis in axes if len(axis) == 1 and len({point.values[axis[0]] for point in points}) == 1]
    for name in (*(name for axis in axes if len(axis) > 1 for name in axis), *single, *fixed):
        if all(_unmoved(point, again(point.name, {name: None})) for point in points):
            what = "the override" if name in fixed else "the axis"
            left = f" {_LEFT}" if name in fewer else ""
            text = f"`{name}` changes nothing{left}: without it all points are the same networks"
            yield Finding("dead", text, None if left else f"leave {what} `{name}` out", axis=name)


def _unmoved(point: LintedPoint, network: Network | None) -> bool:
    return network is not None and network_hash(network) == point.digest


def _alike(points: Sequence[LintedPoint], indices: Iterable[int]) -> bool:
    return len({points[index].digest for index in indices}) == 1


def _twins(points: Sequence[LintedPoint], groups: Sequence[Group]) -> list[list[str]]:
    """Values that make the same network wherever both stand."""
    order = {value: None for group in groups for value in group}
    equal: dict[tuple[str, str], None] = {}
    for group in groups:
        last: dict[str, str] = {}
        for value in group:
            digest = points[group[value]].digest
            if digest in last:
                equal[last[digest], value] = None
            last[digest] = value
    pairs = [pair for pair in equal if all(_agree(points, group, *pair) for group in groups)]
    places = {value: index for index, value in enumerate(order)}
    links = Links(len(places))
    for pair in pairs:
        links.link([places[value] for value in pair])
    classes: dict[int, list[str]] = {}
    for value, at in places.items():
        classes.setdefault(links.head(at), []).append(value)
    return [values for values in classes.values() if len(values) > 1]


def _agree(points: Sequence[LintedPoint], group: Mapping[str, int], one: str, other: str) -> bool:
    if one not in group or other not in group:
        return True
    return points[group[one]].digest == points[group[other]].digest


def _dead_where(
    points: Sequence[LintedPoint],
    others: Sequence[tuple[str, ...]],
    axis: tuple[str, ...],
    groups: Sequence[Group],
    still: Sequence[Group],
    links: Links,
) -> Iterator[Finding]:
    """Values of another axis for which the axis changes nothing."""
    for other in others:
        left = [group for group in still if len({links.head(index) for index in group.values()}) > 1]
        if not left:
            return
        moving = {place(_any(points, group), other) for group in groups if not _alike(points, group.values())}
        for value in dict.fromkeys(place(_any(points, group), other) for group in left):
            if value in moving:
                continue
            there = [group for group in left if place(_any(points, group), other) == value]
            for group in there:
                links.link(group.values())
            count = sum(map(len, there))
            where = f"{axis_text(other)} {verb(other, 'is', 'are')} {value} ({count:,} points)"
            text = f"{axis_text(axis)} {verb(axis, 'changes', 'change')} nothing where {where}"
            hint = f"keep one value of {axis_text(axis)} there, with a line `when`"
            yield Finding("dead", text, hint, axis=" and ".join(axis))


def _any(points: Sequence[LintedPoint], group: Group) -> LintedPoint:
    return points[next(iter(group.values()))]
