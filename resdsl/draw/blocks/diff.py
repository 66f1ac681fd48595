"""Compares the blocks of two networks: which correspond, and what was added, removed or changed in each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from resdsl.draw.blocks.definitions import Telling, alike
from resdsl.draw.blocks.elements import BARE, Element, Wire, Wiring
from resdsl.draw.diff_marks import Mark

Pair = tuple[Telling | None, Telling | None]
Matched = dict[int, int]

_TWIN, _ELSEWHERE, _OF_ONE_PATH, _OF_ONE_KIND, _WEIGHTED = 12, 10, 7, 5, 2
"""The similarity of two elements: equal with the same or different paths, of the same kind, or both with weights."""

_SAME: Mark = "same"
_WITH_WEIGHTS = ("conv", "linear", "block")


@dataclass(frozen=True, slots=True)
class Marked:
    """A block with the marks of its elements.

    Attributes:
        marks: the mark of each element, including junctions of lines; `words` are those of their activations.
        lone: its wires without a counterpart in the other block.
        own: the mark of wires without a counterpart: added or removed.
    """

    block: Telling
    marks: tuple[Mark, ...]
    words: tuple[Mark, ...]
    lone: frozenset[Wire] = frozenset()
    own: Mark = "same"

    def line(self, wire: Wire) -> str:
        """The style of a wire: that of its mark if it bypasses the main path and was added or removed."""
        return self.own if wire in self.lone and (wire.beside or wire.style != "flow") else wire.style


@dataclass(frozen=True, slots=True)
class _Step:
    """An element of a block, or the activation behind it, in order of appearance.

    Attributes:
        index: the index of the element; `path` is the path of its first layer.
        does: a key that is equal for two that do the same.
        kind: the kind of the element, or that of an activation.
    """

    index: int
    path: str
    does: object
    kind: str
    role: str
    word: bool


def unmarked(block: Telling) -> Marked:
    """A block without marks."""
    same = tuple([_SAME for _ in block.wiring.elements])
    return Marked(block, same, same)


def marked(before: Sequence[Telling], after: Sequence[Telling]) -> list[list[Marked]]:
    """The blocks of two networks, paired if they are the same or correspond to each other."""
    return [list(_marked(pair)) for pair in _pairs(before, after)]


def _pairs(before: Sequence[Telling], after: Sequence[Telling]) -> list[Pair]:
    """Pair equal blocks first, then those of the same definition, then the others by position."""
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
    """A block with its marks, given the correspondence of its elements and activations to those of the other."""
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
    """The source of each wire, ignoring forks, and its target."""
    into = {wire.target: wire for wire in wiring.wires}
    found = {}
    for wire in wiring.wires:
        start = wire
        while wiring.elements[start.source].kind == "fork":
            start = into[start.source]
        found[wire] = (start.source, start.output, wire.target)
    return found


def _matched(before: Wiring, after: Wiring) -> tuple[Matched, Matched]:
    """The correspondence of the elements of two blocks, and of the activations behind them.

    Pairs do not cross, and the sum of their similarities is maximal, as in the pairing of layers in
    `resdsl.analysis.compare.alignment`. The ends of both blocks correspond, and so do forks behind them.
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
    """A key that is equal for elements that do the same, regardless of names and of what follows them."""
    if element.kind in BARE:
        return element.kind
    costs, in_full = element.costs, element.about.partition(": ")[2].partition("; ")[0]
    return element.kind, element.label, in_full, element.role, element.shape, costs.params, costs.macs
