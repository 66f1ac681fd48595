"""Ops in the form that stands for all that compute the same in inference."""

from __future__ import annotations

from math import prod
from struct import pack, unpack
from typing import NamedTuple

from resdsl.ops.activation import Relu6
from resdsl.ops.adaptive_pool import AdaptivePool
from resdsl.ops.base import Margins, Op, Shapes
from resdsl.ops.conv import Conv, Convolution
from resdsl.ops.learned import Learned
from resdsl.ops.linear import ChannelFullyConnected
from resdsl.ops.pad import Pad
from resdsl.ops.padding import padded
from resdsl.ops.pool import AvgPool, GlobalPool, WindowPool
from resdsl.ops.positions import Shift
from resdsl.ops.regularise import Scale
from resdsl.ops.resample import Blur, Upsample
from resdsl.ops.reshape import Permute, Reshape
from resdsl.ops.resize import Resize, nearest_positions
from resdsl.ops.shape import Flatten, PadChannels, Subsample

Form = tuple[object, ...]
UNTOLD = frozenset({"op", "init", "std", "momentum", "module"})
"""What nothing of is left in a file for inference."""
NOTHING = frozenset({"identity", "dropout", "drop_path"})
SAME = {"frozen_bn": "bn", "std_conv": "conv"}
OF_EACH = frozenset(
    {"relu", "relu6", "sigmoid", "tanh", "softplus", "leaky_relu", "elu", "hard_sigmoid", "clip", "gelu", "scale"}
)
"""What works on each number by itself, so that axes may be turned before or behind it."""


class Unpadded(NamedTuple):
    """An op without its padding.

    Attributes:
        margins: the padding in the form of an op of its own.
        op: the op without it.
        shapes: what it reads then.
    """

    margins: Form
    op: Op
    shapes: Shapes


def changes_nothing(op: Op, shapes: Shapes) -> bool:
    """Whether an op yields what it reads."""
    match op:
        case Permute(order=order):
            return order == tuple(range(len(order)))
        case Shift(by=by):
            return by == 0
        case Scale(factor=factor):
            return factor == 1
        case WindowPool(kernel=kernel) | Blur(kernel=kernel):
            return set(kernel) == {1} and op.infer(shapes) == shapes
        case Reshape() | PadChannels() | Flatten() | Pad() | Subsample():
            return op.infer(shapes) == shapes
        case AdaptivePool() | GlobalPool() | Resize() | Upsample():
            return op.infer(shapes) == shapes
    return op.op in NOTHING


def unpadded(op: Op, shapes: Shapes) -> Unpadded | None:
    """An op that pads a map before it reads it, in two steps; None for any other."""
    if not isinstance(op, Convolution | AvgPool) or (isinstance(op, AvgPool) and not op.count_pad):
        return None
    before = after = op.pad
    mode = "zeros"
    none: dict[str, object] = {"pad": (0,) * len(before)}
    if isinstance(op, Conv | AvgPool):
        after, none["pad_after"] = op.pad_after or before, None
    if isinstance(op, Conv):
        mode, none["pad_mode"] = op.pad_mode, "zeros"
    if not any((*before, *after)):
        return None
    return Unpadded(_padding(before, after, mode), op.replace(**none), (padded(shapes[0], before, after),))


def form_of(op: Op, shapes: Shapes) -> Form:
    """An op in the form that stands for all that compute the same."""
    match op:
        case WindowPool():
            return _pool(op, shapes)
        case AdaptivePool():
            return _adaptive(op, shapes)
        case Resize():
            return _resize(op, shapes)
        case Upsample(factor=factor, mode=mode):
            return "upsample", factor, mode
        case Relu6():
            return "clip", (("high", 6.0), ("low", 0.0))
        case Blur(kernel=kernel, stride=stride) if set(kernel) == {1}:
            return "subsample", (("stride", stride),)
        case Learned():
            return op.op, prod(op.state(shapes)[0].shape)
        case ChannelFullyConnected() if len(shapes[0]) == 1:
            return "fc", _numbers(op)
        case Pad(before=before, after=after, mode=mode):
            return _padding(before, after, mode)
        case PadChannels(out=out, zeros=zeros):
            missing = out - shapes[0][0]
            return op.op, out, missing // 2 if zeros == "both" else 0
    return SAME.get(op.op, op.op), _numbers(op)


def _padding(before: Margins, after: Margins, mode: str) -> Form:
    return "pad", before, after, mode


def _numbers(op: Op) -> tuple[tuple[str, object], ...]:
    left_out = UNTOLD | ({"eps", "gamma", "gain"} if op.op == "std_conv" else frozenset())
    return tuple([(name, _single(value)) for name, value in sorted(op.plain().items()) if name not in left_out])


def _single(value: object) -> object:
    """A number as float32 has it."""
    if isinstance(value, float):
        return unpack("f", pack("f", value))[0] + 0.0
    return tuple(map(_single, value)) if isinstance(value, list | tuple) else value


def _pool(op: WindowPool, shapes: Shapes) -> Form:
    kernel, pad, stride = op.kernel, op.pad, op.stride
    ends = op.pad_after or pad
    if not any((*pad, *ends)) and kernel == shapes[0][1:]:
        return f"global_{op.op}", ()
    over = op.overhang(shapes)
    if set(kernel) == {1} and not any((*pad, *ends, *over)):
        return "subsample", (("stride", stride),)
    return op.op, kernel, stride, pad, tuple(map(sum, zip(ends, over, strict=True)))


def _adaptive(op: AdaptivePool, shapes: Shapes) -> Form:
    """A pool whose windows are all alike is a pool with a stride."""
    sizes, kind = shapes[0][1:], op.op.removeprefix("adaptive_")
    if any(size % wanted for size, wanted in zip(sizes, op.to, strict=True)):
        return op.op, op.to
    kernel = tuple(size // wanted for size, wanted in zip(sizes, op.to, strict=True))
    if kernel == sizes:
        return f"global_{kind}", ()
    none = (0,) * len(kernel)
    return kind, kernel, kernel, none, none


def _resize(op: Resize, shapes: Shapes) -> Form:
    """A resize by whole numbers, larger or smaller, repeats or leaves out positions."""
    pairs = list(zip(shapes[0][1:], op.size, strict=True))
    if op.mode == "nearest":
        read = [nearest_positions(before, after) for before, after in pairs]
        steps = [-(-before // after) for before, after in pairs]
        if read == [tuple(range(0, size, step)) for (size, _), step in zip(pairs, steps, strict=True)]:
            return "subsample", (("stride", tuple(steps)),)
        repeated = [tuple(at * before // after for at in range(after)) for before, after in pairs]
        if read != repeated:
            return "resize", _numbers(op)
    if any(after % before for before, after in pairs):
        return "resize", _numbers(op)
    return "upsample", tuple(after // before for before, after in pairs), op.mode
