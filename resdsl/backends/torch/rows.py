"""Sequences of modules: equal repeats become loops, and repeats that differ in numbers loops over the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, takewhile
from operator import itemgetter

from resdsl.backends.torch.construction import Construction, Plain, Series, literal, written
from resdsl.backends.torch.names import Taken
from resdsl.backends.torch.parameters import Parameters, same


def row(series: Series) -> Iterator[str]:
    """The texts of the modules of a series in which all numbers are known, with repeats as loops."""
    alone = Parameters(1, {}, Taken())
    items = _joined(series)
    while items:
        alike = _alike(items)
        if len(alike) >= _WORTH_A_LOOP:
            yield _loop(alike)
            del items[: len(alike)]
            continue
        construction, count = items.pop(0)
        text, _ = alone.constructed([construction])
        yield text if count == 1 else f"*({text} for _ in range({count}))"


_WORTH_A_LOOP = 3
"""From this many on, repeats that differ only in numbers are written as a loop."""


def _joined(series: Series) -> list[tuple[Construction, int]]:
    """The modules with equal neighbours merged: uses may differ in arguments that have no effect."""
    return [(made, sum(count for _, count in same)) for made, same in groupby(series.items, key=itemgetter(0))]


def _alike(items: list[tuple[Construction, int]]) -> list[Construction]:
    """The longest prefix of items that differ only in numbers."""
    first, _ = items[0]
    same_kind = takewhile(lambda item: item[1] == 1 and item[0].kind == first.kind, items)
    return [construction for construction, _ in same_kind]


def _loop(made: list[Construction]) -> str:
    """A generator expression over the numbers in which constructions differ."""
    columns = list(zip(*map(_numbers, made), strict=True))
    varying = [len({repr(number) for _, number in column}) > 1 for column in columns]
    taken = Taken()
    names = [taken.free(column[0][0]) if varies else None for column, varies in zip(columns, varying, strict=True)]
    text = _with_names(made[0], iter(names))
    used = [name for name in names if name]
    rows = [
        [literal(number) for (_, number), varies in zip(_numbers(each), varying, strict=True) if varies]
        for each in made
    ]
    listed = ", ".join(row[0] if len(used) == 1 else f"({', '.join(row)})" for row in rows)
    return f"*({text} for {', '.join(used)} in ({listed}))"


def _numbers(construction: Construction) -> list[tuple[str, Plain]]:
    """Every number of a construction and its nested ones, with the parameter that receives it."""
    found: list[tuple[str, Plain]] = []
    for name, value in construction.arguments:
        found += _numbers(value) if isinstance(value, Construction) else [(name, value)]
    return found


def _with_names(construction: Construction, names: Iterator[str | None]) -> str:
    """The text of a construction with some numbers replaced by variables."""
    texts: list[str | None] = []
    for name, value in construction.arguments:
        if isinstance(value, Construction):
            texts.append(_with_names(value, names))
            continue
        default = any(key == name and same((each,), (value,)) for key, each in construction.defaults)
        texts.append(next(names) or (None if default else literal(value)))
    return written(construction, texts)
