"""Whether the comparison that a sweep makes is fair: what is found before a machine is spent on it.

Three things are looked for. Points that are the same network under two names. Axes, values of axes and
overrides that change nothing. Confounds: axes that move parameters, multiply-adds, activations or depth
along with what they are about, by how much, and the `solve` that would hold it still.

Everything that is said is true of the points at hand and of nothing else: an axis is judged by points
that differ in it alone. Changes of less than one part in a thousand are not told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from resdsl.analysis.costs import Costs
from resdsl.diagnostics.problem import Problem
from resdsl.elaborate import errors
from resdsl.ir.network import Network
from resdsl.source import Span
from resdsl.sweeps.canonical import network_hash

if TYPE_CHECKING:
    from resdsl.sweeps.lint_dead import Links

QUANTITIES = ("params", "macs", "activations", "depth")
"""What an axis may move along, in the order in which it is told."""
LONGEST = 60
"""Characters of a point's name in a sentence."""
MOST_NAMED = 6
"""So many points, or groups of points, are named; of the others there is a number."""

Along = tuple[tuple[str, ...], tuple[str, ...]]
"""An axis, and values on it."""
Again = Callable[[str, Mapping[str, int | None]], Network | None]
"""Builds the point of that name once more, some parameters changed: to a number, or with None as the
network has them by itself. None where that cannot be built."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A point, as far as the lint looks at it.

    Attributes:
        name: its name.
        values: its parameters as the language writes them.
        digest: the hash of its network.
        figures: its `QUANTITIES`.
    """

    name: str
    values: Mapping[str, str]
    digest: str
    figures: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a reader of the comparison would want to know.

    Attributes:
        kind: `same` for one network under several names, `dead` for what changes nothing, `confound` for an
            axis that moves a cost along.
        text: one line that suffices alone.
        hint: what to do about it, if anything.
        points: names of the points it is about; for an axis as a whole none.
        axis: the axis it is about.
    """

    kind: Literal["same", "dead", "confound"]
    text: str
    hint: str | None = None
    points: tuple[str, ...] = ()
    axis: str | None = None

    def problem(self, span: Span | None) -> Problem:
        """The finding as a warning, at the place that it is about."""
        kinds = {"same": errors.SameNetwork, "dead": errors.ChangesNothing, "confound": errors.AlsoMoves}
        return kinds[self.kind](span=span, text=self.text, advice=self.hint)

    @property
    def plain(self) -> dict[str, object]:
        """The finding for JSON."""
        return {
            "code": self.problem(None).code,
            "kind": self.kind,
            "text": self.text,
            "hint": self.hint,
            "points": list(self.points),
            "axis": self.axis,
        }


def seen(name: str, values: Mapping[str, str], network: Network, costs: Costs) -> Seen:
    """What the lint needs of a point; the network need not be kept."""
    return Seen(name, values, network_hash(network), tuple([getattr(costs, each) for each in QUANTITIES]))


def lint(
    points: Sequence[Seen],
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
        thinned: axes of which conditions have left one value of several: it is not the axis that changes nothing.
    """
    from resdsl.sweeps.lint_confounds import confounds
    from resdsl.sweeps.lint_dead import Links, dead_axes, idle_names

    links = Links(len(points))
    found = [*dead_axes(points, axes, links)]
    if again is not None:
        told = {*(finding.axis for finding in found), *thinned}
        found += idle_names(points, [axis for axis in axes if " and ".join(axis) not in told], tuple(fixed), again)
    found += _same(points, axes, links)
    found += confounds(points, axes, again if solved is None else None)
    return tuple(found)


def place(point: Seen, axis: tuple[str, ...]) -> str:
    """The point's value on an axis, as people read it."""
    return ", ".join([point.values[name] for name in axis])


def said(axis: tuple[str, ...]) -> str:
    """An axis in a sentence: its names, several where they go in step."""
    return " and ".join([f"`{name}`" for name in axis])


def verb(axis: tuple[str, ...], one: str, several: str) -> str:
    """What an axis does: names in step do it in the plural."""
    return one if len(axis) == 1 else several


def called(name: str) -> str:
    """A name or a value in a sentence, its beginning if it is long."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 3]}..."


def listed(names: Sequence[str]) -> str:
    """Names in a row, the last after `and`; of many the first, and how many more there are."""
    shown = [f"`{called(name)}`" for name in names[:MOST_NAMED]]
    if len(names) > MOST_NAMED:
        return f"{', '.join(shown)} and {len(names) - MOST_NAMED:,} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _same(points: Sequence[Seen], axes: Sequence[tuple[str, ...]], links: Links) -> list[Finding]:
    """Points with equal networks for which no axis accounts as a whole."""
    by_digest: dict[str, list[int]] = {}
    for index, point in enumerate(points):
        by_digest.setdefault(point.digest, []).append(index)
    groups: dict[Along | None, list[list[Seen]]] = {}
    for indices in by_digest.values():
        heads = {links.head(index): index for index in reversed(indices)}
        if len(heads) > 1:
            group = [points[index] for index in sorted(heads.values())]
            groups.setdefault(_between(group, axes), []).append(group)
    found = []
    single = groups.pop(None, [])
    for where, alike in groups.items():
        if len(alike) > 1 and where is not None:
            found.append(_value_told(*where, alike, axes))
        else:
            single += alike
    found += [_told([point.name for point in group]) for group in single[:MOST_NAMED]]
    if len(single) > MOST_NAMED:
        rest = [[point.name for point in group] for group in single[MOST_NAMED:]]
        text = f"{len(rest):,} more groups of points are each one network; the first is {listed(rest[0])}"
        found.append(Finding("same", text, points=tuple([name for group in rest for name in group])))
    return found


def _between(group: Sequence[Seen], axes: Sequence[tuple[str, ...]]) -> Along | None:
    """The one axis along which the points lie, and their values there; None if there are more axes than one."""
    apart = [axis for axis in axes if len({place(point, axis) for point in group}) > 1]
    return (apart[0], tuple([place(point, apart[0]) for point in group])) if len(apart) == 1 else None


def _value_told(
    axis: tuple[str, ...], values: tuple[str, ...], alike: Sequence[Sequence[Seen]], axes: Sequence[tuple[str, ...]]
) -> Finding:
    """Values that make one network in some places, and what these have in common."""
    common = []
    for other in axes:
        there = {place(group[0], other) for group in alike}
        if other != axis and len(there) == 1:
            common.append(f"{said(other)} {verb(other, 'is', 'are')} {there.pop()}")
    where = f", all where {' and '.join(common)}" if common else ""
    text = f"{said(axis)}: {listed(values)} make the same network in {len(alike):,} places{where}"
    names = tuple([point.name for group in alike for point in group])
    return Finding("dead", text, "leave all but one of these points out with `when`", names, " and ".join(axis))


def _told(names: Sequence[str]) -> Finding:
    return Finding("same", f"{listed(names)} are the same network", "compare one of them", tuple(names))
