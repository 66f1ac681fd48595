"""One network of a figure: its boxes stacked, with skips beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from resdsl.draw.descriptions import short
from resdsl.draw.metrics import width_of
from resdsl.draw.scene import Box, Group, Item, Line, Point, boxed, text
from resdsl.draw.strips.overlays import Painter
from resdsl.draw.strips.sides import (
    LABEL,
    about_part,
    box_height,
    by_place,
    levels_of,
    part_names,
    side_line,
    with_times,
)
from resdsl.draw.strips.strip import Skip, Strip
from resdsl.draw.texts import figure_text
from resdsl.ops.base import show

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
    """The appearance of columns in a view.

    Attributes:
        joined: whether the parts of a stage touch and form a single box.
        shapes: whether to show output shapes beside parts.
        titles: whether to show titles beside stages.
    """

    joined: bool = False
    shapes: bool = False
    titles: bool = False


class NetworkColumn:
    """A network in a figure, which is first measured and then drawn.

    Args:
        number: the index of the network in the figure.
        name: its name.
        headline: the line below its name.
        strip: its parts.
        painter: determines the styles of the parts.
        manner: the appearance of columns.
        ends: whether it is the beginning and the end of its network.
    """

    def __init__(
        self,
        number: int,
        name: str,
        headline: str,
        strip: Strip,
        painter: Painter,
        manner: Manner,
        ends: tuple[bool, bool] = (True, True),
    ) -> None:
        self._ends_here = ends
        self._number = number
        self._name = name
        self._headline = headline
        self._strip = strip
        self._painter = painter
        self._manner = manner
        folded = {index for fold in strip.folds for index in range(fold.start, fold.stop)}
        self._labels = [
            (*(part.label if index in folded else with_times(part)), *painter.words(part))
            for index, part in enumerate(strip.parts)
        ]
        self._taps = by_place(strip.taps)
        self._names = list(part_names(number, strip.parts))
        self._levels = levels_of(strip.skips)
        self._ends = {place for skip in strip.skips if self._around(skip) is None for place in (skip.start, skip.stop)}
        least = _ROW if manner.joined else 0.0
        self.sizes = tuple(
            [(self._gap(index), max(least, box_height(lines))) for index, lines in enumerate(self._labels)]
        )
        widest = max((width_of(line, LABEL) for lines in self._labels for line in lines), default=0.0)
        self._box = min(_WIDEST, max(_NARROWEST, widest + 2 * _MARGIN))
        self._reaches = self._room_right()
        shapes = max((width_of(show(part.shape), _NOTE) for part in strip.parts), default=0.0)
        right = self._reaches[-1] + (shapes + 4 if manner.shapes else 0.0)
        wings = (max(width_of(headline, _NOTE), min(_WIDEST, width_of(name, 9.0, bold=True))) - self._box) / 2
        self._left = max(self._room_left(), wings)
        self.width = self._left + self._box + max(right, wings)

    head = _HEAD
    """The height of the name above the boxes."""

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
        """The distance of each level of skips from the boxes, followed by the right end of the last."""
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
        name = text(middle, top + 7, self._name, size=9.0, bold=True, style="title", width=room)
        if not self._headline:
            return [name]
        return [name, text(middle, top + 17.5, self._headline, size=_NOTE, style="note", width=room)]

    def _part(self, index: int, left: float, y: float) -> Box:
        part = self._strip.parts[index]
        height = self.sizes[index][1]
        style = self._painter.style(self._number, index)
        label, name = self._labels[index], self._names[index]
        box = Box(left, y, self._box, height, style, label, LABEL, name=name, about=about_part(part))
        return boxed(box, margin=_MARGIN - 1.5)

    def _flow(self, boxes: Sequence[Box]) -> Iterator[Item]:
        for above, below in pairwise(boxes):
            if below.y - above.bottom > 1:
                points = ((above.middle[0], above.bottom), (below.middle[0], below.y))
                yield Line(points, "flow", arrow=True, source=above.name, target=below.name)
        ends = [skip.stop for skip in self._strip.skips if self._around(skip) is None]
        if not self._ends_here[0]:
            x, y = boxes[0].middle[0], boxes[0].y
            yield Line(((x, y - _GAP), (x, y)), "flow", arrow=True, target=boxes[0].name)
        if len(boxes) in [*ends, *self._taps] or not self._ends_here[1]:
            x, y = boxes[-1].middle[0], boxes[-1].bottom
            yield Line(((x, y), (x, y + _GAP)), "flow", arrow=True, source=boxes[-1].name)

    def _around(self, skip: Skip) -> int | None:
        """The index of the block that a skip bypasses, if it is drawn as one box."""
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
        points = side_line(start, end, boxes[0].right, out)
        about = ": ".join(filter(None, (skip.kind, short(skip.about))))
        style = self._painter.line(self._number, skip)
        yield Line(points, style, arrow=True, curved=True, source=source, target=target, about=about)
        if skip.label:
            middle = (start[1] + end[1]) / 2
            yield text(out + 2.5, middle, skip.label, size=_NOTE, anchor="start", style="note", width=40.0)

    def _leaving(self, place: int, boxes: Sequence[Box]) -> Point:
        """Where a skip leaves the path: right above the first box that it bypasses."""
        box = boxes[place]
        above = boxes[place - 1].bottom if place else box.y - (0.0 if self._ends_here[0] else _GAP)
        return (box.middle[0], box.y - _NEAR) if box.y - above > 2 * _NEAR else (box.right, box.y + 2.5)

    def _joining(self, place: int, boxes: Sequence[Box]) -> Point:
        """Where a skip joins the path: right below the last box that it bypasses."""
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
