"""Ops that reduce, reorder or select channels."""

from __future__ import annotations

from math import prod
from typing import Literal

from resdsl.ops.base import Count, Elementwise, Index, Op, Shapes, pointwise
from resdsl.ops.forms import OnnxConstant, OnnxNode, TorchExpression, onnx_reduction
from resdsl.ops.reach import Reaches
from resdsl.ops.records import Kept, Made, Sample, ShapeError, Work


class ChannelReduction(Op):
    """Base of ops that make one channel of all: C x sizes becomes 1 x sizes."""

    samples = (Sample(((3, 5, 7),)), Sample(((1, 4, 2),)), Sample(((11,),)), Sample(((4, 9),)), Sample(((2, 3, 1, 5),)))

    def infer(self, inputs: Shapes) -> Shapes:
        return ((1, *inputs[0][1:]),)

    def work(self, inputs: Shapes) -> Work:
        return Work(pooling=prod(inputs[0]))

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        return (pointwise(inputs[0]),)


class ChannelMean(ChannelReduction):
    """`channel_mean`: the mean over the channels at each position. C x sizes becomes 1 x sizes.

    Woo et al., arXiv 1807.06521, Section 3, spatial attention.
    """

    op: Literal["channel_mean"] = "channel_mean"

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept()

    def torch(self, inputs: Shapes) -> TorchExpression:
        return TorchExpression("{0}.mean(1, keepdim=True)")

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (onnx_reduction("ReduceMean", "{0}", 1, keep=True),)


class ChannelMax(ChannelReduction):
    """`channel_max`: the maximum over the channels at each position. C x sizes becomes 1 x sizes.

    Woo et al., arXiv 1807.06521, Section 3, spatial attention.
    """

    op: Literal["channel_max"] = "channel_max"

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(inputs=(0,), output=True)

    def torch(self, inputs: Shapes) -> TorchExpression:
        return TorchExpression("{0}.amax(1, keepdim=True)")

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (onnx_reduction("ReduceMax", "{0}", 1, keep=True),)


class ChannelShuffle(Elementwise):
    """`channel_shuffle 2`: the channels of `groups` groups in turn (Zhang et al., arXiv 1707.01083, Figure 1).

    Keeps the shape. The first channels of all groups come first, then the second ones, and so on; `groups` must divide
    the channels.
    """

    op: Literal["channel_shuffle"] = "channel_shuffle"
    groups: Count

    samples = (
        Sample(((6, 5, 7),), {"groups": 2}),
        Sample(((6, 3, 2),), {"groups": 3}),
        Sample(((4, 3, 3),), {"groups": 1}),
        Sample(((8,),), {"groups": 4}),
        Sample(((4, 3),), {"groups": 4}),
        Sample(((4, 9),), {"groups": 2}),
        Sample(((6, 3, 1, 5),), {"groups": 3}),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        if inputs[0][0] % self.groups:
            raise ShapeError(
                f"{self.groups} groups do not divide the {inputs[0][0]} input channels", parameter="groups"
            )
        return inputs[:1]

    def work(self, inputs: Shapes) -> Work:
        return Work()

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(view=self._stays(inputs))

    def makes(self, inputs: Shapes) -> Made:
        return Made(view=self._stays(inputs))

    def torch(self, inputs: Shapes) -> TorchExpression:
        template = "{0}.unflatten(1, ({groups}, -1)).transpose(1, 2).flatten(1, 2)"
        return TorchExpression(template, (("groups", self.groups),))

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        channels, *sizes = inputs[0]
        groups, each = self.groups, channels // self.groups
        parted, turned = (groups, each, *sizes), (each, groups, *sizes)
        order = (0, 2, 1, *range(3, len(sizes) + 3))
        return (
            OnnxNode("Reshape", ("{0}", OnnxConstant((0, *parted))), yields=(parted,)),
            OnnxNode("Transpose", ("{<}",), {"perm": order}, yields=(turned,)),
            OnnxNode("Reshape", ("{<}", OnnxConstant((0, *inputs[0])))),
        )

    def _stays(self, inputs: Shapes) -> bool:
        """Whether every channel stays where it is, so that PyTorch copies nothing."""
        return self.groups in (1, inputs[0][0])


class SliceChannels(Op):
    """`slice_channels 16, 48`: the channels from `start` up to `end`, excluding `end`, in their order.

    C x sizes becomes end - start x sizes. For equal parts there is `split`.
    """

    op: Literal["slice_channels"] = "slice_channels"
    start: Index
    end: Count

    samples = (
        Sample(((6, 5, 7),), {"start": 0, "end": 2}),
        Sample(((6, 3, 2),), {"start": 1, "end": 6}),
        Sample(((8,),), {"start": 3, "end": 4}),
        Sample(((4, 9),), {"start": 0, "end": 4}),
        Sample(((6, 3, 1, 5),), {"start": 2, "end": 5}),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        channels, *sizes = inputs[0]
        if self.end > channels:
            raise ShapeError(f"channel {self.end - 1} is not among the {channels} of the input", parameter="end")
        if self.start >= self.end:
            raise ShapeError(f"no channel is left from {self.start} up to {self.end}", parameter="start")
        return ((self.end - self.start, *sizes),)

    def work(self, inputs: Shapes) -> Work:
        return Work()

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(view=True)

    def makes(self, inputs: Shapes) -> Made:
        return Made(view=True)

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        return (pointwise(inputs[0]),)

    def torch(self, inputs: Shapes) -> TorchExpression:
        return TorchExpression("{0}[:, {start}:{end}]", (("start", self.start), ("end", self.end)))

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        ends = (OnnxConstant((self.start,)), OnnxConstant((self.end,)), OnnxConstant((1,)))
        return (OnnxNode("Slice", ("{0}", *ends)),)
