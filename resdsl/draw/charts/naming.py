"""Names of the points of a chart: beside their points where they fit, and otherwise listed below the chart by number,
or left out where marks say what points are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from math import hypot

from resdsl.draw.charts.placing import LabelPlace, Rect, Wanted, positioned
from resdsl.draw.metrics import fitted, width_of
from resdsl.draw.scene import Group, Item, Line, Point, text
from resdsl.draw.texts import clean

_SIZE = 7.0
_LONGEST = 150.0
_SAME_SPOT = 1.5


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What names have to do with.

    Attributes:
        frame: the rectangle that they stay within.
        taken: the middles of all that they must not cover, each of which extends by `radius`.
        line: a line through points, which they avoid if possible.
    """

    frame: Rect
    taken: Sequence[Point]
    radius: float
    line: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Naming:
    """The names of points.

    Attributes:
        items: the names and numbers beside their points.
        listed: each number with the index of its point.
        nameless: how many points have neither.
    """

    items: list[Item]
    listed: list[tuple[int, int]]
    nameless: int


def numbered_names(names: Sequence[str], own: Sequence[Point], urgent: frozenset[int], around: Surroundings) -> Naming:
    """Names beside points, and numbers for those that do not fit.

    Points on the same spot share a label made of numbers. A label that does not fit becomes a number, which takes
    precedence over all names; if it still does not fit, the labels nearest to it become numbers, too.

    Args:
        names: the names, more important ones first.
        own: their points.
        urgent: the indices of those that come before all others.
        around: what is there already.
    """
    groups = on_one_spot(own)
    short = [_short(names[group[0]]) for group in groups]
    numbered = {at for at, group in enumerate(groups) if len(group) > 1}
    while True:
        wording = _labels(groups, short, numbered)
        important = frozenset(at for at, group in enumerate(groups) if at in numbered or group[0] in urgent)
        places = _places(wording, [own[group[0]] for group in groups], important, around)
        failed = [at for at, place in enumerate(places) if place is None]
        more = {_nearest(at, numbered, groups, own) if at in numbered else at for at in failed}
        if more <= {None}:
            break
        numbered |= {at for at in more if at is not None}
    numbers = count(1)
    listed = [(next(numbers), index, places[at] is not None) for at in sorted(numbered) for index in groups[at]]
    return Naming(
        _drawn(wording, places),
        [(number, index) for number, index, visible in listed if visible],
        sum(not visible for *_, visible in listed),
    )


def fitting_names(names: Sequence[str], own: Sequence[Point], around: Surroundings) -> Naming:
    """The names that fit beside their points; points on the same spot share the name of the first of them."""
    groups = on_one_spot(own)
    more = [f" and {len(group) - 1} more" if len(group) > 1 else "" for group in groups]
    wording = [_short(f"{names[group[0]]}{rest}") for group, rest in zip(groups, more, strict=True)]
    places = _places(wording, [own[group[0]] for group in groups], frozenset(), around)
    nameless = [group[place is not None :] for group, place in zip(groups, places, strict=True)]
    return Naming(_drawn(wording, places), [], sum(map(len, nameless)))


def on_one_spot(spots: Sequence[Point]) -> list[list[int]]:
    """Indices of spots, grouped if they are visually indistinguishable from the first of a group."""
    groups: list[list[int]] = []
    cells: dict[tuple[int, int], list[int]] = {}
    for at, (x, y) in enumerate(spots):
        column, row = int(x // _SAME_SPOT), int(y // _SAME_SPOT)
        around = [cells.get((column + across, row + down), ()) for across in (-1, 0, 1) for down in (-1, 0, 1)]
        firsts = [(index, *spots[groups[index][0]]) for cell in around for index in cell]
        near = [index for index, first, top in firsts if hypot(first - x, top - y) < _SAME_SPOT]
        if near:
            groups[min(near)].append(at)
        else:
            cells.setdefault((column, row), []).append(len(groups))
            groups.append([at])
    return groups


def key_of(entries: Sequence[tuple[int, str]], left: float, top: float, width: float) -> tuple[list[Item], float]:
    """The names of the numbered points in columns from an upper left corner on, and their total height."""
    if not entries:
        return [], 0.0
    widest = max(width_of(clean(name), _SIZE) for _, name in entries) + 26
    columns = max(1, min(4, int(width / widest)))
    wide = width / columns
    lines = -(-len(entries) // columns)
    items: list[Item] = []
    for index, (number, name) in enumerate(entries):
        x, y = left + wide * (index // lines), top + 10 * (index % lines)
        items.append(text(x + 12, y, str(number), size=_SIZE, anchor="end", bold=True))
        items.append(text(x + 16, y, name, size=_SIZE, anchor="start", width=wide - 22))
    return [Group("names of the numbered points", tuple(items), "key")], 10.0 * lines + 6


def _short(name: str) -> tuple[str, float]:
    return fitted(clean(name), _SIZE, _LONGEST)


def _places(
    wording: Sequence[tuple[str, float]], own: Sequence[Point], urgent: frozenset[int], around: Surroundings
) -> list[LabelPlace | None]:
    wanted = [
        Wanted(point, width_of(content, size) + 2, size + 1.5, urgent=at in urgent)
        for at, (point, (content, size)) in enumerate(zip(own, wording, strict=True))
    ]
    return positioned(wanted, around.taken, around.radius, around.frame, around.line)


def _labels(
    groups: Sequence[Sequence[int]], names: Sequence[tuple[str, float]], numbered: set[int]
) -> list[tuple[str, float]]:
    """The label at each spot, with its size."""
    wording: list[tuple[str, float]] = []
    number = 1
    for at, group in enumerate(groups):
        if at not in numbered:
            wording.append(names[at])
            continue
        wording.append((str(number) if len(group) == 1 else f"{number}-{number + len(group) - 1}", _SIZE))
        number += len(group)
    return wording


def _nearest(at: int, numbered: set[int], groups: Sequence[Sequence[int]], own: Sequence[Point]) -> int | None:
    """The nearest group that still has a name."""
    x, y = own[groups[at][0]]
    rest = [other for other in range(len(groups)) if other not in numbered]
    return min(rest, key=lambda one: hypot(own[groups[one][0]][0] - x, own[groups[one][0]][1] - y), default=None)


def _drawn(wording: Sequence[tuple[str, float]], places: Sequence[LabelPlace | None]) -> list[Item]:
    items: list[Item] = []
    for (content, size), place in zip(wording, places, strict=True):
        if place is None:
            continue
        frame = place.frame
        items += [Line(place.leader, "leader")] if place.leader else []
        items.append(text(frame.left + 1, (frame.top + frame.bottom) / 2, content, size=size, anchor="start"))
    return items
