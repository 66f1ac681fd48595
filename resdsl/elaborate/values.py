"""The values of the language.

Integers, floats, booleans, strings and `none` are Python's; a list is a tuple; dims are a tuple of
their own type. Blocks, shortcuts and ops are values too, with or without arguments bound to them. A
`Flow` is what runs through a network: it exists while a body is being built and never leaves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from resdsl.elaborate.linking import Callee
from resdsl.ir import network as ir
from resdsl.ops.base import Op, Shape


class Dims(tuple[int, ...]):
    """A value of type dims: `3x3`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Bound:
    """A block, a shortcut or an op as a value, with arguments already given by name."""

    target: Callee | type[Op]
    given: tuple[tuple[str, Value], ...] = ()

    @property
    def name(self) -> str:
        """The name of what is bound."""
        return self.target.kind() if isinstance(self.target, type) else self.target.name


@dataclass(frozen=True, slots=True)
class Flow:
    """A value of the network under construction.

    Attributes:
        name: its name in the graph that is being built.
        shape: that of one sample.
        strides: by how much each axis is subsampled since the graph began; None where that has no answer.
    """

    name: str
    shape: Shape
    strides: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Function:
    """A built-in function as a value: it can be called and nothing else."""

    name: str


Value: TypeAlias = "int | float | bool | str | Dims | tuple[Value, ...] | Bound | Flow | Function | None"


def kind_of(value: Value) -> str:
    """The type of a value in words, with its article."""
    match value:
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a number with a fraction"
        case str():
            return "a string"
        case None:
            return "none"
        case Dims():
            return "dims"
        case tuple():
            return "a list"
        case Flow():
            return "a value of the network"
        case Function():
            return "a function"
        case Bound():
            return "an op" if isinstance(value.target, type) else f"a {value.target.kind}"


def show(value: Value) -> str:
    """The value as the language writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("{", "{{").replace("}", "}}") + '"'
        case None:
            return "none"
        case Dims():
            return "x".join(map(str, value))
        case tuple():
            return "[" + ", ".join(map(show, value)) + "]"
        case Flow():
            return "x".join(map(str, value.shape))
        case Function():
            return value.name
        case Bound(given=()):
            return value.name
        case Bound():
            return f"{value.name}({', '.join(f'{name}={show(given)}' for name, given in value.given)})"
    return repr(value)


def interpolated(value: Value) -> str:
    """The value as it stands in a string."""
    return value if isinstance(value, str) else show(value)


def describe(value: Value) -> str:
    """The value with its type, shortened, for messages."""
    if value is None:
        return "none"
    return f"{shortened(value)} ({kind_of(value).split(' ', 1)[-1]})"


def shortened(value: Value) -> str:
    """The value as the language writes it, its beginning only if that is long."""
    visible = show(value)
    return visible if len(visible) <= 40 else visible[:37] + "..."


def holds_flow(value: Value) -> bool:
    """Whether a value is one that flows, or has one in it."""
    if isinstance(value, Flow):
        return True
    if isinstance(value, Bound):
        return any(holds_flow(given) for _, given in value.given)
    return type(value) is tuple and any(map(holds_flow, value))


def key(value: Value) -> object:
    """A hashable key under which values are the same just if the language cannot tell them apart.

    Python holds 1, 1.0 and True for equal; the language does not.
    """
    kind = type(value)
    if kind is int or kind is str or value is None:
        return value
    if isinstance(value, tuple):
        return kind, tuple(map(key, value))
    if isinstance(value, Bound):
        return (kind, value.target, tuple([(name, key(given)) for name, given in value.given]) if value.given else ())
    return kind, value


def to_ir(value: Value) -> ir.Value:
    """The value as the IR keeps it in a body's origin."""
    match value:
        case Dims():
            return ir.DimsValue(dims=tuple(value))
        case tuple():
            return ir.ListValue(items=tuple(map(to_ir, value)))
        case Bound():
            return ir.Reference(name=value.name, arguments=to_arguments(value.given))
        case Flow() | Function():
            return ir.Reference(name=value.name)
    return value


def to_arguments(given: tuple[tuple[str, Value], ...]) -> tuple[ir.Argument, ...]:
    """Names and values as the IR keeps them."""
    return tuple([_argument(name, value) for name, value in given])


def _argument(name: str, value: Value) -> ir.Argument:
    """One name and value; the records of the most frequent ones are made once, since they do not change."""
    kind = type(value)
    if kind is int or kind is str or kind is bool or value is None:
        return _scalar(name, kind, value)  # type: ignore[arg-type]
    if isinstance(value, Bound) and not value.given:
        return _reference(name, value.name)
    return ir.Argument(name=name, value=to_ir(value))


@lru_cache(maxsize=4096)
def _scalar(name: str, kind: type, value: int | str | bool | None) -> ir.Argument:
    return ir.Argument(name=name, value=value)


@lru_cache(maxsize=4096)
def _reference(name: str, target: str) -> ir.Argument:
    return ir.Argument(name=name, value=ir.Reference(name=target))
