"""Statements that repeat, as loops: rows that are equal but for the numbers in their labels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_LONGEST = 6
"""So many statements in a row are looked at as what may repeat."""
_SAVED = 2
"""A loop takes the place of statements if so many lines fewer are left."""
_WIDEST = 104
_LABEL = re.compile(r'(^|; |\{ |^stage )("(?:[^"{}]*)"|[A-Za-z_]\w*): ')
_NUMBER = re.compile(r"\d+")
_NAMING = re.compile(r"(^|; |\{ )(as|from|tap|shared|input|output|expect|let)\b")
_VARIABLES = "kjm"

Rows = tuple[str, ...]


def with_loops(lines: Sequence[str]) -> list[str]:
    """Lines of statements, with loops in place of those that repeat, in all bodies."""
    statements = list(_statements(iter(lines)))
    for length in range(1, _LONGEST + 1):
        statements = list(_folded(statements, length))
    return [line for rows in statements for line in rows]


def _statements(lines: Iterator[str]) -> Iterator[Rows]:
    """Statements, each with all lines of its bodies; the loops in these are made."""
    for line in lines:
        if not line.endswith("{"):
            yield (line,)
            continue
        rows = [line]
        body: list[str] = []
        depth = 1
        for each in lines:
            opens, closes = each.endswith("{"), each.startswith("}")
            depth += opens - closes
            if depth == 0 or (depth == 1 and opens and closes):
                rows += [*with_loops(body), each]
                body = []
                if depth == 0:
                    break
            else:
                body.append(each)
        yield tuple(rows)


class _Row(NamedTuple):
    """A statement as what it has in common with others: its text with marks for the numbers in labels, and these."""

    form: str
    numbers: tuple[int, ...]
    may_repeat: bool


def _row(rows: Rows) -> _Row:
    numbers: list[int] = []

    def marked(label: re.Match[str]) -> str:
        name = label[2] if label[2].startswith('"') else f'"{label[2]}"'
        found = _NUMBER.findall(name)
        if any(str(int(each)) != each for each in found):
            return f"{label[1]}{name}: "
        numbers.extend(map(int, found))
        return f"{label[1]}{_NUMBER.sub(chr(2), name)}: "

    form = "\n".join(_LABEL.sub(marked, line) for line in rows)
    return _Row(form, tuple(numbers), not any(_NAMING.search(line) for line in rows))


def _folded(statements: Sequence[Rows], length: int) -> Iterator[Rows]:
    """Statements, where so many in a row that repeat are a loop."""
    rows = [_row(each) for each in statements]
    place = 0
    while place < len(rows):
        count = _repeats(rows, place, length)
        lines = sum(len(each) for each in statements[place : place + length])
        if (count - 1) * lines - (0 if lines == 1 else 2) >= _SAVED:
            yield _loop(statements, rows, place, length, count)
            place += length * count
        else:
            yield statements[place]
            place += 1


def _repeats(rows: Sequence[_Row], place: int, length: int) -> int:
    """How often the statements from a place on come again, their numbers all growing by the same."""
    unit = rows[place : place + length]
    if len(unit) < length or not all(row.may_repeat for row in unit):
        return 1
    count, step = 1, None
    while True:
        following = rows[place + count * length : place + (count + 1) * length]
        if [row.form for row in following] != [row.form for row in unit]:
            return count
        steps = _steps(unit, following)
        if step is not None and steps != tuple([each * count for each in step]):
            return count
        if len({each for each in steps if each}) > 1 or any(each < 0 for each in steps):
            return count
        step = steps if step is None else step
        count += 1


def _steps(unit: Sequence[_Row], other: Sequence[_Row]) -> tuple[int, ...]:
    pairs = zip(unit, other, strict=True)
    return tuple([end - start for one, two in pairs for start, end in zip(one.numbers, two.numbers, strict=True)])


def _loop(statements: Sequence[Rows], rows: Sequence[_Row], place: int, length: int, count: int) -> Rows:
    """A loop over statements; its variable is the first number that grows."""
    unit = rows[place : place + length]
    steps = iter(_steps(unit, rows[place + length : place + 2 * length]))
    written = "\n".join(each for rows_ in statements[place : place + length] for each in rows_)
    variable = next(each for each in _VARIABLES if not re.search(rf"\bfor {each}\b", written))
    start: int | None = None
    step = 1
    lines: list[str] = []
    for row in unit:
        text = row.form
        for number in row.numbers:
            grows = next(steps)
            if grows:
                start, step = (number, grows) if start is None else (start, step)
            text = text.replace("\2", _index(variable, number - (start or 0)) if grows else str(number), 1)
        lines += text.split("\n")
    over = _range(start or 0, step, count)
    head = f"for {variable} in {over} {{"
    if len(lines) == 1 and len(head) + len(lines[0]) < _WIDEST:
        return (f"{head} {lines[0]} }}",)
    return (head, *lines, "}")


def _index(variable: str, offset: int) -> str:
    if not offset:
        return f"{{{variable}}}"
    return f"{{{variable} {'+' if offset > 0 else '-'} {abs(offset)}}}"


def _range(start: int, step: int, count: int) -> str:
    if step == 1:
        return f"{start}..{start + count}"
    return f"[{', '.join(str(start + step * each) for each in range(count))}]"
