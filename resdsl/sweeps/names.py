"""The names of the points of a sweep, which are unique, in a few bytes each.

A million names take 32 MiB, however long they are.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from hashlib import blake2b

_WIDTH = 8
"""Bytes of a hash."""
_FREE = 0
_SMALLEST = 1024
"""Slots of an empty table, a power of two."""


class Names:
    """Where each name was given first.

    A name is kept as 64 bits of its hash and the index of its point. Where the hash of a name is known already, the
    other name is asked for, so that two names are never mistaken for one.
    """

    def __init__(self, name_at: Callable[[int], str]) -> None:
        """An empty collection.

        Args:
            name_at: the name of the point with an index that was given to `first`.
        """
        self._name_at = name_at
        self._hashes = array("Q", [_FREE]) * _SMALLEST
        self._indices = array("Q", [0]) * _SMALLEST
        self._count = 0
        self._beside: dict[str, int] = {}

    def first(self, name: str, index: int) -> int:
        """The index of the first point of this name: the one given here if the name is new."""
        own = int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=_WIDTH).digest(), "little") or 1
        slot = _slot(self._hashes, own)
        if self._hashes[slot] == own:
            other = self._indices[slot]
            return other if self._name_at(other) == name else self._beside.setdefault(name, index)
        self._hashes[slot], self._indices[slot] = own, index
        self._count += 1
        if 3 * self._count > 2 * len(self._hashes):
            self._grow()
        return index

    def _grow(self) -> None:
        hashes, indices = array("Q", [_FREE]) * (2 * len(self._hashes)), array("Q", [0]) * (2 * len(self._hashes))
        for own, index in zip(self._hashes, self._indices, strict=True):
            if own != _FREE:
                slot = _slot(hashes, own)
                hashes[slot], indices[slot] = own, index
        self._hashes, self._indices = hashes, indices


def _slot(hashes: array[int], own: int) -> int:
    """The slot that has this hash, or else the free one where it belongs."""
    last = len(hashes) - 1
    slot = own & last
    while hashes[slot] not in (own, _FREE):
        slot = (slot + 1) & last
    return slot
