"""The convolution that is the sum of several: its window, and where theirs are in it."""

from __future__ import annotations

from math import prod
from operator import add

from resdsl.ops.conv import Conv


class Unlike(Exception):
    """The values of a sum cannot be joined; the message says what they are."""


def joint_conv(convs: list[Conv], *, others: bool) -> Conv:
    """The convolution whose window covers those of all branches; `others` says whether some are no convolutions.

    It has as many positions as they have: no more than the branch with the most padding at the ends, whose window is in
    its own, and no fewer than the one whose window ends last.

    Raises:
        Unlike: there is none.
    """
    first, axes = convs[0], range(len(convs[0].kernel))
    for what in ("stride", "groups"):
        if len({getattr(op, what) for op in convs}) > 1:
            raise Unlike(f"convolutions of different {what}")
    if others and prod(first.stride) > 1:
        raise Unlike("convolutions with a stride and a branch that cannot have one")
    dilations = [{op.dilation[axis] for op in convs if op.kernel[axis] > 1} or {1} for axis in axes]
    if any(len(each) > 1 for each in dilations):
        raise Unlike("convolutions of different dilation")
    modes = {op.pad_mode for op in convs if any((*op.pad, *(op.pad_after or ())))} or {"zeros"}
    if len(modes) > 1:
        raise Unlike("convolutions that pad in different modes")
    pad, ends = (tuple([max(each[axis] for each in rows) for axis in axes]) for rows in _margins(convs))
    joint = first.replace(
        dilation=tuple([min(each) for each in dilations]),
        pad=pad,
        pad_after=None if ends == pad else ends,
        pad_mode=min(modes),
        bias=any(op.bias for op in convs),
    )
    point = ((1,) * len(axes), (0,) * len(axes))
    windows = [*((op.kernel, op.pad) for op in convs), *([point] if others else [])]
    reaches = [map(add, start_of(joint, pad), kernel) for kernel, pad in windows]
    return joint.replace(kernel=tuple(map(max, zip(*reaches, strict=True))))


def _margins(convs: list[Conv]) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """The padding at the starts of the axes, of each convolution, and that at the ends."""
    return [op.pad for op in convs], [op.pad if op.pad_after is None else op.pad_after for op in convs]


def start_of(joint: Conv, pad: tuple[int, ...]) -> tuple[int, ...]:
    """Where the kernel of a branch with these pads begins in that of the joint convolution, on each axis.

    Raises:
        Unlike: it would begin between two elements.
    """
    distances = [(wide - own, step) for wide, own, step in zip(joint.pad, pad, joint.dilation, strict=True)]
    if any(distance % step for distance, step in distances):
        raise Unlike("convolutions whose windows cannot be aligned")
    return tuple([distance // step for distance, step in distances])
