"""What columns and rows of boxes have in common: labels, names, levels of skips, and the lines of skips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resdsl.draw.descriptions import short
from resdsl.draw.metrics import LINE
from resdsl.draw.scene import Point
from resdsl.draw.strips.strip import Part, Skip
from resdsl.draw.texts import figure_text
from resdsl.ops.base import show

LABEL = 7.5
"""The size of labels in boxes in points."""


def with_times(part: Part) -> tuple[str, ...]:
    """The label, with the number of repeats."""
    if part.times == 1:
        return part.label
    return (*part.label[:-1], f"{part.label[-1]} x {figure_text(part.times)}")


def by_place(taps: Sequence[tuple[int, str]]) -> dict[int, str]:
    """The outputs after each box; there may be several, since norms and activations have no boxes."""
    found: dict[int, list[str]] = {}
    for place, name in taps:
        found.setdefault(place, []).append(name)
    return {place: ", ".join(names) for place, names in found.items()}


def box_height(lines: Sequence[str]) -> float:
    """The height of a box with these lines."""
    return 5.0 + LABEL * LINE * max(1, len(lines))


def part_names(number: int, parts: Sequence[Part]) -> Iterator[str]:
    """A name for each box, unique in the figure."""
    given: set[str] = set()
    for index, part in enumerate(parts):
        name = f"{number + 1}/{part.path or 'input'}"
        if name in given:
            name = f"{name}/{index}"
        given.add(name)
        yield name


def about_part(part: Part) -> str:
    """What a part is, for its tooltip."""
    costs = f"{figure_text(part.costs.params)} parameters, {figure_text(part.costs.macs)} multiply-adds"
    facts = [short(part.op), f"yields {show(part.shape)}", costs] if part.kind != "input" else [f"{show(part.shape)}"]
    return f"{short(part.path) or 'input'}: {'; '.join(filter(None, facts))}"


def levels_of(skips: Sequence[Skip]) -> list[int]:
    """For each skip, how many nested skips it encloses; skips above each other share a level."""
    levels = [0] * len(skips)
    highest = [-1] * max((skip.stop for skip in skips), default=0)
    for index in sorted(range(len(skips)), key=lambda index: (skips[index].stop - skips[index].start, index)):
        span = slice(skips[index].start, skips[index].stop)
        levels[index] = max(highest[span]) + 1
        highest[span] = [levels[index]] * len(highest[span])
    return levels


def side_line(start: Point, end: Point, right: float, out: float) -> tuple[Point, ...]:
    """A line out to the side, down, and back, with round corners, which crosses no box."""
    (x0, y0), (x1, y1) = start, end
    turn = min(out - right - 1, 7.0, (y1 - y0) / 2)
    flat = out - turn
    way: list[tuple[Point, Point, Point]] = [
        _straight((x0, y0), (flat, y0)),
        ((flat + turn * 0.55, y0), (out, y0 + turn * 0.45), (out, y0 + turn)),
        _straight((out, y0 + turn), (out, y1 - turn)),
        ((out, y1 - turn * 0.45), (flat + turn * 0.55, y1), (flat, y1)),
        _straight((flat, y1), (x1, y1)),
    ]
    return (start, *[point for step in way for point in step])


def _straight(start: Point, end: Point) -> tuple[Point, Point, Point]:
    (x0, y0), (x1, y1) = start, end
    return (x0 + (x1 - x0) / 3, y0 + (y1 - y0) / 3), (x0 + (x1 - x0) * 2 / 3, y0 + (y1 - y0) * 2 / 3), end
