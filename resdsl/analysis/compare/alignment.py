"""Which parts of two networks correspond.

Parts of a graph are paired so that no two pairs cross and the sum of their similarities is greatest. This is the
weighted longest common subsequence (Needleman & Wunsch 1970). Blocks of a stage are paired together with their counts:
equal blocks first, then the blocks between two such pairs one by one, as far as both sides have any.

The order of the two networks does not matter: the pairs are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from resdsl.analysis.compare.entries import Entry
from resdsl.ops.base import Op

Pair = tuple[Entry | None, Entry | None]
Anchor = tuple[int, int]
Likeness = Callable[[Entry, Entry], int]

_TWIN, _ELSEWHERE, _OF_ONE_CALL, _OF_ONE_LABEL, _WRITTEN_ALIKE, _OF_ONE_KIND = 12, 10, 9, 7, 5, 2
"""How similar two parts are that compute the same, with equal or different labels; that have the same label, and are
written alike or not; that are only written alike; or that only have the same purpose. Two weaker pairs may outweigh a
stronger one: a sum that became wider, together with the activation after it, is still the same sum."""


def align_parts(before: Sequence[Entry], after: Sequence[Entry]) -> list[Pair]:
    """Pairs of parts of two graphs in order; a part without a counterpart is paired with None, removed before added."""
    if _order(after) < _order(before):
        return _removed_first([pair[::-1] for pair in align_parts(after, before)])
    pairs: list[Pair] = []
    i = j = 0
    for end, other in (*_anchors(before, after, _likeness), (len(before), len(after))):
        pairs += [(each, None) for each in before[i:end]] + [(None, each) for each in after[j:other]]
        if end < len(before):
            pairs.append((before[end], after[other]))
        i, j = end + 1, other + 1
    return pairs


def align_blocks(before: Sequence[Entry], after: Sequence[Entry]) -> list[Pair]:
    """Pairs of equal numbers of blocks of two stages, in order; otherwise like `align_parts`."""
    if _order(after) < _order(before):
        return _removed_first([pair[::-1] for pair in align_blocks(after, before)])
    pairs: list[Pair] = []
    waiting = _Waiting()
    i = j = 0
    for end, other in _anchors(before, after, _likeness_of_blocks):
        waiting.add(before[i:end], after[j:other])
        one, two = before[end], after[other]
        early_one, early_two = waiting.room(one.count, two.count)
        count = min(one.count - early_one, two.count - early_two)
        waiting.add(_some(one, 0, early_one), _some(two, 0, early_two))
        pairs += waiting.pairs()
        pairs.append((one.repeats(early_one, count), two.repeats(early_two, count)))
        waiting = _Waiting()
        waiting.add(_some(one, early_one + count), _some(two, early_two + count))
        i, j = end + 1, other + 1
    waiting.add(before[i:], after[j:])
    return [*pairs, *waiting.pairs()]


class _Waiting:
    """The blocks of both sides between two pairs of equal blocks."""

    def __init__(self) -> None:
        self._before: list[Entry] = []
        self._after: list[Entry] = []

    def add(self, before: Sequence[Entry], after: Sequence[Entry]) -> None:
        self._before += before
        self._after += after

    def room(self, one: int, two: int) -> tuple[int, int]:
        """How many of the next blocks of each side are better paired with waiting blocks than with each other.

        One side has more blocks than the other; only the surplus can be used for this.
        """
        lacking = _count(self._after) - _count(self._before)
        if one > two:
            return max(0, min(lacking, one - two)), 0
        return 0, max(0, min(-lacking, two - one))

    def pairs(self) -> Iterator[Pair]:
        """Pair blocks one by one from the start; the surplus of one side is paired with None."""
        one, two = list(reversed(self._before)), list(reversed(self._after))
        while one and two:
            left, right = one.pop(), two.pop()
            count = min(left.count, right.count)
            yield left.repeats(0, count), right.repeats(0, count)
            one += _some(left, count)
            two += _some(right, count)
        yield from ((each, None) for each in reversed(one))
        yield from ((None, each) for each in reversed(two))


def _some(entry: Entry, skipped: int, count: int | None = None) -> list[Entry]:
    """Some of the repeats of an entry, by default all that are left; None if that is zero."""
    wanted = entry.count - skipped if count is None else count
    return [entry.repeats(skipped, wanted)] if wanted else []


def _count(entries: Sequence[Entry]) -> int:
    return sum(entry.count for entry in entries)


def _anchors(before: Sequence[Entry], after: Sequence[Entry], likeness: Likeness) -> list[Anchor]:
    """The indices of the pairs with the greatest sum of similarities, in order."""
    shorter = min(len(before), len(after))
    start = next((k for k in range(shorter) if not _twins(before[k], after[k])), shorter)
    ends = range(1, shorter - start + 1)
    end = next((k - 1 for k in ends if not _twins(before[-k], after[-k])), shorter - start)
    one, two = before[start : len(before) - end], after[start : len(after) - end]
    inner = [(start + i, start + j) for i, j in _best(one, two, likeness)]
    first = [(k, k) for k in range(start)]
    return [*first, *inner, *((len(before) - k, len(after) - k) for k in range(end, 0, -1))]


def _best(before: Sequence[Entry], after: Sequence[Entry], likeness: Likeness) -> list[Anchor]:
    alike = [[likeness(one, two) for two in after] for one in before]
    sums = [[0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for i, row in enumerate(alike):
        above, here = sums[i], sums[i + 1]
        for j, each in enumerate(row):
            here[j + 1] = max(above[j + 1], here[j], above[j] + each if each else 0)
    found = []
    i, j = len(before), len(after)
    while i and j:
        each = alike[i - 1][j - 1]
        if each and sums[i][j] == sums[i - 1][j - 1] + each:
            i, j = i - 1, j - 1
            found.append((i, j))
        elif sums[i][j] == sums[i][j - 1]:
            j -= 1
        else:
            i -= 1
    return found[::-1]


def _twins(one: Entry, two: Entry) -> bool:
    return (
        one.row.kind == two.row.kind
        and one.label == two.label
        and one.signature == two.signature
        and (one.count == two.count or bool(one.label))
    )


def _likeness(one: Entry, two: Entry) -> int:
    if one.row.kind != two.row.kind:
        return 0
    if one.signature == two.signature:
        return _TWIN if one.label == two.label else _ELSEWHERE
    if one.label == two.label:
        return _OF_ONE_CALL if one.row.name == two.row.name else _OF_ONE_LABEL
    if one.row.name == two.row.name:
        return _WRITTEN_ALIKE
    if one.row.op is None or two.row.op is None:
        return _OF_ONE_KIND
    return _OF_ONE_KIND if _task(one.row.op) == _task(two.row.op) else 0


def _likeness_of_blocks(one: Entry, two: Entry) -> int:
    """The similarity of blocks that are the same, or at least written alike; others are paired by position."""
    common = min(one.count, two.count)
    if one.signature == two.signature:
        return _TWIN * common
    return _OF_ONE_LABEL * common if one.row.name == two.row.name else 0


def _task(op: Op) -> str:
    """The purpose of an op: a norm may become another norm, but a convolution does not become an activation."""
    return "norm" if op.normalises else "activation" if op.activates else op.kind()


def _order(entries: Sequence[Entry]) -> list[tuple[str, ...]]:
    """A key that orders the two sides independently of which was given first, so that ties are broken alike."""
    return [(each.row.kind, each.label, each.signature, each.row.name, str(each.count)) for each in entries]


def _removed_first(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs, with removed parts before added ones if both are between the same two pairs."""
    ordered: list[Pair] = []
    added: list[Pair] = []
    for pair in pairs:
        if pair[0] is None:
            added.append(pair)
            continue
        if pair[1] is not None:
            ordered += added
            added = []
        ordered.append(pair)
    return [*ordered, *added]
