"""Padding that differs between the two ends of an axis, and TensorFlow's "same", which asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Literal

from resdsl.ops.base import LARGEST, Margins, Op, PerAxis, Shape, per_axis
from resdsl.ops.forms import OnnxConstant, OnnxNode
from resdsl.ops.records import ShapeError
from resdsl.records.checks import Invalid

SAME = "same"
FurtherMargins = Annotated[Margins | None, PerAxis()]
"""Padding at the ends of axes; None where it is that at their starts."""
PadMode = Literal["zeros", "reflect", "replicate", "circular"]
ONNX_MODES: Mapping[str, str] = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def set_margins(given: dict[str, object], shape: Shape) -> None:
    """Put numbers in place of `pad="same"`, and leave out padding at the ends that is that at the starts.

    Raises:
        Invalid: padding at the ends is given beside `pad="same"`.
    """
    rank = len(shape) - 1
    if given["pad"] == SAME:
        if given["pad_after"] is not None:
            raise Invalid(("pad_after",), 'nothing beside `pad="same"`, which is for both ends', given["pad_after"])
        names = ("kernel", "stride", "dilation")
        rows = zip(shape[1:], *(per_axis(given.get(name, 1), rank) for name in names), strict=False)
        # No larger than a pad can be: what is at fault is what it was worked out from.
        totals = [
            min(max((-(-size // s) - 1) * s + d * (k - 1) + 1 - size, 0), LARGEST) if s > 0 else 0
            for size, k, s, d in rows
        ]
        given["pad"] = tuple([total // 2 for total in totals])
        given["pad_after"] = tuple([total - total // 2 for total in totals])
    if per_axis(given["pad"], rank) == per_axis(given["pad_after"], rank):
        given["pad_after"] = None


def padded(shape: Shape, before: Margins, after: Margins) -> Shape:
    """The shape of a map with its padding."""
    channels, *sizes = shape
    return (channels, *(sum(row) for row in zip(sizes, before, after, strict=True)))


def torch_margins(before: Margins, after: Margins) -> Margins:
    """Padding as `F.pad` takes it: the last axis first, start and end of each."""
    return tuple(margin for pair in zip(reversed(before), reversed(after), strict=True) for margin in pair)


def onnx_pad(
    mode: str, shape: Shape, before: Margins, after: Margins, *, operand: str = "{0}", yields: tuple[Shape, ...] = ()
) -> OnnxNode:
    """A node that pads a map of a shape with zeros or with itself.

    With its axes named, onnxruntime leaves it apart from a pool that follows. It would join them even where zeros are
    not what the pool pads with, or where the margins of both are too wide for a pool. Below opset 18, where it has no
    axes, a Clip without bounds stands between them.
    """
    margins, zero = OnnxConstant((0, 0, *before, 0, 0, *after)), OnnxConstant((0.0,), scalar=True)
    axes = OnnxConstant(tuple(range(2 + len(before))))
    plain = OnnxNode("Pad", (operand, margins, zero), {"mode": ONNX_MODES[mode]}, yields=yields)
    if mode == "circular":
        older = tuple(_turned(shape, before, after, operand))
    elif mode == "zeros":
        older = replace(plain, yields=(padded(shape, before, after),)), OnnxNode("Clip", ("{<}",), yields=yields)
    else:
        older = (plain,)
    since = 19 if mode == "circular" else 18
    return replace(plain, inputs=(*plain.inputs, axes), since=since, older=older)


def _turned(shape: Shape, before: Margins, after: Margins, operand: str) -> Iterator[OnnxNode]:
    """A map padded with its other end: before opset 19, Pad does not wrap. One node an axis."""
    for axis, (start, end) in enumerate(zip(before, after, strict=True), start=1):
        size = shape[axis]
        places = OnnxConstant(tuple([place % size for place in range(-start, size + end)]))
        shape = (*shape[:axis], size + start + end, *shape[axis + 1 :])
        yield OnnxNode("Gather", (operand, places), {"axis": axis + 1}, yields=(shape,))
        operand = "{<}"


def expect_border(op: Op, mode: str, shape: Shape, before: Margins, after: Margins) -> None:
    """Refuse a map that is too small to be padded with itself.

    Raises:
        ShapeError: a reflection is not smaller than the map, or more than the whole map would come again.
    """
    if mode not in ("reflect", "circular"):
        return
    for size, *ends in zip(shape[1:], before, after, strict=True):
        most = size - 1 if mode == "reflect" else size
        if max(ends) > most:
            raise ShapeError(
                f'`{op.op}` cannot pad a map of size {size} by {max(ends)} with "{mode}": at most by {most}',
                parameter="pad_mode",
            )


PADDED_CONV = '''
class PaddedConv{rank}d(nn.Conv{rank}d):
    """A convolution of a map that is padded at each end by its own number."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | {sizes},
        margins: tuple[int, ...],
        stride: int | {sizes} = 1,
        dilation: int | {sizes} = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            dilation=dilation,
            groups=groups,
            bias=bias,
        )
        self.margins = list(margins)
        self.border = "constant" if padding_mode == "zeros" else padding_mode

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, self.margins, self.border)
        return self._conv_forward(x, self.weight, self.bias)
'''
"""The source of the PyTorch class, by the number of axes and the type of one number for each."""
PADDED_POOLS: Mapping[str, str] = {
    "maxpool": '''
class PaddedMaxPool{rank}d(nn.MaxPool{rank}d):
    """A maximum over windows of a map that is padded at each end by its own number."""

    def __init__(
        self, kernel_size: int | {sizes}, stride: int | {sizes}, margins: tuple[int, ...]
    ) -> None:
        super().__init__(kernel_size, stride)
        self.margins = list(margins)

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, self.margins, value=float("-inf"))
        return F.max_pool{rank}d(x, self.kernel_size, self.stride)
''',
    "avgpool": '''
class PaddedAvgPool{rank}d(nn.AvgPool{rank}d):
    """A mean over windows of a map that is padded at each end by its own number."""

    def __init__(
        self,
        kernel_size: int | {sizes},
        stride: int | {sizes},
        margins: tuple[int, ...],
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(
            kernel_size, stride, count_include_pad=count_include_pad
        )
        self.margins = list(margins)

    def forward(self, x: Tensor) -> Tensor:
        if self.count_include_pad:
            return self.mean(x)
        shares = self.mean(x.new_ones(1).expand(x[:1, :1].shape))
        return self.mean(x).div_(shares)

    def mean(self, x: Tensor) -> Tensor:
        x = F.pad(x, self.margins)
        return F.avg_pool{rank}d(x, self.kernel_size, self.stride)
''',
}
"""Likewise the sources of pools, by the op."""
