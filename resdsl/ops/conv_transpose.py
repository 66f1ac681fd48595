"""Transposed convolution."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod, sqrt
from typing import ClassVar, Literal

from resdsl.ops.base import Count, Flag, Margins, Op, Shapes, Sizes, expect_spatial
from resdsl.ops.conv import Convolution, expect_groups
from resdsl.ops.forms import OnnxNode, TorchModule
from resdsl.ops.reach import Reaches, transposed
from resdsl.ops.records import Constant, Kept, Normal, Sample, ShapeError, Tensor, Work


class ConvTranspose(Op):
    """`conv_transpose 2x2, 64, /2`: a transposed convolution, which magnifies by its stride.

    C x sizes becomes out x (size - 1) * stride - 2 * pad + dilation * (kernel - 1) + output_pad + 1, as the gradient of
    a `conv` has it. `output_pad` adds rows and columns at the end alone, fewer than the stride: it says which of the
    sizes that a `conv` makes equal is meant. The default padding is that of `conv`, and there is no bias; a kernel of
    2 or 4 with `/2` doubles a map. Since it magnifies, it has no stride for stages and shortcuts.

    Weights start as in He et al. (arXiv 1502.01852, Section 2.2), forward case: normal with variance
    2 / (kernel elements * in / groups / strides), since that many inputs reach an output on average. Biases start at
    zero.
    """

    op: Literal["conv_transpose"] = "conv_transpose"
    kernel: Sizes
    out: Count
    stride: Sizes
    dilation: Sizes
    groups: Count
    pad: Margins
    output_pad: Margins
    bias: Flag

    weighted = True
    numbered = True
    named_only = ("stride",)
    defaults: ClassVar[Mapping[str, object]] = {
        "stride": 1,
        "dilation": 1,
        "groups": 1,
        "pad": None,
        "output_pad": 0,
        "bias": False,
    }
    samples = (
        Sample(((4, 5, 6),), {"kernel": 2, "out": 3, "stride": 2}),
        Sample(((4, 5, 4),), {"kernel": 3, "out": 6, "stride": 2, "output_pad": 1, "bias": True}),
        Sample(((8, 4, 5),), {"kernel": (4, 1), "out": 12, "stride": (2, 3), "groups": 4, "pad": (1, 0)}),
        Sample(((6, 4, 5),), {"kernel": 3, "out": 3, "groups": 3, "dilation": 2, "stride": (2, 1), "pad": 2}),
        Sample(((3, 4, 4),), {"kernel": 3, "out": 4}),
        Sample(((4, 9),), {"kernel": 4, "out": 6, "stride": 2, "groups": 2}),
        Sample(((4, 6),), {"kernel": 1, "out": 2, "stride": 3, "output_pad": 2}),
        Sample(((2, 3, 2, 4),), {"kernel": (3, 1, 2), "out": 4, "stride": (1, 2, 2)}),
    )

    @classmethod
    def infer_parameters(cls, given: dict[str, object], inputs: Shapes) -> None:
        Convolution.infer_parameters(given, inputs)

    def infer(self, inputs: Shapes) -> Shapes:
        shape = inputs[0]
        given = {name: getattr(self, name) for name in type(self).per_axis()}
        expect_spatial(self, shape, **given)
        expect_groups(shape[0], self.out, self.groups)
        windows = zip(shape[1:], self.kernel, self.stride, self.dilation, self.pad, self.output_pad, strict=True)
        return ((self.out, *(_size(*window) for window in windows)),)

    def strides(self, rank: int) -> None:
        return None

    def state(self, inputs: Shapes) -> tuple[Tensor, ...]:
        channels = inputs[0][0]
        spread = sqrt(2 * prod(self.stride) / (prod(self.kernel) * (channels // self.groups)))
        weight = Tensor("weight", (channels, self.out // self.groups, *self.kernel), Normal(spread), "weight")
        if not self.bias:
            return (weight,)
        return weight, Tensor("bias", (self.out,), Constant(0.0), "bias")

    def with_bias(self) -> ConvTranspose:
        return self if self.bias else self.replace(bias=True)

    def weight_groups(self, inputs: Shapes) -> tuple[int, int]:
        return self.groups, inputs[0][0] // self.groups

    def work(self, inputs: Shapes) -> Work:
        taps = prod(self.kernel) * (self.out // self.groups)
        return Work(conv=taps * prod(inputs[0]), bias=prod(self.infer(inputs)[0]) if self.bias else 0)

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(inputs=(0,))

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        return (transposed(self.kernel, self.stride, self.pad, self.dilation),)

    def torch(self, inputs: Shapes) -> TorchModule:
        rank = len(self.kernel)
        return TorchModule(
            f"ConvTranspose{rank}d",
            (
                ("in_channels", inputs[0][0]),
                ("out_channels", self.out),
                ("kernel_size", self.kernel),
                ("stride", self.stride),
                ("padding", self.pad),
                ("output_padding", self.output_pad),
                ("groups", self.groups),
                ("bias", self.bias),
                ("dilation", self.dilation),
            ),
            positional=3,
            defaults=(
                ("stride", (1,) * rank),
                ("padding", (0,) * rank),
                ("output_padding", (0,) * rank),
                ("groups", 1),
                ("bias", True),
                ("dilation", (1,) * rank),
            ),
            fresh=True,
        )

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        attributes: dict[str, int | tuple[int, ...]] = {
            "kernel_shape": self.kernel,
            "strides": self.stride,
            "pads": self.pad * 2,
            "output_padding": self.output_pad,
            "dilations": self.dilation,
            "group": self.groups,
        }
        operands = ("{0}", "{weight}", "{bias}") if self.bias else ("{0}", "{weight}")
        return (OnnxNode("ConvTranspose", operands, attributes),)


def _size(size: int, kernel: int, stride: int, dilation: int, pad: int, output_pad: int) -> int:
    """The size of one axis after it.

    Raises:
        ShapeError: nothing is left, or the output padding is as large as the stride.
    """
    # PyTorch also takes one below the dilation, which onnxruntime does not.
    if output_pad >= stride:
        raise ShapeError(
            f"an output_pad of {output_pad} is not smaller than the stride of {stride}", parameter="output_pad"
        )
    found = (size - 1) * stride - 2 * pad + dilation * (kernel - 1) + output_pad + 1
    if found < 1:
        raise ShapeError(f"a pad of {pad} leaves nothing of an axis of {found + 2 * pad}", parameter="pad")
    return found
