"""Draws one block: the elements of its wiring in their positions, and the wires between them as lines.

A wire runs straight down in a lane. It leaves a fork sideways and enters a sum or product from the side if nothing is
in the way; everywhere else, it changes lanes in the gap between two rows, so that it crosses no box.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from resdsl.draw.blocks.elements import BARE, JOINS, Wire, Wiring
from resdsl.draw.blocks.grid import MOST, RADIUS, SIZE, WORDS, Grid, Notes
from resdsl.draw.blocks.lanes import Lane
from resdsl.draw.blocks.strokes import Stroke
from resdsl.draw.scene import Box, Circle, Item, Line, Text, boxed, text
from resdsl.draw.texts import clean

_BEND = 9.0
_WORD = 10.0

_ABOUT = {
    "identity": "shortcut: identity",
    "projected": "shortcut: projection",
    "projection": "shortcut: projection, since the dimensions change",
    "padded": "shortcut without weights, since the dimensions change",
    "concat": "kept, and joined to the channels",
    "gate": "gate",
}


@dataclass(frozen=True, slots=True)
class Paint:
    """The styles of a drawn block.

    Attributes:
        box: returns the style of the box or circle of an element, given its index.
        word: returns the style of a box around the activation behind an element; empty for no box.
        line: returns the style of a wire.
        notes: returns text to add to the label of an element.
    """

    box: Callable[[int], str]
    word: Callable[[int], str]
    line: Callable[[Wire], str]
    notes: Notes


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawn block with its entrance centred at x = 0, y = 0.

    Attributes:
        left: how far it extends to the left of the entrance; `right` is to the right.
    """

    items: tuple[Item, ...]
    left: float
    right: float
    height: float


def drawing(wiring: Wiring, name: str, paint: Paint, entering: str, leaving: str) -> Drawing:
    """Draw a block.

    Args:
        wiring: the wiring of the block.
        name: the prefix for names of its boxes.
        paint: styles of boxes and lines, and text to add to labels.
        entering: the label of the input, such as `256-d`; `leaving` is that of the output.
    """
    return _Draughts(Grid(wiring, paint.notes, (entering, leaving)), name, paint).done()


class _Draughts:
    """Draws one block on its grid."""

    def __init__(self, grid: Grid, name: str, paint: Paint) -> None:
        self._grid = grid
        self._name = name
        self._paint = paint

    def done(self) -> Drawing:
        """The drawing."""
        lines: list[Item] = [self._straight(wire) for wire in self._grid.lanes.inside]
        words: list[Item] = []
        for lane in self._grid.lanes.lanes:
            lines += self._lane(lane)
            words += self._named(lane)
        lines += [self._across(wire) for wire in self._grid.lanes.across]
        for index in range(len(self._grid.elements)):
            words += self._words(index)
        boxes = [item for index in range(len(self._grid.elements)) for item in self._element(index)]
        left, right = self._reach(words)
        return Drawing((*lines, *boxes, *words), left, right, self._grid.height)

    def _reach(self, words: Sequence[Item]) -> tuple[float, float]:
        lefts = [self._grid.size(index)[0] for index in range(len(self._grid.elements))]
        rights = [self._grid.size(index)[1] for index in range(len(self._grid.elements))]
        for item in words:
            if isinstance(item, Text):
                lefts.append(item.left)
                rights.append(item.left + item.width)
            elif isinstance(item, Box):
                rights.append(item.right)
        lefts += [lane.x - 4 for lane in self._grid.lanes.lanes]
        rights += [lane.x + 4 for lane in self._grid.lanes.lanes]
        return -min(lefts), max(rights)

    def _line(self, wire: Wire, path: Stroke) -> Line:
        fork = self._grid.elements[wire.target].kind == "fork"
        ends = (self._named_box(wire.source), self._named_box(wire.target))
        return Line(
            tuple(path.points),
            self._paint.line(wire),
            arrow=not fork,
            curved=path.curved,
            source=ends[0],
            target=ends[1],
            about=_ABOUT.get(wire.style, ""),
        )

    def _named_box(self, index: int) -> str:
        return "" if self._grid.elements[index].kind in BARE else f"{self._name}.{index}"

    def _straight(self, wire: Wire) -> Line:
        x = self._grid.lanes.of[wire.source].x
        path = Stroke((x, self._grid.bottom(wire.source)))
        path.down(self._grid.top(wire.target))
        return self._line(wire, path)

    def _lane(self, lane: Lane) -> Iterator[Line]:
        """The wires into and out of a lane; for an empty lane, they are the same."""
        if lane.head is None:
            return
        path = self._start(lane, lane.head)
        if lane.elements:
            path.down(self._grid.top(lane.elements[0]))
            yield self._line(lane.head, path)
        if lane.tail is None:
            return
        if lane.elements:
            path = Stroke((lane.x, self._grid.bottom(lane.elements[-1])))
        self._finish(lane, lane.tail, path)
        yield self._line(lane.tail, path)

    def _bend(self, lane: Lane, wire: Wire, index: int) -> float:
        """The radius of a bend, which is smaller if there is little space."""
        high = self._grid.middle(wire.target) - self._grid.middle(wire.source)
        return min(_BEND, high / 2, abs(lane.x - self._grid.lanes.of[index].x) - RADIUS)

    def _start(self, lane: Lane, wire: Wire) -> Stroke:
        source, y = wire.source, self._grid.middle(wire.source)
        side = self._grid.side(wire, "head")
        if side:
            bend = self._bend(lane, wire, source)
            path = Stroke((self._grid.lanes.of[source].x, y))
            path.across(lane.x - side * bend)
            path.bend((lane.x, y), (lane.x, y + bend))
            return path
        at = self._grid.port(source, lane.x)
        path = Stroke((at, self._grid.bottom(source)))
        if abs(at - lane.x) > 0.01:
            path.down(self._grid.free(self._grid.row(source)))
            path.slant((lane.x, self._grid.below(self._grid.row(source))))
        return path

    def _finish(self, lane: Lane, wire: Wire, path: Stroke) -> None:
        target, y = wire.target, self._grid.middle(wire.target)
        side = self._grid.side(wire, "tail")
        if side:
            bend = self._bend(lane, wire, target)
            path.down(y - bend)
            path.bend((lane.x, y), (lane.x - side * bend, y))
            path.across(self._grid.lanes.of[target].x + side * RADIUS)
            return
        at = self._grid.port(target, lane.x)
        if abs(at - lane.x) > 0.01:
            path.down(max(self._grid.free(self._grid.row(target) - 1), path.points[-1][1]))
            path.slant((at, self._grid.top(target)))
        else:
            path.down(self._grid.top(target))

    def _across(self, wire: Wire) -> Line:
        """A wire to the row below in another lane."""
        source, target = wire.source, wire.target
        start, end = self._grid.lanes.of[source].x, self._grid.lanes.of[target].x
        side = 1.0 if start > end else -1.0
        forked = self._grid.elements[source].kind == "fork" and self._grid.elements[target].kind in JOINS
        if forked and self._grid.take(target, side):
            path = Stroke((start, self._grid.middle(source)))
            path.level((end + side * RADIUS, self._grid.middle(target)))
            return self._line(wire, path)
        path = Stroke((self._grid.port(source, end), self._grid.bottom(source)))
        path.down(self._grid.free(self._grid.row(source)))
        path.slant((self._grid.port(target, start), self._grid.top(target)))
        return self._line(wire, path)

    # ------------------------------------------------------------ boxes and words

    def _element(self, index: int) -> Iterator[Item]:
        element = self._grid.elements[index]
        if element.kind in BARE:
            return
        left, right, high = self._grid.size(index)
        y = self._grid.middle(index)
        name, about = f"{self._name}.{index}", clean(element.about)
        style = self._paint.box(index)
        if element.kind in JOINS:
            x, label = self._grid.lanes.of[index].x, element.label[0]
            yield Circle(x, y, RADIUS, style, label, size=SIZE, name=name, about=about)
            return
        box = Box(
            left, y - high / 2, right - left, high, style, self._grid.labels[index], size=SIZE, name=name, about=about
        )
        yield boxed(box)

    def _words(self, index: int) -> Iterator[Item]:
        element, x = self._grid.elements[index], self._grid.lanes.of[index].x
        if element.kind == "entrance" and self._grid.wording[0]:
            yield text(x - 4, self._grid.height_at(0) + 4, self._grid.wording[0], size=WORDS, anchor="end")
        elif element.kind == "exit" and self._grid.wording[1]:
            yield text(x - 4, self._grid.height - 4, self._grid.wording[1], size=WORDS, anchor="end")
        elif element.words:
            row = self._grid.row(index)
            y = min((self._grid.bottom(index) + self._grid.below(row)) / 2 - 0.5, self._grid.bottom(index) + 10.5)
            word = text(x + 4, y, " ".join(element.words), size=WORDS, anchor="start", width=MOST - 6)
            style = self._paint.word(index)
            if style:
                box = Box(x + 2.5, y - _WORD / 2, word.width + 4, _WORD, style, (word.text,), word.size)
                yield boxed(box, margin=1.0)
            else:
                yield word

    def _named(self, lane: Lane) -> Iterator[Item]:
        """The word beside an identity."""
        if lane.head and lane.head is lane.tail and self._grid.room(lane.head):
            y = sum(map(self._grid.height_at, lane.middle)) / 2
            yield text(lane.x + 4, y, "identity", size=WORDS, anchor="start", style="note")
