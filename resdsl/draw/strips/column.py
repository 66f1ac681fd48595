"""One network of a figure: its boxes one above the other, and beside them what passes them by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from resdsl.draw.descriptions import short
from resdsl.draw.metrics import LINE, width_of
from resdsl.draw.scene import Box, Group, Item, Line, Point, boxed, text
from resdsl.draw.strips.overlays import Painter
from resdsl.draw.strips.strip import Part, Skip, Strip
from resdsl.draw.texts import figure_text
from resdsl.ops.base import show

LABEL = 7.5
"""Size of labels in boxes, in points."""

_NOTE = 6.25
_GAP = 10.5
_NEAR = 3.6
_MARGIN = 5.0
_NARROWEST, _WIDEST = 76.0, 176.0
_HEAD = 27.0
_OUT = 8.0
_ROW = 20.0


@dataclass(frozen=True, slots=True)
class Manner:
    """What tells the columns of one view from those of another.

    Attributes:
        joined: whether the parts of a stage touch, so that together they are one box.
        shapes: whether the shape of what a part yields stands beside it.
        titles: whether the titles of stages stand beside them.
    """

    joined: bool = False
    shapes: bool = False
    titles: bool = False


class NetworkColumn:
    """A network in a figure, measured, then drawn where there is room for it.

    Args:
        number: which network of the figure it is.
        name: what it is called.
        headline: what stands below its name.
        strip: its parts.
        painter: gives them their looks.
        manner: what the view is like.
    """

    def __init__(self, number: int, name: str, headline: str, strip: Strip, painter: Painter, manner: Manner) -> None:
        self._number = number
        self._name = name
        self._headline = headline
        self._strip = strip
        self._painter = painter
        self._manner = manner
        folded = {index for fold in strip.folds for index in range(fold.start, fold.stop)}
        self._labels = [
            (*(part.label if index in folded else _with_times(part)), *painter.words(part))
            for index, part in enumerate(strip.parts)
        ]
        self._taps = _by_place(strip.taps)
        self._names = list(_names(number, strip.parts))
        self._levels = _levels(strip.skips)
        self._ends = {place for skip in strip.skips if self._around(skip) is None for place in (skip.start, skip.stop)}
        least = _ROW if manner.joined else 0.0
        self.sizes = tuple([(self._gap(index), max(least, _height(lines))) for index, lines in enumerate(self._labels)])
        widest = max((width_of(line, LABEL) for lines in self._labels for line in lines), default=0.0)
        self._box = min(_WIDEST, max(_NARROWEST, widest + 2 * _MARGIN))
        self._reaches = self._room_right()
        shapes = max((width_of(show(part.shape), _NOTE) for part in strip.parts), default=0.0)
        right = self._reaches[-1] + (shapes + 4 if manner.shapes else 0.0)
        wings = (max(width_of(headline, _NOTE), min(_WIDEST, width_of(name, 9.0, bold=True))) - self._box) / 2
        self._left = max(self._room_left(), wings)
        self.width = self._left + self._box + max(right, wings)

    head = _HEAD
    """How high the name above the boxes is."""

    def draw(self, x: float, top: float, tops: Sequence[float]) -> Group:
        """The column with its left edge at `x`.

        Args:
            x: its left edge.
            top: the upper edge of its name.
            tops: the upper edges of its parts.
        """
        left = x + self._left
        boxes = [self._part(index, left, y) for index, y in enumerate(tops)]
        items: list[Item] = [*self._title(left + self._box / 2, x, top), *self._flow(boxes)]
        for skip, level in zip(self._strip.skips, self._levels, strict=True):
            items += self._skip(skip, level, boxes)
        items += boxes
        items += self._beside(boxes)
        return Group(short(self._name), tuple(items), "network")

    # ------------------------------------------------------------ measuring

    def _gap(self, index: int) -> float:
        """The gap above a part."""
        if not self._manner.joined or not index or index in self._ends:
            return _GAP
        above, part = self._strip.parts[index - 1 : index + 1]
        alike = part.stage is not None or above.kind == part.kind == "block"
        return 0.0 if alike and above.stage == part.stage else _GAP

    def _room_left(self) -> float:
        words = [*self._taps.values()] + [f"x {figure_text(fold.times)}" for fold in self._strip.folds]
        wide = max((min(_WIDEST, width_of(word, _NOTE)) + 16 for word in words), default=0.0)
        titles = [part.title for part in self._strip.parts if part.title] if self._manner.titles else []
        return max(wide, max((min(60.0, width_of(title, LABEL, bold=True)) + 8 for title in titles), default=0.0))

    def _room_right(self) -> list[float]:
        """How far to the right of the boxes each level of skips is, then where the last one ends."""
        reaches = []
        out = 0.0
        for level in range(max(self._levels, default=-1) + 1):
            labels = [skip.label for skip, at in zip(self._strip.skips, self._levels, strict=True) if at == level]
            out += _OUT + (4.0 if self._manner.joined else 0.0)
            reaches.append(out)
            widest = max((min(40.0, width_of(label, _NOTE)) for label in labels), default=0.0)
            out += widest + 3 if widest else 0.0
        return [*reaches, out]

    # -------------------------------------------------------------- drawing

    def _title(self, middle: float, x: float, top: float) -> list[Item]:
        room = 2 * min(middle - x, x + self.width - middle) + 0.5
        return [
            text(middle, top + 7, self._name, size=9.0, bold=True, style="title", width=room),
            text(middle, top + 17.5, self._headline, size=_NOTE, style="note", width=room),
        ]

    def _part(self, index: int, left: float, y: float) -> Box:
        part = self._strip.parts[index]
        height = self.sizes[index][1]
        style = self._painter.style(self._number, index)
        label, name = self._labels[index], self._names[index]
        box = Box(left, y, self._box, height, style, label, LABEL, name=name, about=_about(part))
        return boxed(box, margin=_MARGIN - 1.5)

    def _flow(self, boxes: Sequence[Box]) -> Iterator[Item]:
        for above, below in pairwise(boxes):
            if below.y - above.bottom > 1:
                points = ((above.middle[0], above.bottom), (below.middle[0], below.y))
                yield Line(points, "flow", arrow=True, source=above.name, target=below.name)
        ends = [skip.stop for skip in self._strip.skips if self._around(skip) is None]
        if len(boxes) in [*ends, *self._taps]:
            x, y = boxes[-1].middle[0], boxes[-1].bottom
            yield Line(((x, y), (x, y + _GAP)), "flow", arrow=True, source=boxes[-1].name)

    def _around(self, skip: Skip) -> int | None:
        """The index of the block that a skip goes around, where it is drawn as one box."""
        single = skip.stop == skip.start + 1 and self._strip.parts[skip.start].kind == "block"
        return skip.start if single else None

    def _skip(self, skip: Skip, level: int, boxes: Sequence[Box]) -> Iterator[Item]:
        out = boxes[0].right + self._reaches[level]
        around = self._around(skip)
        if around is None:
            start, end = self._leaving(skip.start, boxes), self._joining(skip.stop, boxes)
        else:
            box = boxes[around]
            start, end = (box.right, box.y + 4), (box.right, box.bottom - 4)
        source = boxes[max(0, skip.start - 1)].name
        target = boxes[min(skip.stop, len(boxes) - 1)].name
        points = _side(start, end, boxes[0].right, out)
        about = ": ".join(filter(None, (skip.kind, short(skip.about))))
        style = self._painter.line(self._number, skip)
        yield Line(points, style, arrow=True, curved=True, source=source, target=target, about=about)
        if skip.label:
            middle = (start[1] + end[1]) / 2
            yield text(out + 2.5, middle, skip.label, size=_NOTE, anchor="start", style="note", width=40.0)

    def _leaving(self, place: int, boxes: Sequence[Box]) -> Point:
        """Where what passes by leaves the path: right above the first box that it passes."""
        box = boxes[place]
        above = boxes[place - 1].bottom if place else box.y
        return (box.middle[0], box.y - _NEAR) if box.y - above > 2 * _NEAR else (box.right, box.y + 2.5)

    def _joining(self, place: int, boxes: Sequence[Box]) -> Point:
        """Where it joins the path again: right below the last box that it passes."""
        box = boxes[place - 1]
        below = boxes[place].y if place < len(boxes) else box.bottom + _GAP
        return (
            (box.middle[0], box.bottom + _NEAR - 0.4)
            if below - box.bottom > 2 * _NEAR
            else (box.right, box.bottom - 2.5)
        )

    def _beside(self, boxes: Sequence[Box]) -> Iterator[Item]:
        left, right = boxes[0].x, boxes[0].right + self._reaches[-1]
        for place, name in self._taps.items():
            box = boxes[place - 1]
            gap = place == len(boxes) or boxes[place].y - box.bottom > 1
            x, y = (box.middle[0], box.bottom + _GAP / 2) if gap else (box.x, box.middle[1])
            yield Line(((x, y), (left - 11, y)), "flow", arrow=True, source=box.name)
            yield text(left - 13, y, name, size=_NOTE, anchor="end", style="note", width=self._left - 13)
        for fold in self._strip.folds:
            top, bottom = boxes[fold.start].y, boxes[fold.stop - 1].bottom
            yield Line(((left - 3, top), (left - 7, top), (left - 7, bottom), (left - 3, bottom)), "rule")
            yield text(left - 9, (top + bottom) / 2, f"x {figure_text(fold.times)}", size=_NOTE, anchor="end")
        for index, part in enumerate(self._strip.parts):
            box = boxes[index]
            if self._manner.shapes and part.kind != "input":
                yield text(right + 4, box.middle[1], show(part.shape), size=_NOTE, anchor="start", style="note")
            if self._manner.titles and part.title and (index == 0 or self._strip.parts[index - 1].stage != part.stage):
                yield text(
                    left - 8, box.middle[1], part.title, size=LABEL, anchor="end", bold=True, width=self._left - 8
                )


def _with_times(part: Part) -> tuple[str, ...]:
    """The label, with the number of repeats."""
    if part.times == 1:
        return part.label
    return (*part.label[:-1], f"{part.label[-1]} x {figure_text(part.times)}")


def _by_place(taps: Sequence[tuple[int, str]]) -> dict[int, str]:
    """What is put out behind each box: norms and activations have none, so that it may be more than one value."""
    found: dict[int, list[str]] = {}
    for place, name in taps:
        found.setdefault(place, []).append(name)
    return {place: ", ".join(names) for place, names in found.items()}


def _height(lines: Sequence[str]) -> float:
    return 5.0 + LABEL * LINE * max(1, len(lines))


def _names(number: int, parts: Sequence[Part]) -> Iterator[str]:
    """A name for each box, unique in the figure."""
    given: set[str] = set()
    for index, part in enumerate(parts):
        name = f"{number + 1}/{part.path or 'input'}"
        if name in given:
            name = f"{name}/{index}"
        given.add(name)
        yield name


def _about(part: Part) -> str:
    costs = f"{figure_text(part.costs.params)} parameters, {figure_text(part.costs.macs)} multiply-adds"
    facts = [short(part.op), f"yields {show(part.shape)}", costs] if part.kind != "input" else [f"{show(part.shape)}"]
    return f"{short(part.path) or 'input'}: {'; '.join(filter(None, facts))}"


def _levels(skips: Sequence[Skip]) -> list[int]:
    """For each skip how many others it goes around; skips that stand above each other share a level."""
    levels = [0] * len(skips)
    highest = [-1] * max((skip.stop for skip in skips), default=0)
    for index in sorted(range(len(skips)), key=lambda index: (skips[index].stop - skips[index].start, index)):
        span = slice(skips[index].start, skips[index].stop)
        levels[index] = max(highest[span]) + 1
        highest[span] = [levels[index]] * len(highest[span])
    return levels


def _side(start: Point, end: Point, right: float, out: float) -> tuple[Point, ...]:
    """A way out to the side, down, and back, with round corners; it crosses no box."""
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
