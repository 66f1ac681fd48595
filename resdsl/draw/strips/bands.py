"""Aligns parts with the same output size at the same height, as in Figure 3 of He et al. 2015."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from resdsl.draw.strips.strip import Part
from resdsl.ops.base import Shape


@dataclass(frozen=True, slots=True)
class Band:
    """Parts of several networks with the same output size.

    Attributes:
        size: the spatial sizes.
        stretches: for each network, the range of its parts in this band, which may be empty.
    """

    size: Shape
    stretches: tuple[range, ...]


def bands(rows: Sequence[Sequence[Part]]) -> tuple[Band, ...]:
    """The bands from top to bottom; the parts of each network keep their order."""
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
    """The vertical positions of parts.

    Attributes:
        tops: for each network, the upper edges of its parts.
        band_tops: the upper edges of the bands.
        bottom: the lower edge of everything.
    """

    tops: tuple[tuple[float, ...], ...]
    band_tops: tuple[float, ...]
    bottom: float


def heights(found: Sequence[Band], sizes: Sequence[Sequence[tuple[float, float]]], top: float, apart: float) -> Heights:
    """Place parts below each other so that every band starts at the same height for all networks.

    Args:
        found: the bands.
        sizes: for each part of each network, the gap above it if it follows another in its band, and its height.
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
