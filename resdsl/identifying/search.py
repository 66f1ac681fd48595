"""Searches the settings under which a network has given tensors: depths, widths, groups, shortcuts, classes.

One setting after the other is set to what the file suggests, and the best is kept, until nothing is better. Candidates
are taken from the shapes and names alone; none is a guess about a certain network.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations
from math import prod
from typing import TypeGuard

from resdsl.identifying.index import with_channels
from resdsl.identifying.networks import input_of, shipped_network, shortcuts, tensors_of
from resdsl.identifying.signature import Shapes
from resdsl.ir.network import Argument, ListValue, Network, Reference, Value
from resdsl.settings import Setting

_ROUNDS = 3
_MOST_NETWORKS = 150
"""How many networks are compiled at most for one definition."""
_COMMONEST = 4
_DIGITS = "0123456789"
_BISECTIONS = 12
_HOPELESS = 0.05
"""The share of names below which a definition is not searched further."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A network under some settings, and how much of a file it has.

    Attributes:
        network: the network.
        settings: the values that differ from those of its definition.
        names: the share of names that both have.
        fitting: the share of names with shapes that both have.
        shapes: its tensors.
    """

    network: Network
    settings: tuple[tuple[str, Setting], ...]
    names: float
    fitting: float
    shapes: Shapes

    @property
    def score(self) -> tuple[float, int]:
        """What is greater for the better of two candidates: fewer settings win among equals."""
        return self.names + self.fitting, -len(self.settings)


class Search:
    """The search among the settings of one shipped network.

    Args:
        name: the network.
        shapes: the tensors to be matched.
    """

    def __init__(self, name: str, shapes: Shapes) -> None:
        self._name, self._wanted = name, shapes
        self._known: dict[str, Candidate | None] = {}
        self._repeats = repeats(shapes)

    def best(self) -> Candidate | None:
        """The settings that fit best; None if the network cannot be compiled as it is."""
        best = self._candidate({})
        if best is None or best.names < _HOPELESS:
            return best
        for _ in range(_ROUNDS):
            before = best
            for argument in self._arguments(best):
                best = self._improved(best, argument)
                if best is not None and best.fitting == 1:
                    return best
            best = self._with_pairs(best)
            if best is before or best is None or best.fitting == 1:
                break
        return best

    def _with_pairs(self, best: Candidate | None) -> Candidate | None:
        """Two integers changed at once, one divided by what the other is multiplied by: `groups` and `width`."""
        if best is None or best.names < 1:
            return best
        integers = [(each.name, each.value) for each in best.network.arguments if type(each.value) is int]
        for (one, first), (other, second) in permutations(integers, 2):
            for ratio in self._ratios(best):
                values = first * ratio, second / ratio
                if all(value.denominator == 1 for value in values):
                    given = {**dict(best.settings), one: int(values[0]), other: int(values[1])}
                    candidate = self._candidate(given)
                    if candidate is not None and candidate.score > best.score:
                        return candidate
        return best

    def _arguments(self, best: Candidate | None) -> list[str]:
        if best is None:
            return []
        given = ["input"] if len(best.network.inputs) == 1 else []
        return [*(argument.name for argument in best.network.arguments), *given]

    def _improved(self, best: Candidate | None, name: str) -> Candidate | None:
        if best is None:
            return None
        for value in dict.fromkeys(self._proposals(best, name)):
            candidate = self._candidate({**dict(best.settings), name: value})
            if candidate is not None and candidate.score > best.score:
                best = candidate
        return best

    def _candidate(self, settings: dict[str, Setting]) -> Candidate | None:
        key = repr(sorted(settings.items()))
        if key not in self._known and len(self._known) < _MOST_NETWORKS:
            self._known[key] = self._compiled(settings)
        return self._known.get(key)

    def _compiled(self, settings: dict[str, Setting]) -> Candidate | None:
        network = shipped_network(self._name, settings)
        shapes = tensors_of(network) if network is not None else None
        if network is None or shapes is None:
            return None
        common = [name for name in shapes if name in self._wanted]
        either = len(shapes) + len(self._wanted) - len(common)
        same = sum(shapes[name] == self._wanted[name] for name in common)
        either_with_shapes = len(shapes) + len(self._wanted) - same
        return Candidate(network, tuple(settings.items()), len(common) / either, same / either_with_shapes, shapes)

    def _proposals(self, best: Candidate, name: str) -> Iterator[Setting]:
        if name == "input":
            yield from (with_channels(input_of(best.network), each) for each in self._lengths(best, _channels(best)))
            return
        value = _value(best.network.arguments, name)
        if isinstance(value, bool):
            yield not value
        elif isinstance(value, int):
            yield from self._integers(best, name, value)
        elif isinstance(value, ListValue):
            yield from self._lists(best, value)
        elif name == "shortcut" and isinstance(value, Reference):
            yield from shortcuts()

    def _integers(self, best: Candidate, name: str, value: int) -> Iterator[int]:
        yield from self._lengths(best, value)
        for ratio in self._ratios(best):
            if (scaled := value * ratio).denominator == 1 and scaled > 0:
                yield int(scaled)
        yield from sorted({count for found in self._repeats for count in found})
        yield from self._by_count(best, name, value)
        if best.names == 1:
            yield from self._by_size(best, name, value)

    def _lists(self, best: Candidate, value: ListValue) -> Iterator[tuple[int, ...]]:
        if not _integers_only(value.items):
            return
        items = list(value.items)
        yield from (found for found in self._repeats if len(found) == len(items))
        lengths = [(self._lengths(best, item) or [item])[0] for item in items]
        yield tuple(lengths)
        for index, item in enumerate(items):
            around = (item + 1, item - 1, item + 2) if best.names < 1 else ()
            for other in (lengths[index], *around):
                yield (*items[:index], other, *items[index + 1 :])

    def _lengths(self, best: Candidate, value: int) -> list[int]:
        """What the file has where the network has an axis of this length, the commonest first."""
        found: Counter[int] = Counter()
        for name, shape in best.shapes.items():
            theirs = self._wanted.get(name, ())
            if len(theirs) == len(shape):
                found.update(other for one, other in zip(shape, theirs, strict=True) if one == value != other)
        return [length for length, _ in found.most_common(_COMMONEST) if length > 0]

    def _ratios(self, best: Candidate) -> list[Fraction]:
        """The ratios of lengths in the file to those in the network, the commonest first."""
        found: Counter[Fraction] = Counter()
        for name, shape in best.shapes.items():
            theirs = self._wanted.get(name, ())
            if len(theirs) == len(shape):
                found.update(Fraction(b, a) for a, b in zip(shape, theirs, strict=True) if a != b and a > 0)
        return [ratio for ratio, _ in found.most_common(2 * _COMMONEST)]

    def _by_count(self, best: Candidate, name: str, value: int) -> Iterator[int]:
        """Values at which the network would have as many tensors as the file, if the number grows evenly."""
        missing = len(self._wanted) - len(best.shapes)
        if missing == 0:
            return
        for step in (1, 2, 3, 4, 6, 9):
            other = self._candidate({**dict(best.settings), name: value + step})
            if other is not None and (gained := len(other.shapes) - len(best.shapes)) != 0:
                yield value + round(Fraction(missing * step, gained))
                return

    def _by_size(self, best: Candidate, name: str, value: int) -> Iterator[int]:
        """The value at which the network has as many parameters as the file, found by bisection."""
        wanted = _size(self._wanted)
        low, high = (value, 8 * value) if _size(best.shapes) < wanted else (1, value)
        for _ in range(_BISECTIONS):
            middle = (low + high) // 2
            tried = self._candidate({**dict(best.settings), name: middle})
            if tried is None or low >= high:
                return
            yield middle
            low, high = (middle + 1, high) if _size(tried.shapes) < wanted else (low, middle)
        yield high


def repeats(shapes: Shapes) -> tuple[tuple[int, ...], ...]:
    """How many numbered modules there are side by side: (3, 4, 6, 3) for `layer1.0` to `layer4.2`.

    Each tuple is of modules whose paths differ in one number, with the number of their numbered children.
    """
    children: dict[tuple[str, str], set[str]] = {}
    for name in shapes:
        parts = name.split(".")[:-1]
        for at in range(1, len(parts)):
            stem = parts[at].rstrip(_DIGITS)
            if stem != parts[at]:
                children.setdefault((".".join(parts[:at]), stem), set()).add(parts[at])
    series: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for (path, stem), numbers in children.items():
        above = path.rstrip(_DIGITS)
        if above != path:
            series.setdefault((above, stem), []).append((int(path[len(above) :]), len(numbers)))
    return tuple(dict.fromkeys(tuple(count for _, count in sorted(found)) for found in series.values()))


def _size(shapes: Shapes) -> int:
    return sum(map(prod, shapes.values()))


def _channels(best: Candidate) -> int:
    return best.network.inputs[0].shape[0]


def _value(arguments: tuple[Argument, ...], name: str) -> Value:
    return next(argument.value for argument in arguments if argument.name == name)


def _integers_only(items: tuple[Value, ...]) -> TypeGuard[tuple[int, ...]]:
    return all(type(item) is int for item in items)
