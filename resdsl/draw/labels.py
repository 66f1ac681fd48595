"""The labels of layers in figures: `3x3 conv, 128, /2`, as in He et al. 2015, Figure 3."""

from __future__ import annotations

import re
from typing import Literal

from resdsl.ops.adaptive_pool import AdaptiveMaxPool, AdaptivePool
from resdsl.ops.base import Op, Shape, Shapes, show
from resdsl.ops.conv import Convolution
from resdsl.ops.conv_transpose import ConvTranspose
from resdsl.ops.join import Add, Concat, Mul
from resdsl.ops.linear import ChannelFullyConnected, FullyConnected
from resdsl.ops.pool import GlobalMaxPool, GlobalPool, MaxPool, WindowPool
from resdsl.ops.regularise import Dropout, DropPath, Scale
from resdsl.ops.shape import Flatten, Identity, PadChannels, Split, Subsample
from resdsl.ops.text import op_text

Kind = Literal["conv", "norm", "act", "pool", "linear", "join", "other", "block", "branches", "gate", "input"]
"""The kinds of parts in a figure; those of ops come first."""

_LONG = re.compile(r"\d+\.\d{5,}(?:e-?\d+)?")
_UNSAID = (Add, Mul, Concat, Split, Identity, Flatten, Dropout, DropPath, Scale)


def label_of(op: Op, inputs: Shapes) -> str | None:
    """The label of a layer with its own box; None for what Figure 3 leaves out, such as norms, activations and sums."""
    if op.normalises or op.activates or isinstance(op, _UNSAID):
        return None
    match op:
        case Convolution():
            groups = f", C={op.groups}" if op.groups > 1 else ""
            dilation = f", d={per_axis_text(op.dilation)}" if set(op.dilation) - {1} else ""
            name = f"{show(op.kernel)} conv" if len(op.kernel) > 1 else f"conv {op.kernel[0]}"
            return f"{name}, {op.out}{groups}{dilation}{_stride(op.stride)}"
        case ConvTranspose():
            return transposed_label(op)
        case WindowPool():
            kind = "pool" if isinstance(op, MaxPool) else "avg pool"
            return f"{kind}{_stride(op.stride)}" if set(op.stride) - {1} else f"{show(op.kernel)} {kind}"
        case GlobalPool():
            return "max pool" if isinstance(op, GlobalMaxPool) else "avg pool"
        case AdaptivePool():
            return f"{'max' if isinstance(op, AdaptiveMaxPool) else 'avg'} pool to {show(op.to)}"
        case FullyConnected():
            return f"fc {op.out}"
    return written(op, inputs)


def transposed_label(op: ConvTranspose) -> str:
    """`2x2 up-conv, 64, x2`: in the words of U-Net (Ronneberger et al., arXiv 1505.04597, Figure 1)."""
    groups = f", C={op.groups}" if op.groups > 1 else ""
    dilation = f", d={per_axis_text(op.dilation)}" if set(op.dilation) - {1} else ""
    factor = f", x{per_axis_text(op.stride)}" if set(op.stride) - {1} else ""
    name = f"{show(op.kernel)} up-conv" if len(op.kernel) > 1 else f"up-conv {op.kernel[0]}"
    return f"{name}, {op.out}{groups}{dilation}{factor}"


def written(op: Op, inputs: Shapes) -> str:
    """An op as the language writes it, but with decimals rounded to four significant digits."""
    return _LONG.sub(lambda found: f"{float(found[0]):.4g}", op_text(op, inputs))


def short_label_of(op: Op, inputs: Shapes) -> str | None:
    """A short label for a layer of a shortcut: `1x1`, `avg`, `zeros`."""
    match op:
        case Convolution() | ConvTranspose():
            return show(op.kernel) if len(op.kernel) > 1 else f"conv {op.kernel[0]}"
        case WindowPool() | GlobalPool() | AdaptivePool():
            return "max" if isinstance(op, MaxPool | GlobalMaxPool | AdaptiveMaxPool) else "avg"
        case PadChannels():
            return "zeros"
        case Subsample():
            return None
    return op.op if label_of(op, inputs) or isinstance(op, Dropout | Scale) else None


def kind_of(op: Op) -> Kind:
    """The kind of an op."""
    if op.normalises:
        return "norm"
    if op.activates:
        return "act"
    match op:
        case Convolution() | ConvTranspose():
            return "conv"
        case WindowPool() | GlobalPool() | AdaptivePool():
            return "pool"
        case FullyConnected() | ChannelFullyConnected():
            return "linear"
        case Add() | Mul() | Concat():
            return "join"
    return "other"


def size_of(shape: Shape) -> Shape:
    """The spatial sizes of a map; a vector counts as a single position."""
    size = shape[1:]
    return size if set(size) - {1} else (1,)


def size_text(size: Shape) -> str:
    """Sizes in the style of Figure 3: `56` for 56x56, and `28x14` where they differ."""
    return per_axis_text(size)


def per_axis_text(values: tuple[int, ...]) -> str:
    """One number if all axes agree, and all of them otherwise."""
    return str(values[0]) if len(set(values)) == 1 else show(values)


def _stride(stride: tuple[int, ...]) -> str:
    return f", /{per_axis_text(stride)}" if set(stride) - {1} else ""
