"""Trees of dominators: in a graph without cycles, through which place everything on the way to a place goes."""

from __future__ import annotations

from collections.abc import Iterable


class DominatorTree:
    """The nearest dominator of each place; places are added after all those from which ways lead to them.

    Every place has a jump far up the tree, so that where two ways up meet is found in few steps.
    """

    def __init__(self) -> None:
        self._parent = [0]
        self._jump = [0]
        self._depth = [0]

    def add(self, before: Iterable[int]) -> int:
        """Add a place to which ways lead from these; zero is the root.

        Returns:
            The number of the place.
        """
        ways = iter(before)
        parent = next(ways, 0)
        for each in ways:
            parent = self._meeting(parent, each)
        jump = self._jump[parent]
        far = self._depth[parent] - self._depth[jump] == self._depth[jump] - self._depth[self._jump[jump]]
        self._parent.append(parent)
        self._jump.append(self._jump[jump] if far else parent)
        self._depth.append(self._depth[parent] + 1)
        return len(self._parent) - 1

    def over(self, place: int) -> int:
        """The nearest dominator of a place."""
        return self._parent[place]

    def _meeting(self, one: int, other: int) -> int:
        depth = self._depth
        while depth[one] != depth[other]:
            deep, high = (one, other) if depth[one] > depth[other] else (other, one)
            deep = self._jump[deep] if depth[self._jump[deep]] >= depth[high] else self._parent[deep]
            one, other = deep, high
        while one != other:
            up = self._jump if self._jump[one] != self._jump[other] else self._parent
            one, other = up[one], up[other]
        return one
