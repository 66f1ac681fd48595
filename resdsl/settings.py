"""Converts values from outside, as in `--set n=9` and `load("cifar", n=9)`, to values of the language."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from typing import TYPE_CHECKING

from resdsl.source import Source

if TYPE_CHECKING:
    from resdsl.elaborate.binding import Override
    from resdsl.elaborate.values import Value

Setting = int | float | bool | str | list["Setting"] | tuple["Setting", ...] | None
"""The Python type of an override; a string is an expression of the language."""
InputSetting = Setting | Mapping[str, Setting]
"""That of an input: a shape, or shapes by the names of inputs."""


def with_inputs(values: Mapping[str, Setting], shapes: InputSetting) -> dict[str, Setting]:
    """Values together with the shapes of inputs: `input` for that without a name, else `input.rgb`."""
    if isinstance(shapes, Mapping):
        return {**values, **{f"input.{name}": shape for name, shape in shapes.items()}}
    return {**values, "input": shapes} if shapes is not None else dict(values)


def overrides_of(values: Mapping[str, Setting], wording: Mapping[str, str] | None = None) -> dict[str, Override]:
    """Convert values from outside; strings are parsed as expressions.

    Args:
        values: the values by name.
        wording: the origin of each value for messages, such as `--set n`.

    Raises:
        SpecError: a string is not a valid expression.
        TypeError: the language has no type for a value.
    """
    wording = wording or {}
    return {name: _override(name, value, wording.get(name, f"argument {name}")) for name, value in values.items()}


def _override(name: str, value: Setting, wording: str) -> Override:
    from resdsl.elaborate.binding import Override
    from resdsl.syntax.parser import parse_expression

    if isinstance(value, str):
        expression = parse_expression(Source(wording, value))
        return Override(expression, expression.span)
    return Override(as_value(name, value))


def as_value(name: str, value: Setting) -> Value:
    """Convert a Python value to a value of the language.

    Raises:
        TypeError: the language has no type for the value.
    """
    if isinstance(value, list | tuple):
        return tuple(as_value(name, item) for item in value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    raise TypeError(f"{name} must be a number, a boolean, a string, a list or None, not {value!r}")
