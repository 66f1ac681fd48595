"""Ops that move the positions of a map, and that tell them where they are."""

from __future__ import annotations

from typing import Annotated, Literal

from resdsl.ops.base import LARGEST, Index, Op, Shapes, expect_axis, expect_spatial, pointwise
from resdsl.ops.forms import OnnxConstant, OnnxNode, TorchExpression, TorchModule
from resdsl.ops.padding import onnx_pad
from resdsl.ops.reach import POINT, Reach, Reaches
from resdsl.ops.records import Kept, Made, Sample, ShapeError, Work
from resdsl.records.checks import Bounds

Step = Annotated[int, Bounds(ge=-LARGEST, le=LARGEST)]
"""A number of positions, forwards or backwards."""


class Shift(Op):
    """`shift 1, axis=1`: every position takes the value that was `by` before it along an axis; zeros move in.

    Keeps the shape. Axis 1 is the first of the sizes, such as the time of a video, and a negative `by` moves the other
    way. With `slice_channels` and `concat`, some of the channels are shifted, as in the temporal shift of Lin et al.
    (arXiv 1811.08383, Section 3.2) and in the spatial one of Wu et al. (arXiv 1711.08141, Section 3.1).
    """

    op: Literal["shift"] = "shift"
    by: Step
    axis: Index

    samples = (
        Sample(((3, 5, 7),), {"by": 1, "axis": 1}),
        Sample(((3, 5, 7),), {"by": -2, "axis": 2}),
        Sample(((4, 9),), {"by": 0, "axis": 1}),
        Sample(((4, 3),), {"by": 2, "axis": 1}),
        Sample(((2, 3, 1, 5),), {"by": -1, "axis": 3}),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        expect_spatial(self, inputs[0])
        expect_axis(self.axis, inputs[0])
        if self.axis == 0:
            raise ShapeError("`shift` moves positions, and axis 0 are the channels", parameter="axis")
        size = inputs[0][self.axis]
        if abs(self.by) >= size:
            raise ShapeError(f"a shift by {self.by} leaves nothing of {size} positions", parameter="by")
        return inputs[:1]

    def work(self, inputs: Shapes) -> Work:
        return Work()

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(view=self.by == 0)

    def makes(self, inputs: Shapes) -> Made:
        return Made(view=self.by == 0)

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        moved = Reach(1, (-self.by,), (-self.by,))
        axes = range(1, len(inputs[0]))
        return (tuple([moved if axis == self.axis else POINT for axis in axes]),)

    def torch(self, inputs: Shapes) -> TorchExpression:
        if self.by == 0:
            return TorchExpression("{0}")
        behind = (0, 0) * (len(inputs[0]) - 1 - self.axis)
        return TorchExpression(f"F.pad({{0}}, {(*behind, self.by, -self.by)})")

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        if self.by == 0:
            return (OnnxNode("Identity"),)
        before, after, size = max(0, self.by), max(0, -self.by), inputs[0][self.axis]
        kept = tuple([each - before - after if axis == self.axis else each for axis, each in enumerate(inputs[0])])
        axis = OnnxConstant((self.axis + 1,))
        ends = OnnxConstant((after,)), OnnxConstant((size - before,))
        start, end = (
            tuple([margin if each == self.axis else 0 for each in range(1, len(inputs[0]))])
            for margin in (before, after)
        )
        return (
            OnnxNode("Slice", ("{0}", *ends, axis), yields=(kept,)),
            onnx_pad("zeros", kept, start, end, operand="{<}"),
        )


class Coords(Op):
    """`coords`: a channel for each spatial axis behind those of the input, with the coordinate of each position.

    C x sizes becomes C + axes x sizes. Coordinates go from -1 at the first position of an axis to 1 at the last, in
    equal steps; where there is only one position, it is 0. A convolution behind it is the CoordConv of Liu et al.
    (arXiv 1807.03247, Section 3).
    """

    op: Literal["coords"] = "coords"

    samples = (Sample(((3, 5, 7),)), Sample(((1, 4, 2),)), Sample(((4, 9),)), Sample(((2, 3, 1, 5),)))

    def infer(self, inputs: Shapes) -> Shapes:
        expect_spatial(self, inputs[0])
        channels, *sizes = inputs[0]
        return ((channels + len(sizes), *sizes),)

    def work(self, inputs: Shapes) -> Work:
        return Work()

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept()

    def makes(self, inputs: Shapes) -> Made:
        return Made(statistics=max(inputs[0][1:]))

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        return (pointwise(inputs[0]),)

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule("Coords", definition=_COORDS)

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        # Channels of zeros, to which each axis adds its coordinates: the file has rows of numbers, not whole maps.
        channels, *sizes = inputs[0]
        axes, yielded = len(sizes), self.infer(inputs)
        none = (0,) * axes
        margins, zero = OnnxConstant((0, 0, *none, 0, axes, *none)), OnnxConstant((0.0,), scalar=True)
        padded = OnnxNode("Pad", ("{0}", margins, zero), {"mode": "constant"}, yields=yielded)
        return padded, *[
            OnnxNode("Add", ("{<}", _along(axis, sizes[axis], channels, axes)), yields=yielded) for axis in range(axes)
        ]


def coordinates(size: int) -> tuple[float, ...]:
    """The coordinate of each position of an axis."""
    return tuple([2 * place / (size - 1) - 1 for place in range(size)]) if size > 1 else (0.0,)


def _along(axis: int, size: int, channels: int, axes: int) -> OnnxConstant:
    """The coordinates of an axis in its own channel, and zeros in all others."""
    steps = coordinates(size)
    before, behind = (0.0,) * size * (channels + axis), (0.0,) * size * (axes - axis - 1)
    spread = tuple([size if each == axis else 1 for each in range(axes)])
    return OnnxConstant((*before, *steps, *behind), shape=(1, channels + axes, *spread))


_COORDS = '''
class Coords(nn.Module):
    """The input, and the coordinate of each position along each axis, from -1 to 1 (arXiv 1807.03247)."""

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, *sizes = x.shape
        result = x.new_empty(batch, channels + len(sizes), *sizes)
        result[:, :channels] = x
        for axis, size in enumerate(sizes):
            spread = [size if each == axis else 1 for each in range(len(sizes))]
            end = 1.0 if size > 1 else 0.0
            steps = torch.linspace(-end, end, size, dtype=x.dtype, device=x.device)
            result[:, channels + axis] = steps.reshape(spread)
            del steps
        return result
'''
