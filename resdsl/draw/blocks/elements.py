"""What stands in figures of blocks: elements with boxes or circles, and wires between them, all without a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resdsl.analysis.costs import Costs
from resdsl.draw.labels import kind_of, label_of, per_axis_text, written
from resdsl.draw.texts import TIMES
from resdsl.ir.network import Role
from resdsl.ops.base import Op, Shape, Shapes, show
from resdsl.ops.conv import Conv
from resdsl.ops.join import Add, Concat, Mul
from resdsl.ops.shape import PadChannels, Split, Subsample

ElementKind = Literal[
    "entrance",
    "exit",
    "fork",
    "plus",
    "times",
    "concat",
    "split",
    "conv",
    "norm",
    "act",
    "pool",
    "linear",
    "other",
    "block",
]

JOINS = ("plus", "times")
"""Kinds that are circles."""

BARS = ("concat", "split")
"""Kinds that are as wide as what they put together, or part."""

BARE = ("entrance", "exit", "fork")
"""Kinds that are places of lines alone."""

_NOTHING = Costs()


@dataclass(frozen=True, slots=True)
class Element:
    """What stands in a figure of a block.

    Attributes:
        label: what its box says, line by line.
        words: activations behind it, which stand beside the arrow that leaves it.
        about: the layers in it in full, with their paths.
        role: whether it stands on the main path, in a shortcut or in a gate.
        shape: of what it yields.
        costs: of the layers in it.
    """

    kind: ElementKind
    shape: Shape
    label: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    about: str = ""
    role: Role = "main"
    costs: Costs = _NOTHING


@dataclass(frozen=True, slots=True)
class Wire:
    """From one element to another, each by its number.

    Attributes:
        output: which value of the source flows; `port` which input of the target it is.
        beside: whether it leads past the main path, to a sum, a product or a concatenation.
        style: of its line: `flow`, `gate`, `concat`, or that of a shortcut.
    """

    source: int
    target: int
    output: int = 0
    port: int = 0
    beside: bool = False
    style: str = "flow"


@dataclass(frozen=True, slots=True)
class Wiring:
    """Elements in an order in which each stands behind all that it reads; the first is the entrance."""

    elements: tuple[Element, ...]
    wires: tuple[Wire, ...]


def drawn_as(op: Op, inputs: Shapes) -> tuple[ElementKind, tuple[str, ...]]:
    """What an op is drawn as, and what its box says."""
    match op:
        case Add():
            return "plus", ("+",)
        case Mul():
            return "times", (TIMES,)
        case Concat():
            return "concat", ("concat",)
        case Split():
            return "split", ("split",)
        case Conv():
            return "conv", (_conv(op),)
        case Subsample():
            return "other", (f"subsample, /{per_axis_text(op.stride)}",)
        case PadChannels():
            return "other", (f"zeros, {op.out}",)
    kind = kind_of(op)
    if kind in {"norm", "act"}:
        return kind, (written(op, inputs),)
    label = label_of(op, inputs) or written(op, inputs)
    return ("pool" if kind == "pool" else "linear" if kind == "linear" else "other"), (label,)


def _conv(op: Conv) -> str:
    """A convolution as Figure 5 of He et al. 2015 has it; C is the number of groups."""
    groups = f", C={op.groups}" if op.groups > 1 else ""
    dilation = f", d={per_axis_text(op.dilation)}" if set(op.dilation) - {1} else ""
    stride = f", /{per_axis_text(op.stride)}" if set(op.stride) - {1} else ""
    return f"{show(op.kernel)}{' conv' if len(op.kernel) == 1 else ''}, {op.out}{groups}{dilation}{stride}"
