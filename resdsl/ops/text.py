"""Ops as the language writes them: `conv 3x3, 64, /2`."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

from resdsl.ops.base import Op, Shapes, show


class OpArgument(NamedTuple):
    """An argument of a call: its parameter, what stands before its value, such as `groups=`, and the value."""

    parameter: str
    sign: str
    value: str


@lru_cache(maxsize=4096)
def op_text(op: Op, inputs: Shapes) -> str:
    """The shortest call that means this op here: defaults and inferred values are left out."""
    parts = [f"{argument.sign}{argument.value}" for argument in op_arguments(op, inputs)]
    return f"{op_word(op)} {', '.join(parts)}" if parts else op_word(op)


def op_word(op: Op) -> str:
    """What stands before the arguments of a call."""
    return op.written or op.op


def op_arguments(op: Op, inputs: Shapes, always: Collection[str] = ()) -> list[OpArgument]:
    """The arguments of the shortest call that means this op here; `always` are parameters that it gives in any case."""
    usual = usual_values(op, inputs)
    arguments = []
    for name in op.parameters():
        value = getattr(op, name)
        if name in usual and usual[name] == value and name not in always:
            continue
        if name in op.required():
            arguments.append(OpArgument(name, "", parameter_value_text(value)))
        elif name == "stride":
            arguments.append(OpArgument(name, "/", _stride(value)))
        else:
            arguments.append(OpArgument(name, f"{name}=", parameter_value_text(value)))
    return arguments


def usual_values(op: Op, inputs: Shapes) -> dict[str, object]:
    """The values that the optional parameters would have if they were left out."""
    given = {name: getattr(op, name) for name in op.parameters() if op.defaults.get(name, ...) is not None}
    inferred: dict[str, object] = {**op.defaults, **given}
    op.infer_parameters(inferred, inputs)
    rank = len(inputs[0]) - 1 if inputs else 0
    usual = {name: inferred[name] if op.defaults[name] is None else op.defaults[name] for name in op.defaults}
    for name, value in usual.items():
        if type(value) is int and name in op.per_axis():
            usual[name] = (value,) * rank
    return usual


def _stride(value: object) -> str:
    """A stride as papers write it: one number if all axes have the same."""
    if isinstance(value, tuple) and len(set(value)) == 1:
        return str(value[0])
    return parameter_value_text(value)


def parameter_value_text(value: object) -> str:
    """The value of a parameter as the language writes it."""
    if isinstance(value, tuple) and value and all(type(each) is int for each in value):
        return show(value)
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
