"""Calls of blocks, by themselves and in a stage, where arguments may depend on the place in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from resdsl.lifting.graph import PlainGraph
from resdsl.lifting.segments import TopPart
from resdsl.lifting.shortcuts import strides_of

_SETTINGS = ("act", "shortcut")
_MOST_VARYING = 2
"""In so many arguments the blocks of a stage may differ."""


@dataclass(frozen=True, slots=True)
class BlockCall:
    """A call of a block in a network.

    Attributes:
        segment: what it stands for.
        name: the definition, or a bracket.
        given: its arguments, without the stride.
        defaults: the values of those that may be left out.
        stride: the stride; empty if it is one, or in the definition.
        partial: the stride, where it is not that of the block as a whole, so that no stage can have it.
    """

    segment: TopPart
    name: str
    given: Mapping[str, str]
    defaults: Mapping[str, str] = field(default_factory=dict)
    stride: str = ""
    partial: str = ""

    @property
    def is_bracket(self) -> bool:
        """Whether it is no call of a definition, but has the rows of a block, as only stages can."""
        return self.name.startswith("[")

    @property
    def unit(self) -> str:
        """The block with its arguments, but for a stride that a stage can have."""
        return unit_of([self]) or ""

    @property
    def whole(self) -> str:
        """The block with all its arguments."""
        return _call(self.name, self._pieces(f"/{self.stride}" if self.stride else ""))

    def _pieces(self, stride: str) -> list[str]:
        found = [self.argument(name, value) for name, value in self.given.items() if value != self.defaults.get(name)]
        return [*found, *filter(None, (f"/{self.partial}" if self.partial else "", stride))]

    def argument(self, name: str, value: str) -> str:
        """An argument as written: by its name, unless it is the first of all."""
        first = next(iter(self.given)) == name and name not in self.defaults and name not in _SETTINGS
        return value if first else f"{name}={value}"


def call_of(
    segment: TopPart, name: str, given: Mapping[str, str], defaults: Mapping[str, str], graph: PlainGraph
) -> BlockCall:
    """A call; its stride is an argument like others where it is not that of the block as a whole."""
    stride = given.get("stride", "1")
    rest = {parameter: value for parameter, value in given.items() if parameter != "stride"}
    if stride == "1":
        return BlockCall(segment, name, rest, defaults)
    whole = strides_of(segment.parts, graph)
    if whole is not None and set(stride.split("x")) == set(map(str, whole)):
        return BlockCall(segment, name, rest, defaults, stride)
    return BlockCall(segment, name, rest, defaults, partial=stride)


def unit_of(run: Sequence[BlockCall]) -> str | None:
    """The block of a stage with its arguments; None if there is no such block."""
    first = run[0]
    if len(run) > 1 and any(call.name != first.name or call.partial for call in run):
        return None
    names = list(dict.fromkeys(name for call in run for name in call.given))
    pieces = []
    varying = 0
    for name in names:
        values = _all_given([call.given.get(name) for call in run], first.defaults.get(name))
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return None
        varying += len(set(known)) > 1
        if set(known) != {first.defaults.get(name)}:
            pieces.append(first.argument(name, _series(known)))
    if varying > _MOST_VARYING:
        return None
    return _call(first.name, [*pieces, *([f"/{first.partial}"] if first.partial else [])])


def _all_given(values: Sequence[str | None], default: str | None) -> list[str | None]:
    """Values in which those that are not given, since nothing depends on them, go on with every other one, if all do;
    they are the default otherwise.
    """
    found = [each or next(filter(None, values[place % 2 :: 2]), default) for place, each in enumerate(values)]
    alternates = all(len(set(found[start::2])) == 1 for start in (0, 1)) if len(found) > 3 else False
    return found if alternates else [each or default for each in values]


def _call(name: str, pieces: Sequence[str]) -> str:
    return name if name.startswith("[") else f"{name}({', '.join(pieces)})"


def _series(values: Sequence[str]) -> str:
    """Values as an expression in the place in a stage, `i`."""
    first, *others = values
    if len(set(values)) == 1:
        return first
    if set(values) == {"true", "false"}:
        if len(set(others)) == 1:
            return "i == 0" if first == "true" else "i > 0"
        if len(set(values[:-1])) == 1:
            return "i == n - 1" if values[-1] == "true" else "i < n - 1"
        if len(values) > 2 and len(set(values[::2])) == len(set(others[::2])) == 1:
            return f"i % 2 == {int(first != 'true')}"
    if all(value.isdigit() for value in values):
        steps = {int(other) - int(one) for one, other in zip(values, others, strict=False)}
        if len(steps) == 1 and len(values) > 3 and (step := steps.pop()) > 0:
            return f"{first} + {f'{step} * ' if step > 1 else ''}i"
    if len(set(others)) == 1:
        return f"if i == 0 then {first} else {others[0]}"
    if len(values) > 2 and len(set(values[::2])) == len(set(others[::2])) == 1:
        return f"if i % 2 == 0 then {first} else {others[0]}"
    return f"[{', '.join(values)}][i]"
