"""Rows of parts side by side: what yields maps of one size stands at one height, as in Figure 3 of He et al. 2015."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from resdsl.draw.strips.strip import Part
from resdsl.ops.base import Shape


@dataclass(frozen=True, slots=True)
class Band:
    """Parts of several networks that yield maps of one size.

    Attributes:
        size: the spatial sizes.
        stretches: for each network the indices of its parts in this band; an empty range if it has none.
    """

    size: Shape
    stretches: tuple[range, ...]


def bands(rows: Sequence[Sequence[Part]]) -> tuple[Band, ...]:
    """The bands from top to bottom; within each network the parts keep their order."""
    found: list[Band] = []
    for index, row in enumerate(rows):
        found = _joined(found, index, _stretches(row))
    return tuple(found)


def _stretches(row: Sequence[Part]) -> list[tuple[Shape, range]]:
    found = []
    for size, group in groupby(enumerate(row), lambda pair: pair[1].size):
        indices = [index for index, _ in group]
        found.append((size, range(indices[0], indices[-1] + 1)))
    return found


def _joined(before: list[Band], count: int, new: list[tuple[Shape, range]]) -> list[Band]:
    """The bands with one more network."""
    from difflib import SequenceMatcher

    sizes, others = [band.size for band in before], [size for size, _ in new]
    out: list[Band] = []
    none = range(0)
    for tag, start, end, first, last in SequenceMatcher(None, sizes, others, autojunk=False).get_opcodes():
        if tag == "equal":
            pairs = zip(before[start:end], new[first:last], strict=True)
            out += [Band(band.size, (*band.stretches, stretch)) for band, (_, stretch) in pairs]
        else:
            out += [Band(band.size, (*band.stretches, none)) for band in before[start:end]]
            out += [Band(size, (*[none] * count, stretch)) for size, stretch in new[first:last]]
    return out


@dataclass(frozen=True, slots=True)
class Heights:
    """Where parts stand.

    Attributes:
        tops: for each network the upper edges of its parts.
        band_tops: the upper edges of the bands.
        bottom: the lower edge of all.
    """

    tops: tuple[tuple[float, ...], ...]
    band_tops: tuple[float, ...]
    bottom: float


def heights(found: Sequence[Band], sizes: Sequence[Sequence[tuple[float, float]]], top: float, apart: float) -> Heights:
    """Place parts below each other, every band starting at one height for all networks.

    Args:
        found: the bands.
        sizes: for each part of each network the gap above it, where it follows another in its band, and its height.
        top: the upper edge of the first band.
        apart: the gap between bands.
    """
    tops: list[list[float]] = [[] for _ in sizes]
    starts: list[float] = []
    y = end = top
    for band in found:
        starts.append(y)
        for index, stretch in enumerate(band.stretches):
            bottom = y
            for part in stretch:
                gap, height = sizes[index][part]
                place = bottom if part == stretch[0] else bottom + gap
                tops[index].append(place)
                bottom = place + height
            end = max(end, bottom)
        y = end + apart
    return Heights(tuple(map(tuple, tops)), tuple(starts), end)
