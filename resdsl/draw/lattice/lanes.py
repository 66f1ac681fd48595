"""Gives each run of a lattice a lane of its row, so that lines are short and cross as little as possible."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from resdsl.draw.lattice.grid import Cell, LatticeGrid, runs_of
from resdsl.draw.lattice.parts import LatticePart

_SWEEPS = 4
_CROSSING = 3.0
_ORDER = 1.0
_ROW = 1.5


@dataclass(eq=False, slots=True)
class _Run:
    """Cells on one lane.

    Attributes:
        start: the first column in which it needs its lane for itself; `stop` is the column after the last.
    """

    cells: Sequence[Cell]
    row: int
    start: int
    stop: int
    lane: int = 0


def lanes_of(grid: LatticeGrid, parts: Sequence[LatticePart]) -> Mapping[Cell, int]:
    """The lane of each cell within its row, from 0 on without gaps."""
    runs = [_run(cells, parts) for cells in runs_of(grid, parts)]
    choice = _Choice(runs, len(grid.sizes), len(grid.columns))
    choice.start()
    choice.improve()
    return {cell: run.lane for run in runs for cell in run.cells}


def captions_of(parts: Sequence[LatticePart], lanes: Mapping[Cell, int]) -> dict[int, str]:
    """What is written above parts: the name of each block that is drawn open, above its uppermost mark."""
    found: dict[str, int] = {}
    for cell in sorted(lanes, key=lambda cell: (cell.row, lanes[cell], cell.column)):
        if cell.part is not None and parts[cell.part].opened and parts[cell.part].form != "join":
            found.setdefault(parts[cell.part].opened, cell.part)
    return {part: opened for opened, part in found.items()}


def _run(cells: Sequence[Cell], parts: Sequence[LatticePart]) -> _Run:
    first, last = cells[0], cells[-1]
    start, stop = first.column, last.column + 1
    if first.part is None:
        start -= 1
    if any(cell.part is not None and parts[cell.part].form == "join" for cell in last.after):
        stop += 1
    return _Run(cells, first.row, start, stop)


@dataclass(slots=True)
class _Choice:
    """A lane for each run, improved step by step."""

    runs: Sequence[_Run]
    rows: int
    columns: int
    _counts: list[int] = field(default_factory=list)
    _of: dict[Cell, _Run] = field(default_factory=dict)
    _links: dict[int, list[tuple[Cell, Cell]]] = field(default_factory=lambda: defaultdict(list))

    def start(self) -> None:
        """The first free lane for each run, longer runs first."""
        self._counts = [1] * self.rows
        self._of = {cell: run for run in self.runs for cell in run.cells}
        for run in self.runs:
            for cell in run.cells:
                self._links[cell.column] += [(cell, after) for after in cell.after]
        settled: list[_Run] = []
        for run in sorted(self.runs, key=lambda run: (run.start - run.stop, run.start)):
            lanes = {other.lane for other in settled if _meet(run, other)}
            run.lane = next(lane for lane in range(len(lanes) + 1) if lane not in lanes)
            self._counts[run.row] = max(self._counts[run.row], run.lane + 1)
            settled.append(run)

    def improve(self) -> None:
        """Move runs to other lanes, and change whole lanes, as long as that helps."""
        for _ in range(_SWEEPS):
            changed = [self._swap(row, pair) for row in range(self.rows) for pair in self._pairs(row)]
            changed += [self._move(run) for run in self.runs if self._counts[run.row] > 1]
            if not any(changed):
                return

    def _pairs(self, row: int) -> Iterator[tuple[int, int]]:
        yield from combinations(range(self._counts[row]), 2)

    def _swap(self, row: int, pair: tuple[int, int]) -> bool:
        mine = [run for run in self.runs if run.row == row and run.lane in pair]
        return self._better({run: sum(pair) - run.lane for run in mine})

    def _move(self, run: _Run) -> bool:
        others = [other for other in self.runs if other is not run and _meet(run, other)]
        changed = False
        for lane in range(self._counts[run.row]):
            there = [other for other in others if other.lane == lane]
            if lane == run.lane or len(there) > 1:
                continue
            change = {run: lane, **dict.fromkeys(there, run.lane)}
            if all(self._free(each, to, change) for each, to in change.items()):
                changed |= self._better(change)
        return changed

    def _free(self, run: _Run, lane: int, change: Mapping[_Run, int]) -> bool:
        return not any(
            other is not run and other not in change and other.lane == lane and _meet(run, other) for other in self.runs
        )

    def _better(self, change: Mapping[_Run, int]) -> bool:
        """Make a change if it lowers the cost; whether it did."""
        gaps = {cell.column + side for run in change for cell in run.cells for side in (-1, 0)}
        before = self._cost(gaps)
        lanes = {run: run.lane for run in change}
        for run, lane in change.items():
            run.lane = lane
        if self._cost(gaps) < before - 1e-9:
            return True
        for run, lane in lanes.items():
            run.lane = lane
        return False

    def _cost(self, gaps: set[int]) -> float:
        heights = [self._height(row) for row in range(self.rows)]
        cost = 0.0
        for gap in gaps:
            ends = [(self._y(one, heights), self._y(other, heights)) for one, other in self._links.get(gap, ())]
            cost += sum(abs(start - end) for start, end in ends)
            for (a, b), (c, d) in combinations(ends, 2):
                cost += _CROSSING * ((a - c) * (b - d) < 0) + _ORDER * ((a == c and b > d) or (b == d and a > c))
        return cost

    def _height(self, row: int) -> float:
        return sum(self._counts[:row]) + _ROW * row

    def _y(self, cell: Cell, heights: Sequence[float]) -> float:
        return heights[cell.row] + self._of[cell].lane


def _meet(one: _Run, other: _Run) -> bool:
    return one.row == other.row and one.start < other.stop and other.start < one.stop
