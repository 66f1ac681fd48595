"""Rows that repeat with other values, as loops: the values are items of lists.

Rows may repeat whose text is the same but for numbers in labels, for indices, and for names of values. In a loop, each
name that rows define is an item of a list; those that they read are the same in all rows, what the row before defines,
or items of a list too, one after the other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from resdsl.lifting.lists import ValueLists

_LONGEST = 4
"""So many rows are looked at as what may repeat."""
_SAVED = 2
"""A loop takes the place of rows if so many lines fewer are left."""
_WIDEST = 104
_VARIABLES = ("k", "j", "m", "index")
_SLOT = re.compile(
    r'(?P<label>"[^"{}]*"|\b[A-Za-z_]\w*?[0-9]+)(?=: )|"[^"]*"|(?P<value>\bv\d+\b)|(?<=\[)(?P<index>\d+)(?=\])'
)
_VALUE = re.compile(r'"[^"]*"|\bv\d+\b(?!: )')
_WORD = re.compile(r"[A-Za-z_]\w*")
_DEFINED = re.compile(r"\bas (v\d+)\b")
_NUMBER = re.compile(r"(?<!\d)(?:0|[1-9]\d*)(?!\d)")
_ITEMS = re.compile(r"\b([a-z]+\d*)\[\d+\](?:, \1\[\d+\])+")
_IN_LABEL, _ELSEWHERE = "\x05", "\x06"


class _Slot(NamedTuple):
    """What may differ from row to row: a number, or a value that is defined or read."""

    number: int = 0
    value: str = ""
    is_defined: bool = False


class _Row(NamedTuple):
    """A row: its text with marks for slots, and these; without text if it cannot be in a loop."""

    form: str
    slots: tuple[_Slot, ...]


def with_series(lines: Sequence[str]) -> list[str]:
    """The lines of a scope, with loops in place of rows that repeat with other values."""
    words = {word for line in lines for word in _WORD.findall(line)}
    variable = next((name for name in _VARIABLES if name not in words), "")
    if not variable:
        return list(lines)
    defined = [name for line in lines for name in _DEFINED.findall(line)]
    found = _Series(list(lines), ValueLists(defined, words), variable)
    for length in range(1, _LONGEST + 1):
        found.fold(length)
    return found.written()


def _row(line: str) -> _Row:
    if "{" in line or "}" in line or not _VALUE.search(line):
        return _Row("", ())
    slots: list[_Slot] = []

    def of_number(found: re.Match[str]) -> str:
        slots.append(_Slot(int(found[0])))
        return _IN_LABEL

    def of_slot(found: re.Match[str]) -> str:
        if found["label"] is not None:
            label = found[0] if found[0].startswith('"') else f'"{found[0]}"'
            return _NUMBER.sub(of_number, label)
        if found["value"] is not None:
            slots.append(_Slot(value=found[0], is_defined=line[: found.start()].endswith("as ")))
        elif found["index"] is not None:
            slots.append(_Slot(int(found[0])))
        else:
            return found[0]
        return _ELSEWHERE

    return _Row(_SLOT.sub(of_slot, line), tuple(slots))


@dataclass
class _Series:
    """The lines of a scope on their way to loops.

    Attributes:
        lines: the lines; those of loops are made already.
        lists: the lists of values.
        variable: that of the loops.
    """

    lines: list[str]
    lists: ValueLists
    variable: str
    _rows: list[_Row] = field(default_factory=list)

    def fold(self, length: int) -> None:
        """Make loops of rows, so many of which repeat together."""
        self._rows = [_row(line) for line in self.lines]
        made: list[str] = []
        place = 0
        while place < len(self._rows):
            count = self._repeats(place, length)
            is_shorter = (count - 1) * length - (0 if length == 1 else 2) >= _SAVED
            loop = self._loop(place, length, count) if is_shorter else []
            made += loop or [self.lines[place]]
            place += length * count if loop else 1
        self.lines = made

    def _repeats(self, place: int, length: int) -> int:
        """How often rows come again whose slots go on from row to row as from the first to the second."""
        unit = self._rows[place : place + length]
        if len(unit) < length or not all(row.form for row in unit):
            return 1
        turns = [[slot for row in unit for slot in row.slots]]
        kinds: list[object] = []
        while True:
            begin = place + len(turns) * length
            rows = self._rows[begin : begin + length]
            if [row.form for row in rows] != [row.form for row in unit]:
                return len(turns)
            turn = [slot for row in rows for slot in row.slots]
            found = [_kind(number, turns[-1], turn) for number in range(len(turn))]
            if len(turns) > 1 and found != kinds:
                return len(turns)
            kinds = found
            turns.append(turn)

    def _loop(self, place: int, length: int, count: int) -> list[str]:
        """A loop over rows; empty if their slots cannot be those of one."""
        rows = self._rows[place : place + length * count]
        turns = [
            [slot for row in rows[turn * length : (turn + 1) * length] for slot in row.slots] for turn in range(count)
        ]
        columns = list(zip(*turns, strict=True))
        steps = [_step(column) for column in columns if not column[0].value]
        if None in steps or len({*steps} - {0, None}) > 1:
            return []
        values = [[slot.value for slot in column] for column in columns if column[0].value]
        defined = [column[0].is_defined for column in columns if column[0].value]
        found = self.lists.places(values, defined)
        if found is None:
            return []
        numbers = [column[0].number for column in columns if not column[0].value]
        start = next((number for number, step in zip(numbers, steps, strict=True) if step), 0)
        start = start if 1 in steps else 0
        items = iter(found)
        counted = iter(
            [_counted(number, step or 0, self.variable, start) for number, step in zip(numbers, steps, strict=True)]
        )
        texts = iter(
            [(_item(*next(items), self.variable, start) if column[0].value else next(counted)) for column in columns]
        )
        marks = re.compile(f"[{_IN_LABEL}{_ELSEWHERE}]")
        body = [marks.sub(lambda mark: _text(next(texts), mark[0]), row.form) for row in rows[:length]]
        head = f"for {self.variable} in {start}..{start + count} {{"
        if len(body) == 1 and len(head) + len(body[0]) < _WIDEST:
            return [f"{head} {body[0]} }}"]
        return [head, *body, "}"]

    def written(self) -> list[str]:
        """The lines with the names of items."""
        return [
            _ITEMS.sub(self._whole, _VALUE.sub(lambda value: self.lists.name(value[0]), line)) for line in self.lines
        ]

    def _whole(self, found: re.Match[str]) -> str:
        """A list in place of all its items in order."""
        places = [int(each) for each in re.findall(r"\[(\d+)\]", found[0])]
        return found[1] if places == list(range(self.lists.length(found[1]))) else found[0]


def _kind(number: int, before: Sequence[_Slot], turn: Sequence[_Slot]) -> object:
    """How a slot goes on: by how much its number grows, or where its value comes from."""
    one, two = before[number], turn[number]
    if not one.value or one.is_defined:
        return two.number - one.number
    if one.value == two.value:
        return "same"
    made = [place for place, slot in enumerate(before) if slot.is_defined and slot.value == two.value]
    now = [place for place, slot in enumerate(turn) if slot.is_defined and slot.value == two.value]
    return made, now, int(one.value[1:]) < int(two.value[1:])


def _step(column: Sequence[_Slot]) -> int | None:
    """By how much a number grows from row to row: one or none, or minus one; None if it does otherwise."""
    step = column[1].number - column[0].number
    evenly = all(two.number - one.number == step for one, two in pairwise(column))
    return step if evenly and abs(step) < 2 else None


def _counted(first: int, step: int, variable: str, start: int) -> str:
    """A number that begins with this one, by the variable of a loop, which begins with `start`."""
    if step == 0:
        return str(first)
    offset = first - step * start
    if step < 0:
        return f"{offset} - {variable}"
    return f"{variable} {'+' if offset > 0 else '-'} {abs(offset)}" if offset else variable


def _item(name: str, place: int, step: int, variable: str, start: int) -> str:
    return f"{name}[{_counted(place, step, variable, start)}]" if step else name


def _text(text: str, mark: str) -> str:
    return f"{{{text}}}" if mark == _IN_LABEL and not text.isdigit() else text
