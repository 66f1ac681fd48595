"""Ops as lists show them: the call with all parameters, and one line that says what it computes."""

from __future__ import annotations

import inspect
import re

from resdsl.ops.base import Op, show


def signature(op: type[Op]) -> str:
    """The call with all parameters: `conv(kernel, out, stride=1, pad=...)`; `...` stands for what is inferred."""
    parameters = ", ".join(parameter_text(op, name) for name in op.parameters())
    return f"{op.kind()}({parameters})" if parameters else op.kind()


def parameter_text(op: type[Op], name: str) -> str:
    """A parameter with its default: `stride=1`, `pad=...`, `kernel`."""
    if name not in op.defaults:
        return name
    value = op.defaults[name]
    if value is None:
        return f"{name}=..."
    if isinstance(value, float):
        return f"{name}={value:g}".replace("e-0", "e-")
    if isinstance(value, bool):
        return f"{name}={str(value).lower()}"
    if isinstance(value, tuple):
        return f"{name}={show(value)}"
    return f'{name}="{value}"' if isinstance(value, str) else f"{name}={value}"


def meaning(op: type[Op]) -> str:
    """All that is to be said of an op, which begins with an example of it."""
    return inspect.cleandoc(op.__doc__ or "")


def example(op: type[Op]) -> str:
    """The example that its explanation begins with: `conv 3x3, 64, /2`."""
    first, quote, _ = meaning(op).removeprefix("`").partition("`")
    return first if quote else op.kind()


def summary(op: type[Op]) -> str:
    """What follows the example in the first sentence: `a convolution with as many axes as its input has`."""
    first = meaning(op).split("\n\n")[0].replace("\n", " ")
    _, _, text = first.partition("`: ")
    return re.split(r"(?<!\.)\. ", text or first)[0].removesuffix(".")
