"""The parameters of a generated class, found from the numbers in its uses.

The IR says what each use of a block was given and what became of it: `width` was 64 here and 128 there,
and a convolution had 64 channels here and 128 there, so it has `width` channels. A number that is the
same in all uses is written as it is; one that follows from the arguments is written as an expression of
them; any other becomes a parameter of its own. The text is right for every use whichever is chosen,
since it was chosen by having the right value in each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from resdsl.backends.torch.construction import Construction, Plain, Series, literal, written
from resdsl.backends.torch.names import Taken

Values = tuple[Plain, ...]
"""One value for each use of the class."""

_SMALL = 8
"""Whole numbers up to this are as often strides or kernels as channels: equality alone proves nothing."""
_NARROW = 4
_FACTORS = range(2, 65)
CHANNELS = "channels"


@dataclass(frozen=True, slots=True)
class SourceParameter:
    """A parameter of a class or function.

    Attributes:
        name: its name in Python.
        values: what it is in each use.
        found: whether it was found from shapes, and is no argument of the definition.
    """

    name: str
    values: Values
    found: bool = False

    @property
    def default(self) -> Plain:
        """The value that need not be written; None where every use writes it."""
        first = self.values[0]
        if self.name == "stride" and self.found:
            return 1
        if is_size(self.values) or self.name == CHANNELS or self.found:
            return None
        if not all(isinstance(value, int | float) for value in self.values):
            return None
        if len(set(map(repr, self.values))) == 1:
            return first
        if all(type(value) is bool for value in self.values):
            return False
        if all(type(value) is int for value in self.values):
            return 1 if 1 in self.values else None
        return 0.0 if 0.0 in self.values else None

    @property
    def declaration(self) -> str:
        """As it stands in the signature."""
        kinds = sorted({_type(value) for value in self.values})
        kinds = ["float"] if set(kinds) == {"float", "int"} else kinds
        default = "" if self.default is None else f" = {literal(self.default)}"
        return f"{self.name}: {' | '.join(kinds)}{default}"


def is_size(values: Values) -> bool:
    """Whether these are whole numbers that are hardly anything but channels."""
    return all(type(value) is int and value > _SMALL for value in values)


def _is_width(values: Values) -> bool:
    """Whether these may be channels; for smaller numbers equality says too little."""
    return all(type(value) is int and value >= _NARROW for value in values)


def _type(value: Plain) -> str:
    if isinstance(value, tuple):
        return f"tuple[{', '.join(['int'] * len(value))}]"
    return "None" if value is None else type(value).__name__


class Parameters:
    """What the arguments of a definition were in each use, and which of them its class needs.

    Args:
        uses: how many uses there are.
        known: values by name: the channels that flow in, then the arguments of the definition.
        reserved: names that no parameter may have.
        found: which of the known were found from shapes.
        found_first: whether these say more than what was given, as in a shortcut.
    """

    def __init__(
        self,
        uses: int,
        known: Mapping[str, Values],
        reserved: Taken,
        found: Collection[str] = (),
        *,
        found_first: bool = False,
    ) -> None:
        self._uses = uses
        self._found_first = found_first
        self._found = found
        self._known = {name: values for name, values in known.items() if len(values) == uses}
        self._taken = reserved
        self._needed: dict[str, SourceParameter] = {}
        self._own: dict[str, Values] = {}

    def needed(self) -> list[SourceParameter]:
        """The parameters that are used, those without a default first."""
        order = [CHANNELS, *self._known, *self._own]
        listed = sorted(self._needed.values(), key=lambda each: order.index(each.name))
        return sorted(listed, key=lambda each: each.default is not None)

    def express(self, name: str, values: Values, flow: tuple[str, Values] | None = None, *, own: str = "") -> str:
        """An expression that has these values.

        Args:
            name: what the value is given to, such as `out_channels`.
            values: what it is in each use.
            flow: the channels that flow in, as an expression and in values.
            own: what a parameter of its own would be called.
        """
        if flow and values == flow[1] and (is_size(values) or name in _OF_CHANNELS):
            self._need_all(flow[0])
            return flow[0]
        namesake = same(self._known.get(name, ()), values)
        if namesake and name not in self._found:
            return self._need(name)
        constant = all(same((value,), values[:1]) for value in values)
        if not constant or (name in _OF_CHANNELS and _is_width(values)):
            for candidate in self._candidates(values):
                return self._need_all(candidate)
        if namesake:
            return self._need(name)
        return literal(values[0]) if constant else self._need(self._make(own or name, name, values))

    def constructed(
        self,
        made: list[Construction],
        flow: tuple[str, Values] | None = None,
        *,
        own: str = "",
        wording: Mapping[str, str] | None = None,
    ) -> tuple[str, dict[str, Values]]:
        """The text of a construction that differs in numbers alone, and its values by expression.

        Args:
            made: the construction in each use.
            flow: as for `express`.
            own: what its parameters are called after.
            wording: texts of arguments that are settled.
        """
        texts: list[str | None] = []
        found: dict[str, Values] = {}
        first = made[0]
        for position, (name, value) in enumerate(first.arguments):
            if isinstance(value, Construction):
                inner = [each.arguments[position][1] for each in made]
                texts.append(self.constructed([each for each in inner if isinstance(each, Construction)], flow)[0])
                continue
            if wording and name in wording:
                texts.append(wording[name])
                continue
            values = tuple(plain(each.arguments[position][1]) for each in made)
            if all(
                any(same((default,), (value,)) for key, default in each.defaults if key == name)
                for each, value in zip(made, values, strict=True)
            ):
                texts.append(None)
                continue
            texts.append(self.express(name, values, flow, own=f"{own}_{name}" if own else name))
            found.setdefault(str(texts[-1]), values)
        return written(first, texts), found

    def in_series(self, made: list[Series]) -> list[str]:
        """The texts of modules in a row."""
        texts = []
        for position, (_, _) in enumerate(made[0].items):
            text, _ = self.constructed([each.items[position][0] for each in made])
            count = self.express("blocks", tuple(each.items[position][1] for each in made))
            texts.append(text if count == "1" else f"*({text} for _ in range({count}))")
        return texts

    def _candidates(self, values: Values) -> Iterator[str]:
        """Expressions of these values: of what was given before what was found from shapes."""
        given = {name: known for name, known in self._known.items() if name not in self._found}
        if CHANNELS in given:
            given[CHANNELS] = given.pop(CHANNELS)
        yield from _named({**given, **self._own}, values)
        if self._found_first:
            yield from _named(self._known, values)
        yield from self._computed(given, values)
        yield from _named(self._known, values)
        yield from self._computed(self._known, values)

    def _computed(self, known: Mapping[str, Values], values: Values) -> Iterator[str]:
        """Products and quotients of two arguments, or of one and a number."""
        whole = {name: each for name, each in known.items() if all(type(value) is int for value in each)}
        if not all(type(value) is int for value in values):
            return
        constant = len(set(values)) == 1
        for one, left in whole.items():
            if constant and not _is_width(left):
                continue
            for other, right in whole.items():
                if one != other and _product(left, right) == values:
                    yield f"{one} * {other}"
                if one != other and _quotient(left, right) == values:
                    yield f"{one} // {other}"
        for one, left in whole.items():
            if constant and not _is_width(left):
                continue
            for factor in _FACTORS:
                if _product(left, (factor,) * self._uses) == values:
                    yield f"{one} * {factor}"
                if _quotient(left, (factor,) * self._uses) == values:
                    yield f"{one} // {factor}"
            if tuple(each // 2 for each in left if isinstance(each, int)) == values:
                yield f"{one} // 2"

    def _need(self, name: str) -> str:
        self._needed[name] = SourceParameter(name, self._known.get(name) or self._own[name], name in self._found)
        return name

    def _need_all(self, expression: str) -> str:
        for part in expression.split():
            if part in self._known or part in self._own:
                self._need(part)
        return expression

    def _make(self, name: str, short: str, values: Values) -> str:
        wanted = short if short not in self._known and short not in self._own else name
        made = self._taken.free(wanted)
        self._own[made] = values
        return made


_OF_CHANNELS = {
    "out_channels",
    "out_features",
    "in_features",
    "out",
    "in_channels",
    "num_features",
    "num_channels",
    "num_parameters",
    "normalized_shape",
    CHANNELS,
}


def same(one: Values, other: Values) -> bool:
    """Whether values are equal and of equal types: True is not 1, and 1 is not 1.0."""
    return len(one) == len(other) and all(type(a) is type(b) and a == b for a, b in zip(one, other, strict=True))


def plain(value: Plain | Construction) -> Plain:
    """An argument that is no construction.

    Raises:
        TypeError: it is one.
    """
    if isinstance(value, Construction):
        raise TypeError("a construction where a number was")
    return value


def _named(known: Mapping[str, Values], values: Values) -> Iterator[str]:
    yield from (name for name, each in known.items() if same(each, values))


def _product(left: Values, right: Values) -> Values:
    pairs = zip(left, right, strict=True)
    return tuple(a * b for a, b in pairs if isinstance(a, int) and isinstance(b, int))


def _quotient(left: Values, right: Values) -> Values:
    pairs = zip(left, right, strict=True)
    return tuple(a // b if b and a % b == 0 else -1 for a, b in pairs if isinstance(a, int) and isinstance(b, int))
