"""The contents of figures of blocks: elements with boxes or circles and the wires between them, without positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resdsl.analysis.costs import Costs
from resdsl.draw.labels import kind_of, label_of, per_axis_text, transposed_label, written
from resdsl.draw.texts import TIMES
from resdsl.ir.network import Role
from resdsl.ops.base import Op, Shape, Shapes, show
from resdsl.ops.conv import Convolution
from resdsl.ops.conv_transpose import ConvTranspose
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
"""Kinds that are drawn as circles."""

BARS = ("concat", "split")
"""Kinds that are as wide as what they merge or split."""

BARE = ("entrance", "exit", "fork")
"""Kinds that are only junctions of lines."""

_NOTHING = Costs()


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a figure of a block.

    Attributes:
        label: the label of its box, line by line.
        words: the activations behind it, written beside its outgoing arrow.
        about: the layers in it in full, with their paths.
        role: whether it is on the main path, in a shortcut or in a gate.
        shape: its output shape.
        costs: the costs of the layers in it.
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
    """A wire from one element to another, each given by its index.

    Attributes:
        output: which output of the source it carries; `port` is the input of the target.
        beside: whether it bypasses the main path to a sum, a product or a concatenation.
        style: the style of its line: `flow`, `gate`, `concat`, or that of a shortcut.
    """

    source: int
    target: int
    output: int = 0
    port: int = 0
    beside: bool = False
    style: str = "flow"


@dataclass(frozen=True, slots=True)
class Wiring:
    """Elements in topological order; the first is the entrance."""

    elements: tuple[Element, ...]
    wires: tuple[Wire, ...]


def drawn_as(op: Op, inputs: Shapes) -> tuple[ElementKind, tuple[str, ...]]:
    """The kind of element that an op is drawn as, and its label."""
    match op:
        case Add():
            return "plus", ("+",)
        case Mul():
            return "times", (TIMES,)
        case Concat():
            return "concat", ("concat",)
        case Split():
            return "split", ("split",)
        case Convolution():
            return "conv", (_conv(op),)
        case ConvTranspose():
            return "conv", (transposed_label(op),)
        case Subsample():
            return "other", (f"subsample, /{per_axis_text(op.stride)}",)
        case PadChannels():
            return "other", (f"zeros, {op.out}",)
    kind = kind_of(op)
    if kind in {"norm", "act"}:
        return kind, (written(op, inputs),)
    label = label_of(op, inputs) or written(op, inputs)
    return ("pool" if kind == "pool" else "linear" if kind == "linear" else "other"), (label,)


def _conv(op: Convolution) -> str:
    """A convolution in the style of Figure 5 of He et al. 2015; C is the number of groups."""
    groups = f", C={op.groups}" if op.groups > 1 else ""
    dilation = f", d={per_axis_text(op.dilation)}" if set(op.dilation) - {1} else ""
    stride = f", /{per_axis_text(op.stride)}" if set(op.stride) - {1} else ""
    return f"{show(op.kernel)}{' conv' if len(op.kernel) == 1 else ''}, {op.out}{groups}{dilation}{stride}"
