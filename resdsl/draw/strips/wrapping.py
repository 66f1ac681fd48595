"""Cuts a long strip into pieces of about the same length, where nothing bypasses the cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from resdsl.draw.errors import NotDrawn
from resdsl.draw.strips.strip import Strip


def wrapped(strip: Strip, count: int) -> Iterator[tuple[range, Strip]]:
    """The pieces of a strip, each with the range of its parts.

    Raises:
        NotDrawn: a strip has fewer places where it can be cut.
    """
    spans = [(each.start, each.stop) for each in strip.skips] + [(each.start, each.stop) for each in strip.folds]
    inside = {place for start, stop in spans for place in range(start + 1, stop)}
    free = [place for place in range(1, len(strip.parts)) if place not in inside]
    if len(free) < count - 1:
        raise NotDrawn(
            f"this network can be wrapped into {len(free) + 1} pieces at most: shortcuts pass all other places"
        )
    cuts: list[int] = []
    for number in range(1, count):
        left = free[free.index(cuts[-1]) + 1 if cuts else 0 : len(free) - (count - 1 - number)]
        cuts.append(min(left, key=lambda place: abs(place - len(strip.parts) * number / count)))
    for start, stop in zip([0, *cuts], [*cuts, len(strip.parts)], strict=True):
        yield range(start, stop), _piece(strip, start, stop)


def _piece(strip: Strip, start: int, stop: int) -> Strip:
    skips = [
        replace(skip, start=skip.start - start, stop=skip.stop - start)
        for skip in strip.skips
        if start <= skip.start and skip.stop <= stop
    ]
    folds = [
        replace(fold, start=fold.start - start, stop=fold.stop - start)
        for fold in strip.folds
        if start <= fold.start and fold.stop <= stop
    ]
    taps = [(place - start, name) for place, name in strip.taps if start < place <= stop]
    return replace(strip, parts=strip.parts[start:stop], skips=tuple(skips), folds=tuple(folds), taps=tuple(taps))
