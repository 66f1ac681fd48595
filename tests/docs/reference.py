"""The reference page of the ops, generated from their classes with `python -m tests.docs.reference`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from resdsl.elaborate.values import Value, show
from resdsl.ops.base import Op
from resdsl.ops.registry import ops
from resdsl.ops.signature import meaning, summary
from tests.docs.markdown import ROOT

PAGE = ROOT / "docs" / "ops.md"

_HEAD = """\
# The ops

This page is generated from the classes in `resdsl/ops` with `python -m tests.docs.reference`. See
[language.md](language.md#ops-and-their-arguments) on how to apply ops, and
[architecture.md](architecture.md#a-new-op) on how to add one.

Parameters are listed in the order in which arguments without a name fill them. Shapes are those of one sample: C is
the number of channels, and "sizes" are the spatial sizes, of which there can be any number unless stated otherwise.

- A **count** is an integer of at least 1.
- **Sizes** are one count per spatial axis, **margins** one integer of at least 0 per axis: `3x1`. A single integer
  applies to all axes.
- A **flag** is `true` or `false`, and a **ratio** is a number of at least 0 and below 1.
- **inferred** means that the value depends on the other parameters; the text explains how.
"""

_KINDS = {
    "Sizes": "sizes",
    "Margins": "margins",
    "FurtherMargins": "margins",
    "PadMode": "`'zeros'` or `'reflect'` or `'replicate'` or `'circular'`",
    "Count": "count",
    "Index": "integer from 0",
    "Step": "integer",
    "Flag": "flag",
    "Real": "number",
    "Positive": "number above 0",
    "Positive | None": "number above 0, or `none`",
    "Start": "number, `'fan_out'`, `'fan_in'`, `'uniform'`, `'normal'` or `'truncated'`",
    "Ratio": "ratio",
    "Momentum": "number from 0 to 1",
    "BlurKernel": "sizes up to 7",
    "Elements": "channels and sizes",
    "Axes": "numbers of axes",
}


def page() -> str:
    """The whole page."""
    every = list(ops().values())
    parts = [_HEAD, "\n".join(_overview(every)), *("\n".join(_section(op)) for op in every)]
    return "\n".join(parts)


def _overview(every: list[type[Op]]) -> Iterator[str]:
    yield "| op | |"
    yield "|---|---|"
    for op in every:
        yield f"| [`{op.kind()}`](#{op.kind()}) | {summary(op)} |"
    yield ""


def _section(op: type[Op]) -> Iterator[str]:
    yield f"## {op.kind()}"
    yield ""
    yield meaning(op)
    yield ""
    if op.parameters():
        yield "| parameter | type | default |"
        yield "|---|---|---|"
        for name in op.parameters():
            yield f"| `{name}` | {_type(op, name)} | {_default(op, name)} |"
        yield ""
    yield from _facts(op)


def _facts(op: type[Op]) -> Iterator[str]:
    facts = []
    if op.arity is None:
        facts.append(f"Joins two or more values: `from {op.kind()}(a, b)`.")
    if op.arity == 2:
        facts.append(f"Takes two values: `from {op.kind()}(a, b)`.")
    if op.weighted:
        facts.append("Counts towards the depth.")
    if op.numbered:
        facts.append("Paths number it from one.")
    if op.normalises:
        facts.append("Can be the setting `norm`.")
    if op.activates:
        facts.append("Can be the setting `act`.")
    if facts:
        yield " ".join(facts)
        yield ""


def _type(op: type[Op], name: str) -> str:
    annotation = str(inspect.get_annotations(_owner(op, name))[name])
    if annotation.startswith("Literal["):
        return " or ".join(f"`{word.strip()}`" for word in annotation[8:-1].split(","))
    words = _KINDS[annotation]
    if name == "pad" and "pad_after" in op.parameters():
        return f"{words}, or `'same'`"
    return f"{words}, or `global`" if name == "kernel" and hasattr(op, "whole") else words


def _owner(op: type[Op], name: str) -> type:
    return next(base for base in op.__mro__ if name in inspect.get_annotations(base))


def _default(op: type[Op], name: str) -> str:
    if name not in op.defaults:
        return "must be given"
    value = op.defaults[name]
    assert value is None or isinstance(value, int | float | str)
    shown: Value = value
    return "inferred" if shown is None else f"`{show(shown)}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
