"""Positions of a lattice: the places of its marks, and the lines between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from resdsl.draw.lattice.grid import Cell, LatticeGrid, Link
from resdsl.draw.lattice.parts import LatticePart, Value
from resdsl.draw.lattice.tracks import Net, Turn, tracks_of
from resdsl.draw.scene import Point

RADIUS = 5.0
"""The radius of the circle of a join."""

PORT = 5.0
"""The distance of values that enter or leave a mark at one side."""

CAPTION = 9.0
"""The height of a line above a mark."""

BETWEEN_LANES = 5.0
"""The distance of lanes of one row."""

BETWEEN_ROWS = 15.0
"""The distance of rows."""

_TRACK = 4.5
_EDGE = 4.0
_CUT = 2.0
_HEAD = 9.0
_TO_JOIN = 7.0
_LANE = 9.0
_SLOT = 2 * RADIUS + 4
_ALIGNED = {"output": 0.0, "input": 1.0}


@dataclass(frozen=True, slots=True)
class ValueLine:
    """A value on its way from one part to another, as a line with right angles.

    Attributes:
        points: where it runs, from where no other line of the same value does.
        arrow: whether it ends at its target, and not at the line of another value that is joined there.
    """

    source: int
    target: int
    points: tuple[Point, ...]
    arrow: bool = True


@dataclass(frozen=True, slots=True)
class Layout:
    """A lattice with positions.

    Attributes:
        middles: the middle of each part.
        wires: the lines.
        forks: where a value parts.
        lanes: all lanes from above: the index of the row, the upper and the lower edge.
        cuts: where only lines to the right pass: one place after each column but the last.
    """

    middles: Mapping[int, Point]
    wires: tuple[ValueLine, ...]
    forks: tuple[Point, ...]
    lanes: tuple[tuple[int, float, float], ...]
    cuts: tuple[float, ...]
    width: float


class LatticePlan:
    """Finds the positions of a lattice with its upper left corner at the origin.

    Args:
        grid: its columns and rows.
        lanes: the lane of each cell.
        parts: its parts.
        sizes: the width and the height of the mark of each part.
        captions: the width of the line above a mark, for the parts that have one.
    """

    def __init__(
        self,
        grid: LatticeGrid,
        lanes: Mapping[Cell, int],
        parts: Sequence[LatticePart],
        sizes: Sequence[tuple[float, float]],
        captions: Mapping[int, float],
    ) -> None:
        self._grid = grid
        self._lanes = lanes
        self._parts = parts
        self._sizes = sizes
        self._captions = captions
        self._levels: list[tuple[int, float, float]] = []
        self._y = self._heights()
        self._into: dict[Link, float] = {}
        self._slots: dict[Cell, int] = {}
        for column in grid.columns:
            self._enter(column)
        self._tracks: list[Mapping[Net, int]] = []
        self._turns = [self._turns_after(column) for column in range(len(grid.columns) - 1)]
        self._lefts, self._widths = self._across()

    def layout(self) -> Layout:
        """The positions."""
        cells = [cell for cell in self._grid.cells() if cell.part is not None]
        middles = {cell.part: (self._x(cell), self._y[cell]) for cell in cells if cell.part is not None}
        wires = tuple(self._wires())
        forks = tuple(dict.fromkeys(self._forks()))
        rights = [left + width for left, width in zip(self._lefts, self._widths, strict=True)]
        cuts = tuple([right + _CUT for right in rights[:-1]])
        return Layout(middles, wires, forks, tuple(self._levels), cuts, rights[-1])

    # ------------------------------------------------------------------ heights

    def _heights(self) -> dict[Cell, float]:
        rows: dict[int, dict[int, list[Cell]]] = defaultdict(lambda: defaultdict(list))
        for cell in self._grid.cells():
            rows[cell.row][self._lanes[cell]].append(cell)
        found: dict[Cell, float] = {}
        y = 0.0
        for row in range(len(self._grid.sizes)):
            for lane in sorted(rows[row]):
                top = y
                high = max([_LANE, *(self._size(cell)[1] for cell in rows[row][lane])])
                y += CAPTION if any(cell.part in self._captions for cell in rows[row][lane]) else 0.0
                found.update((cell, y + high / 2) for cell in rows[row][lane])
                y += high
                self._levels.append((row, top, y))
                y += BETWEEN_LANES
            y += BETWEEN_ROWS - BETWEEN_LANES
        return found

    def _size(self, cell: Cell) -> tuple[float, float]:
        return (0.0, 0.0) if cell.part is None else self._sizes[cell.part]

    def _width(self, cell: Cell) -> float:
        """The width of a mark and of what is above it."""
        above = 0.0 if cell.part is None else self._captions.get(cell.part, 0.0)
        return max(self._size(cell)[0], above)

    def _out(self, cell: Cell, value: Value) -> float:
        """The height at which a value leaves a cell."""
        if cell.part is None or len(self._parts[cell.part].shapes) == 1:
            return self._y[cell]
        count = len(self._parts[cell.part].shapes)
        return self._y[cell] + (value.output - (count - 1) / 2) * PORT

    def _enter(self, column: Sequence[Cell]) -> None:
        """The heights at which values enter the cells of a column, and the slots of its joins."""
        links = defaultdict(list)
        for link in self._grid.links:
            if link.target in column:
                links[link.target].append(link)
        spans: list[tuple[float, float, int]] = []
        for cell in sorted(column, key=lambda cell: self._y[cell]):
            entering = sorted(links[cell], key=lambda link: self._out(link.source, link.value))
            heights = [self._out(link.source, link.value) for link in entering]
            if self._is_join(cell):
                self._into.update(zip(entering, heights, strict=True))
                low, high = min([*heights, self._y[cell] - RADIUS]), max([*heights, self._y[cell] + RADIUS])
                taken = {slot for one, other, slot in spans if one < high + 2 and low < other + 2}
                self._slots[cell] = next(slot for slot in range(len(taken) + 1) if slot not in taken)
                spans.append((low, high, self._slots[cell]))
                continue
            # What comes at the height of the cell goes straight on, and the others enter above and below it.
            level = heights.index(self._y[cell]) if self._y[cell] in heights else (len(entering) - 1) / 2
            self._into.update((link, self._y[cell] + (index - level) * PORT) for index, link in enumerate(entering))

    def _is_join(self, cell: Cell) -> bool:
        return cell.part is not None and self._parts[cell.part].form == "join"

    # ------------------------------------------------------------------- across

    def _turns_after(self, column: int) -> list[Turn]:
        stops: dict[Net, set[float]] = defaultdict(set)
        for link in self._grid.links:
            if link.source.column == column:
                stops[link.source, link.value].add(self._into[link])
        turns = []
        for (cell, value), heights in stops.items():
            start = self._out(cell, value)
            if heights != {start}:
                turns.append(Turn((cell, value), start, tuple(sorted(heights))))
        self._tracks.append(tracks_of(turns))
        return turns

    def _across(self) -> tuple[list[float], list[float]]:
        """The left edge and the width of each column."""
        lefts, widths = [], []
        x = 0.0
        for index, column in enumerate(self._grid.columns):
            joins = [self._slots[cell] for cell in column if self._is_join(cell)]
            wide = max((self._width(cell) for cell in column), default=0.0)
            width = _SLOT * (max(joins) + 1) if joins else wide
            lefts.append(x)
            widths.append(width)
            x += width
            if index < len(self._tracks):
                count = max(self._tracks[index].values(), default=-1) + 1
                into = self._grid.columns[index + 1]
                heads = [_TO_JOIN if self._is_join(cell) else _HEAD for cell in into if cell.part is not None]
                head = max(heads, default=0.0)
                x += (_EDGE + _TRACK * (count - 1) if count else 0.0) + max(head, _EDGE if count else 0.0)
        return lefts, widths

    def _x(self, cell: Cell) -> float:
        left, width = self._lefts[cell.column], self._widths[cell.column]
        if self._is_join(cell):
            return left + _SLOT * (self._slots[cell] + 0.5)
        form = self._parts[cell.part].form if cell.part is not None else ""
        return left + (width - self._size(cell)[0]) * _ALIGNED.get(form, 0.5) + self._size(cell)[0] / 2

    def _track(self, link: Link) -> float:
        column = link.source.column
        right = self._lefts[column] + self._widths[column]
        return right + _EDGE + _TRACK * self._tracks[column][link.source, link.value]

    # -------------------------------------------------------------------- lines

    def _wires(self) -> Iterator[ValueLine]:
        """The lines; what several of them have in common is drawn once."""
        known: dict[Value, list[list[Point]]] = defaultdict(list)
        wires = [(way[0].value, self._wire(target, way)) for target, way in self._grid.ways]
        ends: dict[tuple[Point, Point], float] = {}
        for _, wire in wires:
            (x, y), end = wire.points[-2:]
            if x == end[0]:
                ends[(x, 0), end] = max(ends.get(((x, 0), end), 0.0), abs(y - end[1]))
        for value, wire in wires:
            points = list(wire.points)
            own = _unshared(points, known[value])
            known[value].append(points)
            (x, y), end = points[-2:]
            inner = x == end[0] and abs(y - end[1]) < ends[(x, 0), end]
            if inner and len(own) > 2:
                own = own[:-1]
            yield ValueLine(wire.source, wire.target, tuple(own), arrow=not inner)

    def _wire(self, target: int, way: Sequence[Link]) -> ValueLine:
        first, last = way[0], way[-1]
        assert first.source.part is not None
        points = [(self._x(first.source) + self._size(first.source)[0] / 2, self._out(first.source, first.value))]
        for link in way:
            y = self._into[link]
            if y != points[-1][1]:
                x = self._track(link)
                points += [(x, points[-1][1]), (x, y)]
        return ValueLine(first.source.part, target, tuple(_straightened([*points, *self._end(last)])))

    def _end(self, link: Link) -> Iterator[Point]:
        cell = link.target
        x, middle, y = self._x(cell), self._y[cell], self._into[link]
        if not self._is_join(cell):
            yield x - self._size(cell)[0] / 2, y
        elif y == middle:
            yield x - RADIUS, y
        else:
            yield x, y
            yield x, middle + (RADIUS if y > middle else -RADIUS)

    def _forks(self) -> Iterator[Point]:
        for turns, tracks, left, width in zip(self._turns, self._tracks, self._lefts, self._widths, strict=False):
            for turn in turns:
                yield from ((left + width + _EDGE + _TRACK * tracks[turn.net], y) for y in turn.forks())
        for link in self._grid.links:
            if self._is_join(link.target) and self._goes_on(link):
                yield self._x(link.target), self._into[link]

    def _goes_on(self, link: Link) -> bool:
        """Whether a value goes on to the right of the upright line that leads it to a join."""
        if self._into[link] == self._y[link.target]:
            return False
        x, y = self._x(link.target), self._into[link]
        return any(
            other.source is link.source
            and other.value == link.value
            and other is not link
            and self._into[other] == y
            and (self._x(other.target) > x or not self._is_join(other.target))
            for other in self._grid.links
        )


def _straightened(points: Sequence[Point]) -> Iterator[Point]:
    """The points without those in the middle of a straight line."""
    kept: list[Point] = []
    for point in points:
        if kept and kept[-1] == point:
            continue
        if len(kept) > 1 and (kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]):
            kept.pop()
        kept.append(point)
    yield from kept


def _unshared(points: list[Point], others: Sequence[Sequence[Point]]) -> list[Point]:
    """The line from where it leaves the other lines that start where it does."""
    best = max([_common(points, other) for other in others], default=(0, points[0]))
    return [best[1], *points[best[0] + 1 :]] if best[1] != points[best[0] + 1] else points[best[0] + 1 :]


def _common(one: Sequence[Point], other: Sequence[Point]) -> tuple[int, Point]:
    """How far two lines with right angles run together: the index of the last corner before, and the point."""
    for index in range(min(len(one), len(other)) - 1):
        start, here, there = one[index], one[index + 1], other[index + 1]
        if here == there:
            continue
        aligned = [axis for axis in (0, 1) if start[axis] == here[axis] == there[axis]]
        ahead = aligned and (here[1 - aligned[0]] - start[1 - aligned[0]]) * (
            there[1 - aligned[0]] - start[1 - aligned[0]]
        )
        if not aligned or not ahead or ahead < 0:
            return index, start
        near = min((here, there), key=lambda point: abs(point[1 - aligned[0]] - start[1 - aligned[0]]))
        return index, near
    return min(len(one), len(other)) - 2, one[min(len(one), len(other)) - 1]
