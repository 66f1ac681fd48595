"""How modules are made: a class and its arguments, before any of it is text.

A `Construction` is one call, such as that of `nn.Conv2d` with its numbers. Blocks of one definition
have constructions that differ in numbers alone; `resdsl.backends.torch.parameters` finds by which of
the definition's arguments.
"""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.backends.torch.names import quoted
from resdsl.ops.forms import Argument, TorchModule

Plain = Argument | None


@dataclass(frozen=True, slots=True)
class Construction:
    """A call that makes a module.

    Attributes:
        callee: a class or a function of the generated file, or `nn.` and a class.
        arguments: in the order in which they are written.
        positional: how many of the first are written without their names.
        defaults: values that are not written.
    """

    callee: str
    arguments: tuple[tuple[str, Plain | Construction], ...] = ()
    positional: int = 0
    defaults: tuple[tuple[str, Plain], ...] = ()

    @property
    def kind(self) -> object:
        """What two constructions have in common that differ in numbers alone."""
        inner = (value.kind if isinstance(value, Construction) else None for _, value in self.arguments)
        return self.callee, self.positional, tuple(zip((name for name, _ in self.arguments), inner, strict=True))


@dataclass(frozen=True, slots=True)
class Series:
    """Modules in a row, as an `nn.Sequential`: each with the number of its repeats."""

    items: tuple[tuple[Construction, int], ...]

    @property
    def kind(self) -> object:
        """As that of a construction."""
        return tuple(item.kind for item, _ in self.items)


def module_of(form: TorchModule, *, in_place: bool = False) -> Construction:
    """The construction of an op's module.

    Args:
        form: the op's form.
        in_place: whether its output is written over its input.
    """
    arguments: tuple[tuple[str, Plain], ...] = tuple((name, single(value)) for name, value in form.arguments)
    if in_place:
        arguments += (("inplace", True),)
    callee = form.name if form.definition else f"nn.{form.name}"
    defaults = tuple((name, single(value)) for name, value in form.defaults)
    return Construction(callee, arguments, form.positional, defaults)


def single(value: Argument) -> Argument:
    """A tuple of equal numbers as one of them."""
    if isinstance(value, tuple) and value and len(set(value)) == 1:
        return value[0]
    return value


def literal(value: Plain) -> str:
    """A value as Python writes it.

    Raises:
        TypeError: it is none that a construction can have.
    """
    if isinstance(value, str):
        return quoted(value)
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    if isinstance(value, tuple):
        return repr(value)
    raise TypeError(f"{value!r} cannot be written into source")


def written(construction: Construction, texts: list[str | None]) -> str:
    """The text of a construction, given the texts of its arguments; None leaves one to its default."""
    parts, named = [], False
    for position, ((name, _), text) in enumerate(zip(construction.arguments, texts, strict=True)):
        if text is None:
            named = True
            continue
        parts.append(text if position < construction.positional and not named else f"{name}={text}")
    return f"{construction.callee}({', '.join(parts)})"
