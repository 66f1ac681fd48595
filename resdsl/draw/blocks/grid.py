"""The sizes of the elements of a block, the heights of its rows, and the sides at which lanes reach elements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from math import inf

from resdsl.draw.blocks.abreast import put_abreast
from resdsl.draw.blocks.elements import BARE, BARS, JOINS, Element, Wire, Wiring
from resdsl.draw.blocks.lanes import Lane, lanes_of
from resdsl.draw.metrics import width_of
from resdsl.draw.texts import clean

SIZE = 8.0
"""The size of labels in points."""

WORDS = 7.0
"""The size of words beside lines."""

RADIUS = 6.0
"""The radius of circles."""

MOST = 170.0
"""The maximum width of boxes and words."""

_LINE = 9.6
_HEIGHT = 16.0
_BAR = 13.0
_LEAST = 46.0
_NEAR = 4.0
_SLANT = 20.0
_WORDY = 13.0

Notes = Callable[[Element], tuple[str, ...]]
"""Text to add to the label of an element."""


def half_width(labels: Sequence[tuple[str, ...]]) -> float:
    """Half the width of boxes with these labels."""
    wide = max([width_of(clean(line), SIZE) for label in labels for line in label], default=0.0)
    return min(max(wide + 14.0, _LEAST), MOST) / 2


class Grid:
    """The rows and lanes of a block with all their sizes.

    Args:
        wiring: the wiring of the block.
        notes: text to add to labels.
        wording: the labels of the input and of the output.
    """

    def __init__(
        self,
        wiring: Wiring,
        notes: Notes,
        wording: tuple[str, str],
    ) -> None:
        self.elements = wiring.elements
        self.wording = wording
        self.labels = [(*each.label, *notes(each)) if each.kind not in BARE else () for each in wiring.elements]
        self._half = {
            role: half_width(
                [
                    label
                    for each, label in zip(wiring.elements, self.labels, strict=True)
                    if each.role == role and each.kind not in (*JOINS, *BARS)
                ]
            )
            for role in ("main", "shortcut", "gate")
        }
        self.lanes = lanes_of(wiring)
        put_abreast(self.lanes, self._extents, self.room)
        self._into: dict[int, int] = defaultdict(int)
        for wire in wiring.wires:
            self._into[wire.target] += 1
        self._taken: set[tuple[int, float]] = set()
        self._sides = self._choose_sides()
        self._y = self._heights()

    # ------------------------------------------------------------------- sizes

    def _extents(self, element: Element) -> tuple[float, float]:
        """How far an element extends from its lane, including the words beside the arrow below it."""
        half = self._half_of(element)
        words = width_of(clean(" ".join(element.words)), WORDS) + 6.0 if element.words else 0.0
        if element.kind in {"entrance", "exit"}:
            wording = self.wording[element.kind == "exit"]
            return (width_of(clean(wording), WORDS) + 7 if wording else 4.0), 4.0
        return half, max(half, min(words, MOST))

    def _half_of(self, element: Element) -> float:
        if element.kind in BARE:
            return 3.0
        if element.kind in JOINS:
            return RADIUS
        return half_width([("concat",)]) if element.kind in BARS else self._half[element.role]

    def size(self, index: int) -> tuple[float, float, float]:
        """Left and right end, and height."""
        element, x = self.elements[index], self.lanes.of[index].x
        half = self._half_of(element)
        if element.kind in BARE:
            return x, x, 0.0
        if element.kind in JOINS:
            return x - half, x + half, 2 * half
        if element.kind in BARS:
            return *self._bar(index), _BAR
        return x - half, x + half, _HEIGHT + _LINE * (len(self.labels[index]) - 1)

    def _bar(self, index: int) -> tuple[float, float]:
        """Left and right end of a bar: over all that it splits or merges, unless something else is in the way."""
        x, half = self.lanes.of[index].x, self._half_of(self.elements[index])
        left, right = self.lanes.bar(index, half)
        for low, high in self._others(index):
            if high > left and low < right:
                left, right = (left, min(right, low - _NEAR)) if low > x else (max(left, high + _NEAR), right)
        return left, right

    def _others(self, index: int) -> Iterator[tuple[float, float]]:
        """Everything else in the row of an element, or passing through it."""
        row, x, half = self.row(index), self.lanes.of[index].x, self._half_of(self.elements[index])
        for other, at in enumerate(self.lanes.rows):
            if at == row and other != index:
                middle, wide = self.lanes.of[other].x, self._half_of(self.elements[other])
                if self.elements[other].kind in BARS:  # both reach halfway to each other at most
                    side = 1 if middle > x else -1
                    wide = side * (middle - (x + side * half + middle - side * wide) / 2)
                yield middle - wide, middle + wide
        for lane in self.lanes.lanes:
            if lane is not self.lanes.of[index] and lane.fills(row):
                yield lane.x, lane.x

    def room(self, wire: Wire) -> float:
        """The space for the word beside a wire."""
        return width_of("identity", WORDS) + 5 if wire.style == "identity" else 0.0

    # -------------------------------------------------------------------- rows

    def _heights(self) -> list[float]:
        """The middle of each row."""
        rows: dict[int, list[int]] = defaultdict(list)
        for index, row in enumerate(self.lanes.rows):
            rows[row].append(index)
        slanted = set(self._slanted())
        places: list[float] = []
        y = 0.0
        for row in range(max(rows) + 1):
            high = max([self.size(index)[2] for index in rows[row]], default=0.0)
            places.append(y + high / 2)
            y += high + self._gap(rows[row], rows.get(row + 1, []), slanted=row in slanted)
        return places

    def _gap(self, above: Sequence[int], below: Sequence[int], *, slanted: bool) -> float:
        kinds = {self.elements[index].kind for index in above}
        following = {self.elements[index].kind for index in below}
        least = _SLANT if slanted else 0.0
        if any(self.elements[index].words for index in above):
            return least + _WORDY if slanted else 19.0 if following == {"fork"} else 22.0
        if "exit" in following:
            return max(least, 16.0 if self.wording[1] else 14.0)
        if kinds == {"entrance"}:
            return max(least, 14.0)
        if kinds == {"fork"} or following == {"fork"}:
            return max(least, 10.0)
        return max(least, 14.0)

    def _slanted(self) -> Iterator[int]:
        """Rows below which a wire changes lanes."""
        rows = self.lanes.rows
        for lane in self.lanes.lanes:
            if lane.head and self._is_aside(lane, lane.head, "head", lane.head.source):
                yield rows[lane.head.source]
            if lane.tail and self._is_aside(lane, lane.tail, "tail", lane.tail.target):
                yield rows[lane.tail.target] - 1
        yield from (rows[wire.source] for wire in self.lanes.across)

    def _is_aside(self, lane: Lane, wire: Wire, end: str, index: int) -> bool:
        return not self.side(wire, end) and abs(self.port(index, lane.x) - lane.x) > 0.01

    def port(self, index: int, x: float) -> float:
        """Where a wire from or to a lane at `x` meets an element."""
        left, right, _ = self.size(index)
        if self.elements[index].kind in BARS:
            return min(max(x, left + 6), right - 6)
        return self.lanes.of[index].x

    # ------------------------------------------------------------------- sides

    def _choose_sides(self) -> dict[tuple[Wire, str], float]:
        """For ends of lanes at the side of an element, whether that is the right side (1) or the left side (-1)."""
        found: dict[tuple[Wire, str], float] = {}
        for lane in sorted(self.lanes.lanes, key=lambda each: (each.last - each.first, each.first)):
            if (
                lane.head
                and self.elements[lane.head.source].kind == "fork"
                and lane.first == self.row(lane.head.source)
            ):
                side = self._side_of(lane, lane.head.source, lane.head.source)
                if side:
                    found[lane.head, "head"] = side
            if lane.tail and self.elements[lane.tail.target].kind in JOINS and self._into[lane.tail.target] > 1:
                target = lane.tail.target
                side = self._side_of(lane, target, lane.head.source if lane.head else -1)
                if side and self.take(target, side):
                    found[lane.tail, "tail"] = side
        return found

    def row(self, index: int) -> int:
        """The row of an element."""
        return self.lanes.rows[index]

    def _side_of(self, lane: Lane, index: int, source: int) -> float:
        """The side of an element at which a lane is; 0 if something is between them."""
        x, row = self.lanes.of[index].x, self.row(index)
        low, high = min(x, lane.x) + 1, max(x, lane.x) - 1
        if high <= low:
            return 0.0
        for other in self.lanes.lanes:
            kin = other is lane or other is self.lanes.of[index] or (other.head and other.head.source == source)
            if not kin and other.fills(row) and low < other.x < high:
                return 0.0
        for each, at in enumerate(self.lanes.rows):
            if at == row and each != index:
                left, right, _ = self.size(each)
                if left < high and low < right:
                    return 0.0
        return 1.0 if lane.x > x else -1.0

    def side(self, wire: Wire, end: str) -> float:
        """The side of an element at which the lane of a wire from it (`head`) or to it (`tail`) is.

        1 is right, -1 is left, 0 is above or below.
        """
        return self._sides.get((wire, end), 0.0)

    def take(self, index: int, side: float) -> bool:
        """Reserve a side of an element for one more wire, unless it is taken."""
        free = (index, side) not in self._taken
        self._taken.add((index, side))
        return free

    # ----------------------------------------------------------------- heights

    def middle(self, index: int) -> float:
        """The middle of an element."""
        return self._y[self.row(index)]

    def height_at(self, row: int) -> float:
        """The middle of a row."""
        return self._y[row]

    @property
    def height(self) -> float:
        """The lower end of the block."""
        return self._y[-1]

    def top(self, index: int) -> float:
        """The upper edge of an element."""
        return self._y[self.row(index)] - self.size(index)[2] / 2

    def bottom(self, index: int) -> float:
        """The lower edge of an element."""
        return self._y[self.row(index)] + self.size(index)[2] / 2

    def below(self, row: int) -> float:
        """The upper edge of the row below; below the last one, where a branch may end, nothing is near."""
        if row + 1 == len(self._y):
            return inf
        return min(
            [self.top(index) for index, at in enumerate(self.lanes.rows) if at == row + 1],
            default=self._y[row + 1],
        )

    def free(self, row: int) -> float:
        """The lower edge of a row, including words below its boxes; below it, wires change lanes."""
        edges = [
            self.bottom(index) + (_WORDY if self.elements[index].words else 0.0)
            for index, at in enumerate(self.lanes.rows)
            if at == row
        ]
        return max(edges, default=self._y[row])
