"""Convolution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from typing import ClassVar, Literal

from resdsl.ops.base import (
    LARGEST,
    Count,
    Flag,
    Margins,
    Op,
    Positive,
    Shape,
    Shapes,
    Sizes,
    expect_spatial,
    per_axis,
    window_sizes,
)
from resdsl.ops.forms import Argument, OnnxNode, TorchModule
from resdsl.ops.initial import Fans, Start, bias_start, expect_std, weight_start
from resdsl.ops.padding import (
    ONNX_MODES,
    PADDED_CONV,
    FurtherMargins,
    PadMode,
    expect_border,
    onnx_pad,
    padded,
    set_margins,
    torch_margins,
)
from resdsl.ops.reach import Reaches, windows
from resdsl.ops.records import Kept, Made, Sample, ShapeError, Tensor, Work


class Filters(Op):
    """Base of all convolutions, transposed or not, with as many axes as their input has."""

    kernel: Sizes
    out: Count
    stride: Sizes
    dilation: Sizes
    groups: Count
    pad: Margins

    weighted = True
    numbered = True
    named_only: ClassVar[tuple[str, ...]] = ("stride",)
    defaults: ClassVar[Mapping[str, object]] = {"stride": 1, "dilation": 1, "groups": 1, "pad": None, "bias": False}

    @classmethod
    def infer_parameters(cls, given: dict[str, object], inputs: Shapes) -> None:
        if given["pad"] is not None:
            return
        rank = len(inputs[0]) - 1
        kernel, dilation = per_axis(given["kernel"], rank), per_axis(given["dilation"], rank)
        # No larger than a pad can be: what is at fault is what it was inferred from.
        pads = (d * (k - 1) // 2 for k, d in zip(kernel, dilation, strict=False))
        given["pad"] = tuple(min(max(pad, 0), LARGEST) for pad in pads)

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(inputs=(0,))

    def _torch(self, kind: str, inputs: Shapes, rest: tuple[tuple[str, Argument, Argument], ...]) -> TorchModule:
        """The module of that kind; `rest` has what follows the padding, each with the default of PyTorch."""
        rank = len(self.kernel)
        rest = (("stride", self.stride, (1,) * rank), ("padding", self.pad, (0,) * rank), *rest)
        first = (("in_channels", inputs[0][0]), ("out_channels", self.out), ("kernel_size", self.kernel))
        return TorchModule(
            f"{kind}{rank}d",
            (*first, *((name, value) for name, value, _ in rest)),
            positional=len(first),
            defaults=tuple((name, default) for name, _, default in rest),
            fresh=True,
        )

    def _onnx(self, kind: str, *, biased: bool, **more: tuple[int, ...]) -> tuple[OnnxNode, ...]:
        attributes: dict[str, int | tuple[int, ...]] = {
            "kernel_shape": self.kernel,
            "strides": self.stride,
            "pads": self.pad * 2,
            **more,
            "dilations": self.dilation,
            "group": self.groups,
        }
        return (OnnxNode(kind, ("{0}", "{weight}", *["{bias}"] * biased), attributes),)


class Convolution(Filters):
    """Base of convolutions that are not transposed."""

    bias: Flag
    init: Start = "fan_out"
    std: Positive | None = None

    defaults: ClassVar[Mapping[str, object]] = {**Filters.defaults, "init": "fan_out", "std": None}

    def _checked(self) -> None:
        expect_std(self.init, self.std)

    def infer(self, inputs: Shapes) -> Shapes:
        shape = inputs[0]
        expect_spatial(self, shape, kernel=self.kernel, stride=self.stride, dilation=self.dilation, pad=self.pad)
        expect_groups(shape[0], self.out, self.groups)
        sizes = window_sizes(self, shape, kernel=self.kernel, stride=self.stride, pad=self.pad, dilation=self.dilation)
        return ((self.out, *sizes),)

    def strides(self, rank: int) -> tuple[int, ...]:
        return self.stride

    def state(self, inputs: Shapes) -> tuple[Tensor, ...]:
        channels, taps = inputs[0][0] // self.groups, prod(self.kernel)
        fans = Fans(taps * channels, taps * (self.out // self.groups))
        start = weight_start(self.init, self.std, fans)
        weight = Tensor("weight", (self.out, channels, *self.kernel), start, "weight")
        if not self.bias:
            return (weight,)
        return weight, Tensor("bias", (self.out,), bias_start(self.init, fans), "bias")

    def with_bias(self) -> Convolution:
        return self if self.bias else self.replace(bias=True)

    def work(self, inputs: Shapes) -> Work:
        positions = prod(self.infer(inputs)[0])
        taps = prod(self.kernel) * (inputs[0][0] // self.groups)
        return Work(conv=taps * positions, bias=positions if self.bias else 0)

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        return (windows(self.kernel, self.stride, self.pad, self.dilation),)

    def torch(self, inputs: Shapes) -> TorchModule:
        dilation = ("dilation", self.dilation, (1,) * len(self.kernel))
        return self._torch("Conv", inputs, (dilation, ("groups", self.groups, 1), ("bias", self.bias, True)))

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return self._onnx("Conv", biased=self.bias)


class Conv(Convolution):
    """`conv 3x3, 64, /2`: a convolution with as many axes as its input has.

    C x sizes becomes out x floor((size + pad + pad_after - dilation * (kernel - 1) - 1) / stride) + 1. By default, the
    padding is dilation * (kernel - 1) // 2, at both ends alike, and there is no bias.

    `pad_after` is the padding at the ends of the axes where it is not that at their starts. `pad="same"` is
    TensorFlow's: as much as makes ceil(size / stride) of a size, the odd one at the end. It is worked out for the input
    of the network. `pad_mode` pads with `"zeros"`, with the map mirrored at its border (`"reflect"`), with its border
    (`"replicate"`), or with its other end (`"circular"`).

    Weights start as in He et al. (arXiv 1502.01852, Section 2.2), backward case: normal with variance
    2 / (kernel elements * out / groups), since an input channel reaches only the filters of its group. Biases start at
    zero.

    `init` is another start: a number for all weights, such as `init=0`; `"fan_in"` for the forward case, whose variance
    is 2 / (kernel elements * channels / groups); `"uniform"` for PyTorch's own, of weights and biases, with bound
    1 / sqrt(kernel elements * channels / groups); `"normal"` or `"truncated"` with a standard deviation `std`, the
    second cut off at twice that.
    """

    op: Literal["conv"] = "conv"
    pad_after: FurtherMargins = None
    pad_mode: PadMode = "zeros"

    defaults: ClassVar[Mapping[str, object]] = {**Convolution.defaults, "pad_after": None, "pad_mode": "zeros"}
    samples = (
        Sample(((3, 9, 9),), {"kernel": 3, "out": 4}),
        Sample(((3, 11, 8),), {"kernel": (7, 7), "out": 8, "stride": 2, "bias": True}),
        Sample(((8, 10, 9),), {"kernel": (3, 1), "out": 12, "stride": (2, 3), "groups": 4, "pad": (0, 2)}),
        Sample(((4, 12, 12),), {"kernel": 3, "out": 4, "dilation": 2}),
        Sample(((4, 7, 7),), {"kernel": 2, "out": 4}),
        Sample(((4, 20),), {"kernel": 5, "out": 6, "stride": 2}),
        Sample(((2, 5, 6, 7),), {"kernel": (3, 1, 3), "out": 4, "stride": (1, 2, 2)}),
        Sample(((4, 9, 9),), {"kernel": 3, "out": 4, "init": 0, "bias": True}),
        Sample(((6, 9, 9),), {"kernel": 3, "out": 4, "groups": 2, "init": "fan_in"}),
        Sample(((4, 7),), {"kernel": 3, "out": 8, "init": "uniform", "bias": True}),
        Sample(((4, 9, 9),), {"kernel": 1, "out": 8, "init": "normal", "std": 0.01}),
        Sample(((4, 9, 9),), {"kernel": 3, "out": 8, "init": "truncated", "std": 0.02}),
        Sample(((3, 8, 9),), {"kernel": 3, "out": 4, "stride": 2, "pad": "same"}),
        Sample(
            ((4, 8, 7),), {"kernel": (2, 5), "out": 4, "pad": "same", "dilation": (1, 2), "groups": 2, "bias": True}
        ),
        Sample(((3, 10),), {"kernel": 4, "out": 4, "stride": 3, "pad": 2, "pad_after": 0}),
        Sample(((2, 4, 6, 5),), {"kernel": 3, "out": 4, "stride": 2, "pad": "same", "pad_mode": "replicate"}),
        Sample(((3, 5, 6),), {"kernel": 3, "out": 4, "pad_mode": "reflect", "bias": True}),
        Sample(((3, 8, 6),), {"kernel": (1, 5), "out": 4, "stride": 2, "pad": "same", "pad_mode": "reflect"}),
        Sample(((3, 7),), {"kernel": 5, "out": 4, "pad_mode": "replicate"}),
        Sample(((3, 4, 6),), {"kernel": 3, "out": 4, "pad_mode": "circular"}),
    )

    @classmethod
    def infer_parameters(cls, given: dict[str, object], inputs: Shapes) -> None:
        super().infer_parameters(given, inputs)
        set_margins(given, inputs[0])
        margins = (*per_axis(given["pad"], 1), *per_axis(given["pad_after"], 1))
        if isinstance(given["pad_mode"], str) and not any(margins) and given["pad_mode"] in ONNX_MODES:
            given["pad_mode"] = "zeros"

    def infer(self, inputs: Shapes) -> Shapes:
        shape, window = inputs[0], {name: getattr(self, name) for name in ("kernel", "stride", "dilation", "pad")}
        expect_spatial(self, shape, **window, pad_after=self._ends)
        expect_groups(shape[0], self.out, self.groups)
        expect_border(self, self.pad_mode, shape, self.pad, self._ends)
        return ((self.out, *window_sizes(self, shape, **window, pad_after=self._ends)),)

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        if not self._pads_apart:
            return Kept(inputs=(0,))
        mirrors = self.pad_mode in ("reflect", "replicate") and wanted[0]
        return Kept(inputs=(0,) if mirrors else (), values=prod(self._padded(inputs)))

    def makes(self, inputs: Shapes) -> Made:
        return Made(values=prod(self._padded(inputs))) if self._pads_apart else Made()

    def torch(self, inputs: Shapes) -> TorchModule:
        form, rank = super().torch(inputs), len(self.kernel)
        arguments = (*form.arguments, ("padding_mode", self.pad_mode))
        defaults = (*form.defaults, ("padding_mode", "zeros"))
        if self.pad_after is None:
            return replace(form, arguments=arguments, defaults=defaults)
        margins = ("margins", torch_margins(self.pad, self.pad_after))
        return replace(
            form,
            name=f"PaddedConv{rank}d",
            arguments=(*arguments[:3], margins, *(each for each in arguments[3:] if each[0] != "padding")),
            defaults=tuple([each for each in defaults if each[0] != "padding"]),
            definition=PADDED_CONV.format(rank=rank, sizes=f"tuple[{', '.join(['int'] * rank)}]"),
            base=form.name,
        )

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        (node,) = super().onnx(inputs)
        if self.pad_mode == "zeros":
            return (replace(node, attributes={**node.attributes, "pads": self.pad + self._ends}),)
        attributes = {**node.attributes, "pads": (0,) * 2 * len(self.pad)}
        before = onnx_pad(self.pad_mode, inputs[0], self.pad, self._ends, yields=(self._padded(inputs),))
        return before, replace(node, inputs=("{<}", *node.inputs[1:]), attributes=attributes)

    @property
    def _ends(self) -> Margins:
        """The padding at the ends of the axes."""
        return self.pad if self.pad_after is None else self.pad_after

    @property
    def _pads_apart(self) -> bool:
        """Whether PyTorch makes a padded map first."""
        return self.pad_mode != "zeros" or self.pad_after is not None

    def _padded(self, inputs: Shapes) -> Shape:
        return padded(inputs[0], self.pad, self._ends)


def expect_groups(channels_in: int, channels_out: int, groups: int) -> None:
    """Refuse groups of unequal size.

    Raises:
        ShapeError: the groups do not divide the channels.
    """
    for name, channels in (("input channels", channels_in), ("output channels", channels_out)):
        if channels % groups:
            raise ShapeError(f"{groups} groups do not divide the {channels} {name}", parameter="groups")
