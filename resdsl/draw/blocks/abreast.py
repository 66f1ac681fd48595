"""Arranges lanes side by side: each has its own x in all rows that it passes, so that no wire crosses a box.

Branches of equal rank are placed on both sides of their origin, shortcuts and gates to the right of what they bypass,
with shorter ones further in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from resdsl.draw.blocks.elements import BARS, Element, Wire
from resdsl.draw.blocks.lanes import BAR, Lane, Lanes

_GAP = 9.0
_CLEAR = 5.0

Extents = Callable[[Element], tuple[float, float]]
"""How far an element extends to the left and to the right of its lane."""


def put_abreast(lanes: Lanes, extents: Extents, beside: Callable[[Wire], float]) -> None:
    """Assign an x to every lane; the spine is at zero.

    Args:
        lanes: the lanes of a block.
        extents: the extents of elements other than bars.
        beside: the space for a word beside a wire that bypasses everything.
    """
    _Placing(lanes, extents, beside).place(lanes.lanes[0])


class _Placing:
    """Places each lane, with everything that branches off it, before lanes further out."""

    def __init__(self, lanes: Lanes, extents: Extents, beside: Callable[[Wire], float]) -> None:
        self._lanes = lanes
        self._extents = extents
        self._beside = beside
        self._children: dict[int, list[Lane]] = defaultdict(list)
        for lane in lanes.lanes:
            if lane.head:
                self._children[id(lanes.of[lane.head.source])].append(lane)

    def place(self, lane: Lane) -> dict[int, tuple[float, float]]:
        """Place a lane at zero, with everything that branches off it around it.

        Returns:
            How far they extend to the left and to the right, by row.
        """
        reach = dict(self._own(lane))
        children = list(self._children[id(lane)])
        equal = [child for child in children if child.head in self._lanes.equal]
        by_source: dict[int, list[Lane]] = defaultdict(list)
        for child in equal:
            by_source[child.head.source if child.head else 0].append(child)
        for group in by_source.values():
            self._group(group, reach)
        rest = [child for child in children if child.head not in self._lanes.equal]
        for child in sorted(rest, key=lambda each: (each.last - each.first, each.first)):
            self._outside(child, reach)
            self._widen(child, reach)
        return reach

    def _own(self, lane: Lane) -> Iterator[tuple[int, tuple[float, float]]]:
        """What a lane itself covers, row by row; nothing where equal branches take its place."""
        rows = self._lanes.rows
        at = {rows[index]: index for index in lane.elements}
        for row in range(lane.first, max(lane.last, max(at, default=0)) + 1):
            if row in at:
                left, right = self._extents(self._lanes.wiring.elements[at[row]])
                yield row, (-left, right)
            elif lane.fills(row):
                word = self._beside(lane.head) if lane.head and lane.head is lane.tail and row in lane.middle else 0.0
                yield row, (-_CLEAR, _CLEAR + word)

    def _group(self, group: Sequence[Lane], reach: dict[int, tuple[float, float]]) -> None:
        """Place branches of equal rank side by side, centred on their origin."""
        together: dict[int, tuple[float, float]] = {}
        for child in sorted(group, key=lambda each: (each.head.output, each.head.target) if each.head else (0, 0)):
            self._outside(child, together)
        places = [child.x for child in group]
        middle = (min(places) + max(places)) / 2
        for child in group:
            self._move(child, -middle)
        for row, (left, right) in together.items():
            _cover(reach, row, left - middle, right - middle)
        for child in group:
            self._widen(child, reach)

    def _outside(self, child: Lane, reach: dict[int, tuple[float, float]]) -> None:
        """Place a lane, with everything that branches off it, to the right of everything in its rows."""
        own = self.place(child)
        shift = max([reach[row][1] + _GAP - own[row][0] for row in own if row in reach], default=0.0)
        self._move(child, shift)
        for row, (left, right) in own.items():
            _cover(reach, row, left + shift, right + shift)

    def _widen(self, child: Lane, reach: dict[int, tuple[float, float]]) -> None:
        """Extend bars over everything that they split or merge."""
        elements, rows = self._lanes.wiring.elements, self._lanes.rows
        ends = [child.head.source] if child.head else []
        ends += [child.tail.target] if child.tail else []
        for index in ends:
            if elements[index].kind in BARS:
                _cover(reach, rows[index], child.x - BAR, child.x + BAR)

    def _move(self, lane: Lane, shift: float) -> None:
        lane.x += shift
        for child in self._children[id(lane)]:
            self._move(child, shift)


def _cover(reach: dict[int, tuple[float, float]], row: int, left: float, right: float) -> None:
    before = reach.get(row, (left, right))
    reach[row] = (min(before[0], left), max(before[1], right))
