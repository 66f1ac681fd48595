"""Modules of a graph without paths: layers that come again one after the other, and take and yield several values.

A stretch of layers repeats if each layer is the same as the one that stands a period behind it. Where a turn begins is
not told by that: it is where the fewest values pass on to the next, and where no layer is torn from the one before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from resdsl.lifting.graph import PlainGraph
from resdsl.lifting.modules import contracted, repeated_modules

_SHORTEST = 8
"""So many layers at least are a module."""
_MOST_PERIODS = 32
"""So many periods are looked at, the most frequent first."""


class _Stretch(NamedTuple):
    """Layers that repeat with a period: the places of the first, and behind the last."""

    start: int
    end: int
    period: int

    @property
    def saved(self) -> int:
        """How many layers need not be written again."""
        return self.end - self.start - self.period


def with_repeated_modules(graph: PlainGraph) -> PlainGraph:
    """A graph in which modules that repeat and have several values are single layers; the same if it has none."""
    return _Repeats(graph).contracted()


class _Repeats:
    """The layers of a graph as numbers, equal for those that compute alike of equal shapes."""

    def __init__(self, graph: PlainGraph) -> None:
        self._graph = graph
        kinds: dict[object, int] = {}
        self._kinds = [kinds.setdefault((node.op, graph.shapes_of(node)), len(kinds)) for node in graph.nodes]
        self._passing = _passing(graph)

    def contracted(self) -> PlainGraph:
        """The graph with calls in place of repeats."""
        repeats = [turns for start, end in self._regions() for turns in self._repeats(start, end)]
        found = repeated_modules(self._graph, repeats)
        return contracted(self._graph, found) if found else self._graph

    def _regions(self) -> Iterator[tuple[int, int]]:
        """Layers between which several values pass: the places of the first, and behind the last."""
        start = 0
        for place, count in enumerate(self._passing):
            if count < 2:
                if place - start >= 2 * _SHORTEST:
                    yield start, place
                start = place

    def _repeats(self, start: int, end: int) -> Iterator[list[range]]:
        """The places of the turns of each stretch, the one that saves most first."""
        left = [(start, end)]
        while left:
            start, end = left.pop()
            stretch = max(self._stretches(start, end), key=lambda each: each.saved, default=None)
            turns = self._turns(stretch) if stretch is not None else []
            if turns:
                yield turns
                left += [(start, turns[0].start), (turns[-1].stop, end)]

    def _stretches(self, start: int, end: int) -> Iterator[_Stretch]:
        for period in self._periods(start, end):
            begin = start
            for place in range(start, end - period + 1):
                if place < end - period and self._kinds[place] == self._kinds[place + period]:
                    continue
                if place - begin >= period:
                    yield _Stretch(begin, place + period, period)
                begin = place + 1

    def _periods(self, start: int, end: int) -> list[int]:
        """The distances of layers from the next of the same kind, the most frequent first."""
        latest: dict[int, int] = {}
        counts: Counter[int] = Counter()
        for place in range(start, end):
            kind = self._kinds[place]
            if kind in latest:
                counts[place - latest[kind]] += 1
            latest[kind] = place
        return [period for period, _ in counts.most_common() if period >= _SHORTEST][:_MOST_PERIODS]

    def _turns(self, stretch: _Stretch) -> list[range]:
        """The places of each turn, from where the fewest values pass; the first such place is best."""
        period = stretch.period
        begins = [
            place
            for place in range(stretch.start, min(stretch.start + period, stretch.end - 2 * period + 1))
            if not self._is_torn(place)
        ]
        begin = min(begins, key=lambda place: self._passing[place], default=None)
        if begin is None:
            return []
        return [range(place, place + period) for place in range(begin, stretch.end - period + 1, period)]

    def _is_torn(self, place: int) -> bool:
        """Whether a layer belongs to the one before it: an activation, or the norm of a convolution."""
        node, before = self._graph.nodes[place], self._graph.nodes[place - 1] if place else None
        if before is None or not set(node.inputs) <= set(before.outputs):
            return False
        return node.op.activates or (node.op.normalises and before.op.weighted)


def _passing(graph: PlainGraph) -> list[int]:
    """For each layer, and behind the last, how many values that were made before are read there or later."""
    last = {value: place for place, node in enumerate(graph.nodes) for value in node.inputs}
    last |= {value: len(graph.nodes) for _, value in graph.outputs}
    changes = [0] * (len(graph.nodes) + 2)
    made = [(value, 0) for value in graph.inputs]
    made += [(value, place + 1) for place, node in enumerate(graph.nodes) for value in node.outputs]
    for value, place in made:
        changes[place] += 1
        changes[max(last.get(value, 0) + 1, place)] -= 1
    return list(accumulate(changes))[: len(graph.nodes) + 1]
