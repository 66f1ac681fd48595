"""Blocks of two networks held against each other: which is which, and what was added, removed or changed in each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from resdsl.draw.blocks.definitions import Telling, alike
from resdsl.draw.blocks.elements import BARE, Element, Wire, Wiring
from resdsl.draw.diff_marks import Mark

Pair = tuple[Telling | None, Telling | None]
Matched = dict[int, int]

_TWIN, _ELSEWHERE, _OF_ONE_PATH, _OF_ONE_KIND, _WEIGHTED = 12, 10, 7, 5, 2
"""How alike two elements are that are the same, of one path or of two; that are of one kind; that have weights."""

_SAME: Mark = "same"
_WITH_WEIGHTS = ("conv", "linear", "block")


@dataclass(frozen=True, slots=True)
class Marked:
    """A block with what became of its elements.

    Attributes:
        marks: for each element, places of lines included; `words` for the activation behind each.
        lone: its wires without a counterpart in the other block.
        own: what a wire without a counterpart is: added or removed.
    """

    block: Telling
    marks: tuple[Mark, ...]
    words: tuple[Mark, ...]
    lone: frozenset[Wire] = frozenset()
    own: Mark = "same"

    def line(self, wire: Wire) -> str:
        """The style of a wire: that of a mark where what passes the main path by was added or removed."""
        return self.own if wire in self.lone and (wire.beside or wire.style != "flow") else wire.style


@dataclass(frozen=True, slots=True)
class _Step:
    """An element of a block, or the activation behind it, as they are met one after the other.

    Attributes:
        index: of the element; `path` of its first layer.
        does: equal for two that do the same.
        kind: of the element, or what an activation is.
    """

    index: int
    path: str
    does: object
    kind: str
    role: str
    word: bool


def unmarked(block: Telling) -> Marked:
    """A block of which nothing is marked."""
    same = tuple([_SAME for _ in block.wiring.elements])
    return Marked(block, same, same)


def marked(before: Sequence[Telling], after: Sequence[Telling]) -> list[list[Marked]]:
    """The blocks of two networks, those together that are one and the same, or the one what became of the other."""
    return [list(_marked(pair)) for pair in _pairs(before, after)]


def _pairs(before: Sequence[Telling], after: Sequence[Telling]) -> list[Pair]:
    """Equal blocks first, then those of one definition, then what is left by its place."""
    left, right = list(range(len(before))), list(range(len(after)))
    found: list[tuple[int, int]] = []
    same: tuple[Callable[[Telling, Telling], bool], ...] = (
        alike,
        lambda one, other: one.definition == other.definition and one.keeps == other.keeps,
        lambda one, other: one.definition == other.definition,
        lambda *_: True,
    )
    for fits in same:
        for one in tuple(left):
            other = next((index for index in right if fits(before[one], after[index])), None)
            if other is not None:
                found.append((one, other))
                left.remove(one)
                right.remove(other)
    pairs: list[tuple[int, Pair]] = [(one, (before[one], after[other])) for one, other in found]
    pairs += [(one, (before[one], None)) for one in left]
    in_order = [pair for _, pair in sorted(pairs, key=lambda each: each[0])]
    return [*in_order, *[(None, after[other]) for other in right]]


def _marked(pair: Pair) -> Iterator[Marked]:
    one, two = pair
    if one and two and alike(one, two):
        names = tuple(dict.fromkeys((*one.networks, *two.networks)))
        yield unmarked(replace(one, networks=names))
        return
    matched, words = _matched(one.wiring, two.wiring) if one and two else ({}, {})
    if one:
        yield _side(one, two, matched, words, "removed")
    if two:
        yield _side(two, one, _backwards(matched), _backwards(words), "added")


def _backwards(matched: Matched) -> Matched:
    return {other: index for index, other in matched.items()}


def _side(own: Telling, other: Telling | None, matched: Matched, words: Matched, alone: Mark) -> Marked:
    """One block with its marks, given which of its elements, and of their words, are which of the other's."""
    ours, theirs = own.wiring.elements, other.wiring.elements if other else ()
    marks: list[Mark] = []
    wording: list[Mark] = []
    for index, element in enumerate(ours):
        twin, word = matched.get(index), words.get(index)
        marks.append(alone if twin is None else "same" if _does(element) == _does(theirs[twin]) else "changed")
        wording.append(alone if word is None else "same" if element.words == theirs[word].words else "changed")
    known = set(_ways(other.wiring).values()) if other else set()
    lone = [
        wire
        for wire, (source, output, target) in _ways(own.wiring).items()
        if (matched.get(source, -1), output, matched.get(target, -1)) not in known
    ]
    return Marked(own, tuple(marks), tuple(wording), frozenset(lone), alone)


def _ways(wiring: Wiring) -> dict[Wire, tuple[int, int, int]]:
    """For each wire what it comes from, forks aside, and where it leads to."""
    into = {wire.target: wire for wire in wiring.wires}
    found = {}
    for wire in wiring.wires:
        start = wire
        while wiring.elements[start.source].kind == "fork":
            start = into[start.source]
        found[wire] = (start.source, start.output, wire.target)
    return found


def _matched(before: Wiring, after: Wiring) -> tuple[Matched, Matched]:
    """Which element of one block is which of another, and behind which elements stands the same activation.

    No two pairs cross, and their likenesses have the greatest sum, as layers are paired in the module
    `resdsl.analysis.compare.alignment`. Of both blocks the ends are the same, and so are forks behind those.
    """
    one, two = list(_steps(before)), list(_steps(after))
    found: Matched = {}
    words: Matched = {}
    for i, j in _best(one, two):
        (words if one[i].word else found)[one[i].index] = two[j].index
    for kind in ("entrance", "exit"):
        found.update(zip(_of_kind(before, kind), _of_kind(after, kind), strict=False))
    behind = {wire.source: wire.target for wire in after.wires if after.elements[wire.target].kind == "fork"}
    for wire in before.wires:
        if before.elements[wire.target].kind == "fork" and found.get(wire.source) in behind:
            found[wire.target] = behind[found[wire.source]]
    return found, words


def _steps(wiring: Wiring) -> Iterator[_Step]:
    for index, element in enumerate(wiring.elements):
        if element.kind not in BARE:
            path = element.about.partition(":")[0]
            yield _Step(index, path, _does(element), element.kind, element.role, word=False)
            if element.words:
                yield _Step(index, path, element.words, "word", element.role, word=True)


def _of_kind(wiring: Wiring, kind: str) -> list[int]:
    return [index for index, element in enumerate(wiring.elements) if element.kind == kind]


def _best(before: Sequence[_Step], after: Sequence[_Step]) -> Iterator[tuple[int, int]]:
    alike_by = [[_likeness(one, two) for two in after] for one in before]
    sums = [[0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for i, row in enumerate(alike_by):
        for j, each in enumerate(row):
            sums[i + 1][j + 1] = max(sums[i][j + 1], sums[i + 1][j], sums[i][j] + each if each else 0)
    i, j = len(before), len(after)
    while i and j:
        each = alike_by[i - 1][j - 1]
        if each and sums[i][j] == sums[i - 1][j - 1] + each:
            i, j = i - 1, j - 1
            yield i, j
        elif sums[i][j] == sums[i][j - 1]:
            j -= 1
        else:
            i -= 1


def _likeness(one: _Step, two: _Step) -> int:
    if one.role != two.role or one.word != two.word:
        return 0
    of_one_path = one.path == two.path
    if one.does == two.does:
        return _TWIN if of_one_path else _ELSEWHERE
    if one.kind == two.kind:
        return _OF_ONE_PATH if of_one_path else _OF_ONE_KIND
    return _WEIGHTED if one.kind in _WITH_WEIGHTS and two.kind in _WITH_WEIGHTS else 0


def _does(element: Element) -> object:
    """Equal for elements that do the same, whatever they are called and whatever stands behind them."""
    if element.kind in BARE:
        return element.kind
    costs, in_full = element.costs, element.about.partition(": ")[2].partition("; ")[0]
    return element.kind, element.label, in_full, element.role, element.shape, costs.params, costs.macs
