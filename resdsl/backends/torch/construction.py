"""Calls that make modules: a class and its arguments, before they become text.

A `Construction` is one call, such as `nn.Conv2d` with its numbers. The constructions in blocks of the same definition
differ only in numbers; `resdsl.backends.torch.parameters` finds the arguments of the definition behind them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resdsl.backends.torch.names import quoted
from resdsl.ops.forms import Argument, TorchModule

Plain = Argument | None


@dataclass(frozen=True, slots=True)
class Construction:
    """A call that makes a module.

    Attributes:
        callee: a class or function of the generated file, or a class of `nn`.
        arguments: arguments in the order of the source.
        positional: how many leading arguments are written without their names.
        defaults: default values, which are left out.
    """

    callee: str
    arguments: tuple[tuple[str, Plain | Construction], ...] = ()
    positional: int = 0
    defaults: tuple[tuple[str, Plain], ...] = ()

    @property
    def kind(self) -> object:
        """A key shared by constructions that differ only in numbers."""
        inner = (value.kind if isinstance(value, Construction) else None for _, value in self.arguments)
        return self.callee, self.positional, tuple(zip((name for name, _ in self.arguments), inner, strict=True))


@dataclass(frozen=True, slots=True)
class Series:
    """Consecutive modules of an `nn.Sequential`, each with its number of repeats.

    Attributes:
        items: the modules.
        callee: the class that holds them, if their blocks read values beside what flows.
    """

    items: tuple[tuple[Construction, int], ...]
    callee: str = "nn.Sequential"

    @property
    def kind(self) -> object:
        """See `Construction`."""
        return self.callee, tuple(item.kind for item, _ in self.items)


def module_of(form: TorchModule, *, in_place: bool = False) -> Construction:
    """The construction of an op's module.

    Args:
        form: the op's form.
        in_place: whether it overwrites its input with its output.
    """
    arguments: tuple[tuple[str, Plain], ...] = tuple((name, single(value)) for name, value in form.arguments)
    if in_place:
        arguments += (("inplace", True),)
    callee = form.name if form.definition else f"nn.{form.name}"
    defaults = tuple((name, single(value)) for name, value in form.defaults)
    return Construction(callee, arguments, form.positional, defaults)


def single(value: Argument) -> Argument:
    """A tuple of equal numbers as a single number."""
    if isinstance(value, tuple) and value and len(set(value)) == 1:
        return value[0]
    return value


def literal(value: Plain) -> str:
    """A value as a Python literal.

    Raises:
        TypeError: the value is not of a type that a construction can have.
    """
    if isinstance(value, str):
        return quoted(value)
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    if isinstance(value, tuple):
        return repr(value)
    raise TypeError(f"{value!r} cannot be written as a literal")


def written(construction: Construction, texts: list[str | None]) -> str:
    """The text of a construction, given the texts of its arguments; None leaves an argument at its default."""
    parts, named = [], False
    for position, ((name, _), text) in enumerate(zip(construction.arguments, texts, strict=True)):
        if text is None:
            named = True
            continue
        parts.append(text if position < construction.positional and not named else f"{name}={text}")
    return f"{construction.callee}({', '.join(parts)})"


def parameter_text(sizes: Sequence[str], first: str) -> str:
    """The expression that makes a parameter, given its sizes and the value of every element as texts."""
    shape = f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"
    return f"nn.Parameter(torch.full({shape}, {first}))"
