"""The strands of layers that are neither a chain nor branches.

A strand begins with a layer that joins values, or with what reads a value that others read too, and goes on as long as
all that reads its value meets again in one: what lies between is a structure of its own, such as a row of blocks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from resdsl.lifting.dominance import DominatorTree
from resdsl.lifting.graph import PlainNode

_TRIES = 8
"""So many times as many layers are looked at as there are, to find joins of what reads a value that others read too."""


@dataclass(frozen=True, slots=True)
class Thread:
    """The layers of a strand.

    Attributes:
        head: the layer that begins it, if that reads several values or yields several.
        nodes: all behind it, in execution order.
        source: what flows into these; empty if there are none, or nothing does.
        output: what flows out; empty if the head yields several values.
    """

    head: PlainNode | None
    nodes: tuple[PlainNode, ...]
    source: str
    output: str


def threads_of(nodes: Sequence[PlainNode], entries: Sequence[str], last: str, tapped: Collection[str]) -> list[Thread]:
    """The strands of layers, each after all that it reads.

    Args:
        nodes: the layers, in execution order.
        entries: what comes from outside.
        last: the value with which they end.
        tapped: values that are outputs of the network too.
    """
    return _Splitting(nodes, entries, last, tapped).threads()


class _Splitting:
    """Layers on their way to strands.

    Places are numbers from one on: one for each entry, for each layer, and for each of several values of a layer.
    """

    def __init__(self, nodes: Sequence[PlainNode], entries: Sequence[str], last: str, tapped: Collection[str]) -> None:
        self._values: list[str] = [""]
        self._nodes: list[PlainNode | None] = [None]
        self._before: list[list[int]] = [[]]
        self._place: dict[str, int] = {}
        for value in entries:
            self._add(None, value, [])
        for node in nodes:
            place = self._add(node, node.output if len(node.outputs) == 1 else "", self._read(node))
            if len(node.outputs) > 1:
                for value in node.outputs:
                    self._add(None, value, [place])
        self._readers: list[list[int]] = [[] for _ in self._values]
        for place, before in enumerate(self._before):
            for each in before:
                self._readers[each].append(place)
        self._ends = {self._place[value] for value in (last, *tapped) if value in self._place}
        self._whole = (1, self._place[last]) if len(entries) == 1 else None
        self._dominated_by, self._leads_to = self._trees()
        self._joined = self._joined_places()

    def _add(self, node: PlainNode | None, value: str, before: list[int]) -> int:
        self._values.append(value)
        self._nodes.append(node)
        self._before.append(before)
        if value:
            self._place[value] = len(self._values) - 1
        return len(self._values) - 1

    def _read(self, node: PlainNode) -> list[int]:
        return [self._place[value] for value in dict.fromkeys(node.inputs)]

    def _trees(self) -> tuple[list[int], list[int]]:
        """For each place, the nearest on all ways to it, and the nearest on all ways from it."""
        forward, backward = DominatorTree(), DominatorTree()
        count = len(self._values)
        for place in range(1, count):
            forward.add(self._before[place])
        for place in range(count - 1, 0, -1):
            ways = [count - each for each in self._readers[place]]
            backward.add([0, *ways] if place in self._ends else ways)
        over = [0, *(forward.over(place) for place in range(1, count))]
        under = [0, *(count - backward.over(count - place) for place in range(1, count))]
        return over, under

    def threads(self) -> list[Thread]:
        """The strands, in the order of what they begin with."""
        found: list[Thread] = []
        taken = bytearray(len(self._values))
        for place in range(1, len(self._values)):
            if not taken[place]:
                thread = self._from(place, taken)
                if thread is not None:
                    found.append(thread)
        return found

    def _joined_places(self) -> dict[int, list[int]]:
        """By the first of them, the places on all ways from a value that others read too to a join of only these."""
        found: dict[int, list[int]] = {}
        taken: set[int] = set()
        left = _TRIES * len(self._values)
        for end in range(len(self._values) - 1, 0, -1):
            start = self._dominated_by[end]
            if len(self._before[end]) < 2 or end in taken or not self._values[end] or not self._values[start]:
                continue
            if (start, end) == self._whole or self._leads_to[start] == end:
                continue
            places, closed = self._back_from(end, start, left)
            left -= len(places)
            if closed:
                found[places[0]] = places
                taken.update(places)
        return found

    def _back_from(self, end: int, start: int, limit: int) -> tuple[list[int], bool]:
        """The places on all ways between two, up to a limit, and whether no way leads elsewhere."""
        found = {end}
        waiting = [-end]
        while waiting:
            place = -heappop(waiting)
            if (place != end and self._leads_to[place] not in found) or len(found) > limit:
                return sorted(found), False
            for before in self._before[place]:
                if before != start and before not in found:
                    found.add(before)
                    heappush(waiting, -before)
        return sorted(found), True

    def _from(self, place: int, taken: bytearray) -> Thread | None:
        """The strand that begins at a place; None if it is a value that several strands read."""
        joined = self._joined.get(place, [])
        head = None if joined else self._nodes[place]
        inner = list(joined)
        end = joined[-1] if joined else place
        while (following := self._closed_from(end)) is not None:
            inner += self._between(end, following)
            end = following
        for each in inner:
            taken[each] = True
        output = self._values[end]
        if head is not None and (len(head.inputs) > 1 or not output):
            return Thread(head, self._layers(inner), self._values[place] if inner else "", output)
        if head is not None:
            return Thread(None, self._layers([place, *inner]), head.inputs[0], output)
        source = self._dominated_by[joined[-1]] if joined else place
        return Thread(None, self._layers(inner), self._values[source], output) if inner else None

    def _layers(self, places: Sequence[int]) -> tuple[PlainNode, ...]:
        return tuple([node for place in places if (node := self._nodes[place]) is not None])

    def _closed_from(self, place: int) -> int | None:
        """Where all that reads a value meets again, if nothing else leads there."""
        end = self._leads_to[place]
        if end >= len(self._values) or not self._values[place] or not self._values[end]:
            return None
        return end if self._dominated_by[end] == place and (place, end) != self._whole else None

    def _between(self, start: int, end: int) -> list[int]:
        """The places on all ways from one to another, without the first, in execution order."""
        found = {end}
        waiting = [start]
        while waiting:
            for place in self._readers[waiting.pop()]:
                if place not in found:
                    found.add(place)
                    waiting.append(place)
        return sorted(found)
