"""Finds confounds: axes that change a cost as a side effect, and the `solve` that would keep it constant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log

from resdsl.analysis.costs import network_costs
from resdsl.elaborate.sweep_names import NETWORK
from resdsl.ir.network import Network
from resdsl.sweeps.lint.dead import Group, groups_along
from resdsl.sweeps.lint.findings import COMPARED_COSTS, Again, Finding, LintedPoint, axis_text, called, verb

LEAST = 0.001
"""Smaller relative changes are not reported."""
MOST_VALUES = 3
"""If an axis has more values than this besides its first, only the one that changes most is reported."""
NEAR = 0.1
"""A `solve` must come at least this close, as a fraction, to be suggested."""
WIDEST = 64
"""How many values of a parameter are tried for a `solve`."""
_SIZE = re.compile(r"[-+0-9.e x,\[\]]+")
"""Numbers, dims and lists of them, in the syntax of the language."""
SOLVABLE = ("macs", "params")


@dataclass(frozen=True, slots=True)
class _Moved:
    """The smallest and largest factor by which a quantity changes from the first value of an axis to another."""

    quantity: str
    least: float
    most: float

    @property
    def size(self) -> float:
        return max(abs(log(self.least)), abs(log(self.most)))

    @property
    def text(self) -> str:
        if self.most < 2 and self.least > 0.5:
            return f"{_between(_percent(self.least), _percent(self.most), '+.1f')} % {self.quantity}"
        return f"{_between(self.least, self.most, '.3g')} times the {self.quantity}"


def confounds(points: Sequence[LintedPoint], axes: Sequence[tuple[str, ...]], again: Again | None) -> Iterator[Finding]:
    """The costs that each axis changes, judged by points that differ only in it."""
    names = {name for axis in axes for name in axis}
    for axis in axes:
        groups = groups_along(points, axes, axis)
        first = next((value for group in groups for value in group), None)
        if first is None:
            continue
        moved = {value: effect for value in _values(groups) if (effect := _effect(points, groups, first, value))}
        if not moved:
            continue
        furthest = max(moved, key=lambda value: max(each.size for each in moved[value]))
        mentioned = moved if len(moved) <= MOST_VALUES else {furthest: moved[furthest]}
        name = " and ".join(axis)
        most = "" if mentioned is moved else ", most"
        steps = [
            f"{called(first)} to {called(value)}: {', '.join([each.text for each in effect])}"
            for value, effect in mentioned.items()
        ]
        text = f"{axis_text(axis)} also {verb(axis, 'changes', 'change')} costs{most} from {'; from '.join(steps)}"
        group = next(group for group in groups if first in group and furthest in group)
        base, other = points[group[first]], points[group[furthest]]
        hint = None
        if again is not None:
            there = [points[index] for index in group.values()]
            taken = names | _not_shared(other, there, again) if NETWORK in names else names
            hint = _hint(base, other, moved[furthest], taken, again, sized=_are_sizes(axis, points))
        yield Finding("confound", text, hint, axis=name)


def _values(groups: Sequence[Group]) -> list[str]:
    return list(dict.fromkeys(value for group in groups for value in group))


def _effect(points: Sequence[LintedPoint], groups: Sequence[Group], first: str, value: str) -> list[_Moved]:
    """The quantities that change from the first value to another, over all groups with both."""
    pairs = [
        (points[group[first]], points[group[value]])
        for group in groups
        if value != first and first in group and value in group
    ]
    moved = []
    for place, quantity in enumerate(COMPARED_COSTS):
        factors = [
            other.figures[place] / base.figures[place]
            for base, other in pairs
            if base.figures[place] and other.figures[place]
        ]
        if factors and max(abs(factor - 1) for factor in factors) >= LEAST:
            moved.append(_Moved(quantity, min(factors), max(factors)))
    return moved


def _hint(
    base: LintedPoint, other: LintedPoint, moved: Sequence[_Moved], axes: set[str], again: Again, *, sized: bool
) -> str | None:
    """Suggest the `solve` that brings the other point closest to the cost of the first.

    If no parameter does, suggest adding one, unless the axis is itself a size.
    """
    worst = max((each for each in moved if each.quantity in SOLVABLE), key=lambda each: each.size, default=None)
    if worst is None:
        return None
    target = base.figures[COMPARED_COSTS.index(worst.quantity)]
    off = abs(other.figures[COMPARED_COSTS.index(worst.quantity)] / target - 1)
    now = again(other.name, {})
    best: tuple[bool, float, str] | None = None
    for argument in now.arguments if now is not None else ():
        if argument.name in axes or type(argument.value) is not int or argument.value < 1 or now is None:
            continue
        found = _closest(other.name, now, argument.name, argument.value, worst.quantity, target, again)
        if found is not None and found[1] < min(off / 2, NEAR) and (best is None or found < best):
            best = found
    aim = f"{worst.quantity} = {target:_}, to match `{called(base.name)}`"
    if best is None:
        return None if sized else f"add a parameter that scales the width in small steps, and `solve` it for {aim}"
    deeper, left, wish = best
    deep = " at another depth" if deeper else ""
    return f"solve {wish} for {aim} (it comes within {100 * left:.1f} %{deep})"


def _not_shared(one: LintedPoint, points: Sequence[LintedPoint], again: Again) -> set[str]:
    """Parameters of a network that the other networks, or its variant, do not have."""
    now = again(one.name, {})
    found: set[str] = set()
    for argument in now.arguments if now is not None else ():
        value = argument.value
        if type(value) is int and not all(again(point.name, {argument.name: value}) for point in points):
            found.add(argument.name)
    return found


def _closest(
    point: str, now: Network, name: str, value: int, quantity: str, target: int, again: Again
) -> tuple[bool, float, str] | None:
    """How close a parameter brings the quantity: whether the depth changes, the relative miss, and the range to try.

    None for a parameter that changes input or output shapes, such as the number of classes.
    """
    low, high = max(1, value // 2), max(2 * value, value + 4)
    step = max(1, (high - low) // WIDEST)
    tried: list[tuple[float, bool]] = []
    depth = network_costs(now).depth
    for candidate in range(low, high + 1, step):
        network = now if candidate == value else again(point, {name: candidate})
        if network is None:
            continue
        if _faces(network) != _faces(now):
            return None
        costs = network_costs(network)
        tried.append((abs(getattr(costs, quantity) / target - 1), costs.depth != depth))
    if not tried:
        return None
    left, deeper = min(tried)
    return deeper, left, f"{name} in {low}..{high + 1}"


def _faces(network: Network) -> tuple[object, ...]:
    """The shapes of inputs and outputs."""
    return tuple(given.shape for given in network.inputs), tuple(network.values[tap.value] for tap in network.outputs)


def _are_sizes(axis: tuple[str, ...], points: Sequence[LintedPoint]) -> bool:
    return all(_SIZE.fullmatch(point.values[name]) for name in axis for point in points)


def _percent(factor: float) -> float:
    """The change as a percentage to one decimal; zero gets a plus sign."""
    return round(100 * (factor - 1), 1) + 0.0


def _between(least: float, most: float, form: str) -> str:
    low, high = format(least, form), format(most, form)
    return low if low == high else f"{low} to {high}"
