"""What was added, removed or changed between two networks, by the paths of the parts in a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from resdsl.draw.errors import NotDrawn
from resdsl.ir.network import Network

if TYPE_CHECKING:
    from resdsl.analysis.compare.difference import Change

Mark = Literal["same", "changed", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one of the two networks.

    Attributes:
        found: marks by path; repeats are found by the path of the first.
        runs: by the path of a stage, the first index of each run of blocks and the number of blocks.
    """

    found: Mapping[str, Mark] = field(default_factory=dict)
    runs: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)

    @property
    def breaks(self) -> Mapping[str, frozenset[int]]:
        """Where to split runs of equal blocks because their marks differ."""
        return {path: frozenset(first for first, _ in runs) for path, runs in self.runs.items()}

    def of(self, paths: tuple[str, ...]) -> Mark:
        """The mark of a part with these layers; `changed` if their marks differ."""
        marks = {self._of_one(path) for path in paths}
        return marks.pop() if len(marks) == 1 else "changed"

    def _of_one(self, path: str) -> Mark:
        place = self._first_repeat(path)
        while place:
            if place in self.found:
                return self.found[place]
            place = place.rpartition(".")[0]
        return "same"

    def _first_repeat(self, path: str) -> str:
        """The path with the number of each repeat replaced by that of the first one equal to it."""
        place = ""
        for word in path.split("."):
            for first, count in self.runs.get(place, ()) if word.isdigit() else ():
                if first <= int(word) < first + count:
                    word = str(first)
                    break
            place = f"{place}.{word}" if place else word
        return place


def two_of(networks: Sequence[Network]) -> tuple[Network, Network]:
    """The two networks to compare.

    Raises:
        NotDrawn: there are not exactly two.
    """
    if len(networks) != 2:
        raise NotDrawn(f"a difference needs two networks, not {len(networks)}")
    return networks[0], networks[1]


def marks_of(networks: Sequence[Network], *, diff: bool = True) -> tuple[Marks, ...]:
    """The marks of each of two networks; without `diff`, no marks for any number of networks.

    Raises:
        NotDrawn: a difference is requested, but there are not exactly two networks.
    """
    if not diff:
        return tuple([Marks() for _ in networks])
    from resdsl.analysis.compare.diff import diff as compared

    before, after = two_of(networks)
    whole = compared(before, after).whole
    return _marks(whole, first=True), _marks(whole, first=False)


def _marks(whole: Change, *, first: bool) -> Marks:
    found: dict[str, Mark] = {}
    runs: dict[str, list[tuple[int, int]]] = {}
    waiting = [whole]
    while waiting:
        change = waiting.pop()
        waiting += change.parts
        row = change.before if first else change.after
        if row is None:
            continue
        if row.kind not in {"stem", "head", "part", "model"}:
            found[row.path] = change.status
        if row.kind == "stage":
            blocks = [(part, part.before if first else part.after) for part in change.parts]
            runs[row.path] = sorted(
                (int(block.path.rpartition(".")[2]), part.count) for part, block in blocks if block is not None
            )
        elif row.kind in {"stem", "head", "part"} and not change.parts:
            found.update((part.path, change.status) for part in row.parts)
    return Marks(found, {path: tuple(pairs) for path, pairs in runs.items()})
