"""Transposed convolution."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod, sqrt
from typing import ClassVar, Literal

from resdsl.ops.base import Flag, Margins, Shapes, expect_spatial
from resdsl.ops.conv import Filters, expect_groups
from resdsl.ops.forms import OnnxNode, TorchModule
from resdsl.ops.reach import Reaches, transposed
from resdsl.ops.records import Constant, Normal, Sample, ShapeError, Tensor, Work


class ConvTranspose(Filters):
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
    output_pad: Margins
    bias: Flag

    defaults: ClassVar[Mapping[str, object]] = {**Filters.defaults, "output_pad": 0}
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

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        return (transposed(self.kernel, self.stride, self.pad, self.dilation),)

    def torch(self, inputs: Shapes) -> TorchModule:
        rank = len(self.kernel)
        padding = ("output_padding", self.output_pad, (0,) * rank)
        rest = (("groups", self.groups, 1), ("bias", self.bias, True), ("dilation", self.dilation, (1,) * rank))
        return self._torch("ConvTranspose", inputs, (padding, *rest))

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return self._onnx("ConvTranspose", biased=self.bias, output_padding=self.output_pad)


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
