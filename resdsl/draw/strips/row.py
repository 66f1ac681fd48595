"""One network of a figure laid across: its boxes in a row, with skips above and outputs below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from resdsl.draw.descriptions import short
from resdsl.draw.metrics import LINE, width_of
from resdsl.draw.scene import Box, Group, Item, Line, Point, boxed, text
from resdsl.draw.strips.overlays import Painter
from resdsl.draw.strips.sides import LABEL, about_part, by_place, levels_of, part_names, side_line, with_times
from resdsl.draw.strips.strip import Skip, Strip
from resdsl.draw.texts import figure_text

_NOTE = 6.25
_GAP = 10.5
_NEAR = 3.6
_MARGIN = 3.5
_NARROWEST, _WIDEST = 22.0, 60.0
_OUT = 8.0
_NAME = 13.0
_HEAD = 10.0


class NetworkRow:
    """A network in a figure, which is first measured and then drawn; the arguments are those of `NetworkColumn`."""

    def __init__(
        self, number: int, name: str, headline: str, strip: Strip, painter: Painter, ends: tuple[bool, bool]
    ) -> None:
        self._number = number
        self._name = name
        self._headline = headline
        self._strip = strip
        self._painter = painter
        self._starts, self._stops = ends
        folded = {index for fold in strip.folds for index in range(fold.start, fold.stop)}
        self._labels = [
            (*_words(part.label if index in folded else with_times(part)), *_words(painter.words(part)))
            for index, part in enumerate(strip.parts)
        ]
        self._taps = by_place(strip.taps)
        self._names = list(part_names(number, strip.parts))
        self._levels = levels_of(strip.skips)
        self._box = max(5.0 + LABEL * LINE * len(lines) for lines in self._labels)
        self.sizes = tuple([(_GAP, self._width(lines)) for lines in self._labels])
        labelled = any(skip.label for skip in strip.skips)
        self._above = _OUT * (max(self._levels, default=-1) + 1) + (7.0 if labelled else 0.0)
        below = max(16.0 if self._taps else 0.0, 14.0 if strip.folds else 0.0)
        self.height = _NAME + _HEAD + self._above + self._box + below

    @property
    def tail(self) -> float:
        """The room that is needed to the right of the last box."""
        return _GAP if not self._stops or len(self._strip.parts) in self._ends() else 0.0

    def draw(self, y: float, left: float, lefts: Sequence[float]) -> Group:
        """The row with its upper edge at `y`.

        Args:
            y: its upper edge.
            left: the left edge of its name.
            lefts: the left edges of its parts.
        """
        top = y + _NAME + _HEAD + self._above
        boxes = [self._part(index, x, top) for index, x in enumerate(lefts)]
        items: list[Item] = [*self._title(left, y), *self._flow(boxes)]
        for skip, level in zip(self._strip.skips, self._levels, strict=True):
            items += self._skip(skip, level, boxes)
        return Group(short(self._name), (*items, *boxes, *self._beside(boxes)), "network")

    def sizes_at(self, y: float) -> float:
        """The height at which output sizes stand, for a row with its upper edge at `y`."""
        return y + _NAME + 4

    def _width(self, lines: Sequence[str]) -> float:
        widest = max(width_of(line, LABEL) for line in lines)
        return min(_WIDEST, max(_NARROWEST, widest + 2 * _MARGIN))

    def _ends(self) -> list[int]:
        return [*(skip.stop for skip in self._strip.skips), *self._taps]

    def _title(self, left: float, y: float) -> Iterator[Item]:
        name = text(left, y + 6, self._name, size=9.0, anchor="start", bold=True, style="title")
        yield name
        if self._headline:
            yield text(left + name.width + 8, y + 6, self._headline, size=_NOTE, anchor="start", style="note")

    def _part(self, index: int, x: float, top: float) -> Box:
        part = self._strip.parts[index]
        style = self._painter.style(self._number, index)
        size = self.sizes[index][1]
        name, about = self._names[index], about_part(part)
        return boxed(
            Box(x, top, size, self._box, style, self._labels[index], LABEL, name=name, about=about), margin=1.5
        )

    def _flow(self, boxes: Sequence[Box]) -> Iterator[Item]:
        for one, other in pairwise(boxes):
            points = ((one.right, one.middle[1]), (other.x, other.middle[1]))
            yield Line(points, "flow", arrow=True, source=one.name, target=other.name)
        if not self._starts:
            x, y = boxes[0].x, boxes[0].middle[1]
            yield Line(((x - _GAP, y), (x, y)), "flow", arrow=True, target=boxes[0].name)
        if self.tail:
            x, y = boxes[-1].right, boxes[-1].middle[1]
            yield Line(((x, y), (x + _GAP, y)), "flow", arrow=True, source=boxes[-1].name)

    def _skip(self, skip: Skip, level: int, boxes: Sequence[Box]) -> Iterator[Item]:
        first, last = boxes[skip.start], boxes[skip.stop - 1]
        middle, top = first.middle[1], first.y
        out = _OUT * (level + 1)
        start, end = (first.x - _NEAR, middle), (last.right + _NEAR - 0.4, middle)
        points = _upwards(start, end, top, out)
        source, target = boxes[max(0, skip.start - 1)].name, boxes[min(skip.stop, len(boxes) - 1)].name
        about = ": ".join(filter(None, (skip.kind, short(skip.about))))
        style = self._painter.line(self._number, skip)
        yield Line(points, style, arrow=True, curved=True, source=source, target=target, about=about)
        if skip.label:
            room = end[0] - start[0]
            yield text((start[0] + end[0]) / 2, top - out - 4, skip.label, size=_NOTE, style="note", width=room)

    def _beside(self, boxes: Sequence[Box]) -> Iterator[Item]:
        bottom = boxes[0].bottom
        for place, name in self._taps.items():
            box = boxes[place - 1]
            x = box.right + _GAP / 2
            yield Line(((x, box.middle[1]), (x, bottom + 7)), "flow", arrow=True, source=box.name)
            yield text(x, bottom + 11.5, name, size=_NOTE, style="note", width=_WIDEST)
        for fold in self._strip.folds:
            left, right = boxes[fold.start].x, boxes[fold.stop - 1].right
            y = bottom + 4
            yield Line(((left, y - 2), (left, y), (right, y), (right, y - 2)), "rule")
            yield text((left + right) / 2, y + 5.5, f"x {figure_text(fold.times)}", size=_NOTE)


def _words(lines: Sequence[str]) -> tuple[str, ...]:
    """Lines of a label one word each, since boxes that stand abreast are narrow."""
    short_lines = [line.replace(" x ", " x\0").replace(",", " ").replace(" · ", " ") for line in lines]
    return tuple([word.replace("\0", " ") for line in short_lines for word in line.split()])


def _upwards(start: Point, end: Point, top: float, out: float) -> tuple[Point, ...]:
    """A line up above the boxes, along them, and back: that of a column, turned."""
    turned = side_line((-start[1], start[0]), (-end[1], end[0]), -top, -top + out)
    return tuple([(y, -x) for x, y in turned])
