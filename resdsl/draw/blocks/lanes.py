"""Assigns the elements of a block to rows, from top to bottom, and to lanes.

A lane is a vertical sequence of elements that pass a value on. The first lane, the spine, leads from the entrance to
the exit; each other lane branches off one lane and joins another. `resdsl.draw.blocks.abreast` places them side by
side.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

from resdsl.draw.blocks.elements import JOINS, Wire, Wiring

BAR = 12.0
"""How far bars extend beyond the lanes that they split or merge."""


@dataclass(slots=True)
class Lane:
    """A lane.

    Attributes:
        head: the wire by which it branches off another lane; None for the spine.
        tail: the wire by which it joins another lane; for an empty lane, the same as its head.
        x: its position; that of the spine is zero.
        first: the first of its rows; `last` is the last one.
        open_to: rows in between that are taken by branches of one of its elements instead.
    """

    elements: list[int] = field(default_factory=list)
    head: Wire | None = None
    tail: Wire | None = None
    x: float = 0.0
    first: int = 0
    last: int = -1
    open_to: tuple[range, ...] = ()

    @property
    def middle(self) -> tuple[int, int]:
        """The row in its middle, or the two."""
        return (self.first + self.last) // 2, (self.first + self.last + 1) // 2

    def fills(self, row: int) -> bool:
        """Whether it occupies a row."""
        return self.first <= row <= self.last and not any(row in rows for rows in self.open_to)


@dataclass(frozen=True, slots=True)
class Lanes:
    """The lanes of a block.

    Attributes:
        rows: the row of each element.
        of: the lane of each element.
        inside: wires that lead straight down from one element of a lane to the next.
        across: wires from one row to the next that do not need a lane.
        equal: wires to branches of equal rank.
    """

    wiring: Wiring
    rows: tuple[int, ...]
    lanes: tuple[Lane, ...]
    of: tuple[Lane, ...]
    inside: tuple[Wire, ...]
    across: tuple[Wire, ...]
    equal: frozenset[Wire]

    def bar(self, index: int, half: float) -> tuple[float, float]:
        """Left and right end of an element that is as wide as what it splits or merges."""
        x = self.of[index].x
        ends = [lane.x for lane in self.lanes if _touches(lane, index)]
        return min([x - half, *(end - BAR for end in ends)]), max([x + half, *(end + BAR for end in ends)])


def lanes_of(wiring: Wiring) -> Lanes:
    """The lanes of a wiring, all with an x of zero."""
    return _Laying(wiring).lanes_found()


def _touches(lane: Lane, index: int) -> bool:
    return bool((lane.head and lane.head.source == index) or (lane.tail and lane.tail.target == index))


class _Laying:
    """Finds the lanes of a wiring."""

    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring
        self.into: dict[int, list[Wire]] = defaultdict(list)
        self.outof: dict[int, list[Wire]] = defaultdict(list)
        for wire in wiring.wires:
            self.into[wire.target].append(wire)
            self.outof[wire.source].append(wire)
        self.rows = self._ranks()
        self.meeting = self._meetings()
        self.equal: set[Wire] = set()
        self.on: dict[int, Lane] = {}
        self.lanes: list[Lane] = []
        self.across: list[Wire] = []

    def _ranks(self) -> list[int]:
        rows: list[int] = []
        for index in range(len(self.wiring.elements)):
            rows.append(max([rows[wire.source] + 1 for wire in self.into[index]], default=0))
        return rows

    def _meetings(self) -> list[int]:
        """For each element, the first later one that everything it yields flows through, ignoring bypasses."""
        last = len(self.wiring.elements) - 1
        found = [last] * (last + 1)
        for index in range(last - 1, -1, -1):
            wires = self.outof[index]
            main = [wire for wire in wires if not wire.beside and self._role(wire.target) == self._role(index)]
            targets = [wire.target for wire in main or wires] or [last]
            meeting = targets[0]
            for target in targets[1:]:
                while meeting != target:
                    if meeting < target:
                        meeting = found[meeting]
                    else:
                        target = found[target]
            found[index] = meeting
        return found

    # --------------------------------------------------------------------- lanes

    def _straight_into(self, index: int) -> Wire | None:
        """The preferred wire that enters an element from above, if there is one."""
        wires = [wire for wire in self.into[index] if not wire.beside]
        alone = wires[0] if len(wires) == 1 else None
        if alone and self._role(alone.source) == self._role(index):
            return alone
        return None

    def _role(self, index: int) -> str:
        return self.wiring.elements[index].role

    def _straight_out(self, index: int) -> Wire | None:
        """The wire that continues straight down; none of several equal branches does, which are recorded instead."""
        wires = [wire for wire in self.outof[index] if self._straight_into(wire.target) is wire]
        if self.wiring.elements[index].kind == "split" and len(self.outof[index]) > 1:
            self.equal.update(self.outof[index])
            return None
        if len(wires) > 1:
            self.equal.update(wires)
            return None
        return wires[0] if wires else None

    def _follow(self, lane: Lane, index: int) -> None:
        """Add an element and its direct successors to a lane."""
        at: int | None = index
        while at is not None and at not in self.on:
            lane.elements.append(at)
            self.on[at] = lane
            straight = self._straight_out(at)
            at = straight.target if straight else self._met(at)

    def _met(self, index: int) -> int | None:
        """Where branches from an element meet, if the lane continues there."""
        behind = self.meeting[index]
        if behind <= index or self._role(behind) != self._role(index):
            return None
        branches = len(self.outof[index]) > 1
        return behind if branches or self._straight_into(behind) is None else None

    def _find(self) -> None:
        spine = Lane()
        self.lanes.append(spine)
        self._follow(spine, 0)
        for index in range(len(self.wiring.elements)):
            if index in self.on:
                continue
            head = self._straight_into(index) or self.into[index][0]
            lane = Lane(head=head)
            self.lanes.append(lane)
            self._follow(lane, index)
        self._lead_on()

    def _lead_on(self) -> None:
        """Give every remaining wire its own lane, or make it the end of one."""
        heads = {lane.head for lane in self.lanes if lane.head}
        for wire in sorted(self.wiring.wires, key=lambda each: each.beside):
            source, target = self.on[wire.source], self.on[wire.target]
            if wire in heads or self._is_inside(wire):
                continue
            if source.elements[-1] == wire.source and source.head and source.tail is None and wire not in self.equal:
                source.tail = wire
            elif self.rows[wire.target] == self.rows[wire.source] + 1 and source is not target:
                self.across.append(wire)
            else:
                self.lanes.append(Lane(head=wire, tail=wire))

    def _is_inside(self, wire: Wire) -> bool:
        """Whether a wire leads from an element of a lane to the next one in it."""
        lane = self.on[wire.source]
        if self.on[wire.target] is not lane:
            return False
        at = lane.elements.index(wire.source)
        following = lane.elements[at + 1 : at + 2] == [wire.target]
        straight = [other for other in self.outof[wire.source] if other.target == wire.target]
        return following and straight[0] is wire and self._is_open(wire)

    def _is_open(self, wire: Wire) -> bool:
        """Whether nothing is between two consecutive elements of a lane."""
        if self.wiring.elements[wire.source].kind == "split" and len(self.outof[wire.source]) > 1:
            return False
        return self._straight_into(wire.target) is wire or len(self.outof[wire.source]) == 1

    # --------------------------------------------------------------------- rows

    def lanes_found(self) -> Lanes:
        """All lanes with their rows."""
        self._find()
        for lane in self.lanes:
            self._settle(lane)
        of = tuple([self.on[index] for index in range(len(self.wiring.elements))])
        inside = [wire for wire in self.wiring.wires if self._is_inside(wire)]
        straight = {wire.source for wire in inside}
        for lane in self.lanes:
            pairs = [pair for pair in pairwise(lane.elements) if pair[0] not in straight]
            lane.open_to = tuple([range(self.rows[one] + 1, self.rows[other]) for one, other in pairs])
        equal = frozenset(self.equal)
        return Lanes(self.wiring, tuple(self.rows), tuple(self.lanes), of, tuple(inside), tuple(self.across), equal)

    def _settle(self, lane: Lane) -> None:
        """The rows of a lane; an element that could be in several rows is placed in the middle."""
        before = self.rows[lane.head.source] if lane.head else 0
        behind = self.rows[lane.tail.target] if lane.tail else -1
        if lane.head and lane.tail and lane.elements and self._hangs_loose(lane):
            slack = behind - self.rows[lane.elements[-1]] - 1
            for index in lane.elements:
                self.rows[index] += slack // 2
        aside = bool(lane.head) and lane.head not in self.equal
        kind = self.wiring.elements[lane.head.source].kind if lane.head else "entrance"
        lane.first = before + (0 if aside and kind == "fork" else 1) if lane.head else 0
        lane.last = self.rows[lane.elements[-1]] if lane.elements else before
        if lane.tail:
            lane.last = behind if self.wiring.elements[lane.tail.target].kind in JOINS else behind - 1

    def _hangs_loose(self, lane: Lane) -> bool:
        ends = (lane.head, lane.tail)
        wires = [wire for index in lane.elements for wire in (*self.into[index], *self.outof[index])]
        return all(wire in ends or self.on[wire.source] is self.on[wire.target] for wire in wires)
