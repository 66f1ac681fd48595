"""Lattices read back from what is written: their lines, and what is wrong with them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path

import resdsl
from resdsl.ir.network import Network
from tests.draw.drawn import boxes_of, drawn, faults, shipped
from tests.draw.figures import SVG, svg_tree, texts_of

HOME = Path(__file__).parent / "lattices"
NAMES = sorted(path.stem for path in HOME.glob("*.res"))
BRANCHING = [*NAMES, "backbone"]
"""Networks that branch, and one with taps."""


@cache
def network(name: str) -> Network:
    if name == "backbone":
        return shipped(name)
    return resdsl.load(HOME / f"{name}.res").ir


@cache
def figure(name: str) -> str:
    return drawn(network(name), view="lattice")


def lines_in(svg: str) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """The lines that values take: from where to where, and through which points."""
    for group in svg_tree(svg).iter(f"{SVG}g"):
        for path in group.findall(f"{SVG}path"):
            if path.get("class") == "line flow":
                numbers = [float(each) for each in path.attrib["d"].replace("L", " ").removeprefix("M").split()]
                yield group.findtext(f"{SVG}title") or "", list(zip(numbers[::2], numbers[1::2], strict=True))


def joined_in(svg: str) -> Counter[tuple[str, str]]:
    pairs = [title.partition(" to ") for title, _ in lines_in(svg)]
    return Counter((source, target) for source, _, target in pairs)


def faults_in(svg: str) -> list[str]:
    """What overlaps, and which lines run through boxes, circles, or labels, or along the lines of another value."""
    return [*faults(svg), *_struck(svg), *_along(svg)]


def _struck(svg: str) -> Iterator[str]:
    circles = [each for each in svg_tree(svg).iter(f"{SVG}circle") if each.get("class") == "circle join"]
    inside = {label for each in boxes_of(svg_tree(svg)) if each.style != "frameless" for label in each.label}
    loose = [text for text in texts_of(svg_tree(svg)) if text.text not in inside]
    for title, points in lines_in(svg):
        for (x, y), (end_x, end_y) in pairwise(points):
            left, right, top, bottom = min(x, end_x), max(x, end_x), min(y, end_y), max(y, end_y)
            for text in loose:
                if left < text.right and text.left < right and top < text.bottom and text.top < bottom:
                    yield f"{title} runs through {text.text}"
            for circle in circles:
                cx, cy, r = (float(circle.attrib[name]) - 0.1 * (name == "r") for name in ("cx", "cy", "r"))
                if left < cx + r and cx - r < right and top < cy + r and cy - r < bottom:
                    yield f"{title} runs through a circle at {cx}, {cy}"


def _along(svg: str) -> Iterator[str]:
    stretches = [
        (title.partition(" to ")[0], min(start, end), max(start, end))
        for title, points in lines_in(svg)
        for start, end in pairwise(points)
    ]
    for one, other in combinations(stretches, 2):
        if one[0] != other[0] and shared(one[1:], other[1:]) > 0.5:
            yield f"{one} runs along {other}"


def shared(one: tuple[tuple[float, float], ...], other: tuple[tuple[float, float], ...]) -> float:
    """The length that two stretches have in common."""
    for axis in (0, 1):
        level = {point[1 - axis] for point in (*one, *other)}
        if len(level) == 1:
            return min(one[1][axis], other[1][axis]) - max(one[0][axis], other[0][axis])
    return 0.0


def crossings(svg: str) -> int:
    """How often lines cross."""
    stretches = [tuple(sorted(pair)) for _, points in lines_in(svg) for pair in pairwise(points)]
    level = [pair for pair in stretches if pair[0][1] == pair[1][1]]
    upright = [pair for pair in stretches if pair[0][0] == pair[1][0]]
    return sum(
        left + 0.1 < x < right - 0.1 and top + 0.1 < y < bottom - 0.1
        for (left, y), (right, _) in level
        for (x, top), (_, bottom) in upright
    )


def coordinates(line: str) -> list[tuple[float, float]]:
    """The points of a command of TikZ."""
    return [(float(x), float(y)) for x, y in re.findall(r"\((-?[\d.]+),(-?[\d.]+)\)", line)]
