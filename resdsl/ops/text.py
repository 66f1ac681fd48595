"""Ops as the language writes them: `conv 3x3, 64, /2`."""

from __future__ import annotations

from functools import lru_cache

from resdsl.ops.base import Op, Shapes, show


@lru_cache(maxsize=4096)
def op_text(op: Op, inputs: Shapes) -> str:
    """The shortest call that means this op here: defaults and inferred values are left out."""
    usual = usual_values(op, inputs)
    parts = []
    for name in op.parameters():
        value = getattr(op, name)
        if name in usual and usual[name] == value:
            continue
        if name in op.required():
            parts.append(parameter_value_text(value))
        elif name == "stride":
            parts.append(f"/{_stride(value)}")
        else:
            parts.append(f"{name}={parameter_value_text(value)}")
    name = op.written or op.op
    return f"{name} {', '.join(parts)}" if parts else name


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
