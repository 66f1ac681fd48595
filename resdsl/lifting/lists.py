"""Values as items of lists: what the names are that a loop defines and reads."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import count, pairwise

_NAMES = ("y", "z", "w")

Item = tuple[str, int, int]
"""A list, the place in it where a loop begins, and by how much it grows; no growth for a value that stays."""


class ValueLists:
    """The lists of a scope."""

    def __init__(self, defined: Sequence[str], words: Collection[str]) -> None:
        """Begin without any list.

        Args:
            defined: the names that the scope gives to values, in order.
            words: what no list can be called.
        """
        self._words = words
        self._order = {name: place for place, name in enumerate(defined)}
        self._items: dict[str, tuple[str, int]] = {}
        self._lengths: dict[str, int] = {}

    def name(self, value: str) -> str:
        """The name of a value: that of an item, if it is one."""
        found = self._items.get(value)
        return value if found is None else f"{found[0]}[{found[1]}]"

    def length(self, name: str) -> int:
        """How many items a list has; none if there is no such list."""
        return self._lengths.get(name, 0)

    def places(self, columns: Sequence[Sequence[str]], defined: Sequence[bool]) -> list[Item] | None:
        """The items that stand for columns of values, one for each turn of a loop; they are such items from then on.

        Returns:
            For each column its items, or None if there can be no loop; then nothing is changed.
        """
        before = len(self._items)
        made = [tuple(column) for column, is_defined in zip(columns, defined, strict=True) if is_defined]
        firsts: dict[tuple[str, ...], str] = {}
        for column in columns:
            link = next((each for each in made if tuple(column[1:]) == each[:-1] and tuple(column) != each), None)
            if link is not None and firsts.setdefault(link, column[0]) != column[0]:
                return None
        found: list[Item] | None = None
        if len(set(firsts.values())) == len(firsts) and all(self._begin(each, firsts.get(each, "")) for each in made):
            items = [self._item(tuple(column), made) for column in columns]
            found = None if None in items else [item for item in items if item is not None]
        if found is None:
            self._forget(before)
        return found

    def _begin(self, column: Sequence[str], first: str) -> bool:
        """Make values that a loop defines items of a list, behind that which the first turn reads."""
        if first and first not in self._items:
            if first not in self._order:
                return False
            self._add(self._fresh(), first)
        name, place = self._items[first] if first else (self._fresh(), -1)
        if place != self._lengths.get(name, 0) - 1 or any(value in self._items for value in column):
            return False
        for value in column:
            self._add(name, value)
        return True

    def _item(self, column: tuple[str, ...], made: Sequence[tuple[str, ...]]) -> Item | None:
        within = {value for each in made for value in each}
        if len(set(column)) == 1:
            return None if column[0] in within else (column[0], 0, 0)
        outside = not within.intersection(column)
        if outside and not any(value in self._items for value in column):
            places = [self._order.get(value, -1) for value in column]
            if places[0] < 0 or any(one >= two for one, two in pairwise(places)):
                return None
            name = self._fresh()
            for value in column:
                self._add(name, value)
        items = [self._items.get(value, ("", -1)) for value in column]
        (name, place), step = items[0], items[1][1] - items[0][1]
        if not name or abs(step) != 1 or any(item != (name, place + step * turn) for turn, item in enumerate(items)):
            return None
        return None if step < 0 and not outside else (name, place, step)

    def _add(self, name: str, value: str) -> None:
        length = self._lengths.get(name, 0)
        self._items[value] = name, length
        self._lengths[name] = length + 1

    def _forget(self, count: int) -> None:
        """Leave only the items that were so many at first."""
        while len(self._items) > count:
            name, place = self._items.popitem()[1]
            self._lengths[name] = place
            if not place:
                del self._lengths[name]

    def _fresh(self) -> str:
        numbers = ("" if number == 1 else str(number) for number in count(1 + len(self._lengths) // len(_NAMES)))
        names = (f"{name}{number}" for number in numbers for name in _NAMES)
        return next(name for name in names if name not in self._lengths and name not in self._words)
