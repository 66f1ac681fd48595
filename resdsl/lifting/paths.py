"""Paths of modules: what they have in common, and what is left of one within another."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import takewhile
from typing import NamedTuple

_NOT_IN_NAMES = re.compile(r"\W+", re.ASCII)
_NUMBERS = re.compile(r"(\d+)")


def common_path(paths: Iterable[str]) -> str:
    """The path of the innermost module that has all of these: the path of its parent for one alone."""
    split = [path.split(".")[:-1] for path in paths]
    if not split:
        return ""
    shared = takewhile(lambda parts: len(set(parts)) == 1, zip(*split, strict=False))
    return ".".join(parts[0] for parts in shared)


def within(path: str, prefix: str) -> str:
    """What is left of a path within a module; empty if it is not in it."""
    if not prefix:
        return path
    return path.removeprefix(f"{prefix}.") if path.startswith(f"{prefix}.") else ""


def as_output_name(path: str) -> str:
    """A path, or another text, as the name of an output; empty if nothing of it can be one."""
    return _NOT_IN_NAMES.sub("_", path).strip("_")


def as_output_names(names: Sequence[str]) -> list[str]:
    """Names of outputs that a text can have, each another one, near to those of a file."""
    found: list[str] = []
    for name in names:
        clean = as_output_name(name) or "value"
        numbered = (f"{clean}_{number}" for number in range(2, len(names) + 2))
        found.append(next(each for each in (clean, *numbered) if each not in found))
    return found


class PathSeries(NamedTuple):
    """A path with a number in it: what stands before the number, the number, and what stands behind it."""

    head: str
    number: int
    tail: str

    def goes_on(self, other: str) -> bool:
        """Whether another path is the same with the next number."""
        return other == f"{self.head}{self.number + 1}{self.tail}"


def series_of(path: str) -> list[PathSeries]:
    """A path as a member of series: by each of its numbers, the last one first."""
    parts = _NUMBERS.split(path)
    return [
        PathSeries("".join(parts[:place]), int(parts[place]), "".join(parts[place + 1 :]))
        for place in range(len(parts) - 2, 0, -2)
        if str(int(parts[place])) == parts[place]
    ]


def series_between(path: str, other: str) -> PathSeries | None:
    """The series in which one path comes right after another."""
    return next((series for series in series_of(path) if series.goes_on(other)), None)


def led_series(firsts: Collection[str], others: Collection[str]) -> int:
    """In how many series of paths one of `firsts` comes first and `others` are all that follow; none if others are
    left, or if a series has a gap.
    """
    numbers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for path in others:
        for series in series_of(path)[:1]:
            numbers[series.head, series.tail].append(series.number)
    led = [
        f"{head}{min(found) - 1}{tail}" in firsts and len(found) == max(found) - min(found) + 1
        for (head, tail), found in numbers.items()
    ]
    whole = all(led) and sum(map(len, numbers.values())) == len(others)
    return len(led) if whole else 0
