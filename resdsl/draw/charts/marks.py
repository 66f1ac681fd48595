"""Marks of points: the colour of a mark is the value of one axis of a sweep, and its shape that of another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import get_args

from resdsl.draw.scene import ChartMark, Item, Shape, text
from resdsl.draw.themes import MARKS, mark_style

SHAPES: tuple[Shape, ...] = get_args(Shape)
_MOST = min(MARKS, len(SHAPES))
_SIZE, _ROW = 7.0, 12.0
_FRONT = 1.2
"""How much larger marks on the front are than others."""


@dataclass(frozen=True, slots=True)
class MarkedAxis:
    """An axis whose values marks tell apart, or groups of neighbouring values where there are many.

    Attributes:
        name: its name.
        groups: at most six values, or ranges of values, in order.
        of: the index of the group of each point.
    """

    name: str
    groups: tuple[str, ...]
    of: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Marking:
    """How points are marked.

    Attributes:
        colours: the axis that colours show.
        shapes: the axis that shapes show; the same if there is no other.
    """

    colours: MarkedAxis
    shapes: MarkedAxis

    def mark(self, at: int, x: float, y: float, radius: float, about: str, *, front: bool) -> ChartMark:
        """The mark of a point, given its index."""
        colour = mark_style(self.colours.of[at], len(self.colours.groups))
        style, size = (f"{colour}-front", _FRONT * radius) if front else (colour, radius)
        return ChartMark(x, y, size, SHAPES[self.shapes.of[at]], style, about)

    def legend(self, x: float, y: float, width: float, radius: float) -> tuple[list[Item], float]:
        """What colours and shapes mean, in lines from an upper left corner on, and their height."""
        both = self.shapes is self.colours

        def coloured(at: int, x: float, y: float) -> Item:
            style = mark_style(at, len(self.colours.groups))
            return ChartMark(x, y, radius, SHAPES[at if both else 0], style)

        items, height = _line(self.colours, coloured, x, y, width)
        if not both:
            more, below = _line(
                self.shapes, lambda at, x, y: ChartMark(x, y, radius, SHAPES[at], "point"), x, y + height, width
            )
            return [*items, *more], height + below
        return items, height

    @property
    def wording(self) -> str:
        """The same in a sentence."""
        if self.shapes is self.colours:
            return f"Colours and shapes of marks show `{self.colours.name}`."
        return f"Colours of marks show `{self.colours.name}`, shapes `{self.shapes.name}`."


def marking_of(parameters: Mapping[str, Sequence[object]], texts: Mapping[str, Sequence[str]]) -> Marking | None:
    """Marks by the first two axes of points; None if no axis has several values that can be told apart.

    An axis has up to six values, or more that are all numbers. One that says no more than the first is passed over, as
    axes that run in step do.

    Args:
        parameters: the value of each point, by axis.
        texts: likewise, as people read them.
    """
    first: MarkedAxis | None = None
    for name, values in parameters.items():
        found = _axis(name, values, texts[name])
        if found is None:
            continue
        if first is None:
            first = found
        elif len(set(zip(first.of, found.of, strict=True))) > len(first.groups):
            return Marking(first, found)
    return Marking(first, first) if first is not None else None


def _axis(name: str, values: Sequence[object], texts: Sequence[str]) -> MarkedAxis | None:
    """The axis with its groups; None if there is a single value, or many without an order."""
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    ordered = len(numbers) == len(values)
    known = dict(zip(texts, numbers if ordered else range(len(texts)), strict=True))
    distinct = sorted(known, key=known.__getitem__) if ordered else list(dict.fromkeys(texts))
    if len(distinct) < 2 or (len(distinct) > _MOST and not ordered):
        return None
    count = min(_MOST, len(distinct))
    group_of = {each: at * count // len(distinct) for at, each in enumerate(distinct)}
    ranges = [list(some) for _, some in groupby(distinct, key=group_of.__getitem__)]
    groups = tuple([some[0] if len(some) == 1 else f"{some[0]} to {some[-1]}" for some in ranges])
    return MarkedAxis(name, groups, tuple([group_of[each] for each in texts]))


def _line(
    axis: MarkedAxis, sample: Callable[[int, float, float], Item], x: float, y: float, width: float
) -> tuple[list[Item], float]:
    """The name of an axis and samples of its groups, wrapped to a width, and their height."""
    heading = text(x, y, axis.name, size=_SIZE, anchor="start", bold=True, width=width / 3)
    items: list[Item] = [heading]
    start = left = x + heading.width + 12
    row = y
    for at, group in enumerate(axis.groups):
        label = text(0, 0, group, size=_SIZE, anchor="start", style="note", width=width - (start - x) - 10)
        if left > start and left + 7 + label.width > x + width:
            left, row = start, row + _ROW
        items += [sample(at, left, row), text(left + 7, row, label.text, size=label.size, anchor="start", style="note")]
        left += 7 + label.width + 14
    return items, row + _ROW - y
