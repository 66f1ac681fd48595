"""Pooling over windows and over the whole map."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import ClassVar, Literal

from resdsl.ops.base import MOST_AXES, Flag, Margins, Op, Shapes, Sizes, expect_spatial, per_axis, show, window_sizes
from resdsl.ops.forms import Argument, OnnxConstant, OnnxNode, TorchModule
from resdsl.ops.padding import PADDED_POOLS, FurtherMargins, onnx_pad, padded, set_margins, torch_margins
from resdsl.ops.reach import Reaches, windows
from resdsl.ops.records import Kept, Made, Sample, ShapeError, Work


class GlobalPool(Op):
    """Base of pooling over the whole map: C x sizes becomes C x 1 x ... x 1."""

    samples = (Sample(((3, 7, 7),)), Sample(((4, 1, 5),)), Sample(((4, 9),)), Sample(((2, 3, 4, 5),)))

    def infer(self, inputs: Shapes) -> Shapes:
        expect_spatial(self, inputs[0])
        channels, *sizes = inputs[0]
        return ((channels, *(1,) * len(sizes)),)

    def strides(self, rank: int) -> None:
        return None

    def work(self, inputs: Shapes) -> Work:
        return Work(pooling=prod(inputs[0]))


class GlobalAvgPool(GlobalPool):
    """`avgpool global`: the mean of each channel. C x sizes becomes C x 1 x ... x 1.

    Lin et al., arXiv 1312.4400, Section 3.2.
    """

    op: Literal["global_avgpool"] = "global_avgpool"
    written = "avgpool global"

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept()

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule(f"AdaptiveAvgPool{len(inputs[0]) - 1}d", (("output_size", 1),), positional=1)

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (OnnxNode("GlobalAveragePool"),)


class GlobalMaxPool(GlobalPool):
    """`maxpool global`: the maximum of each channel. C x sizes becomes C x 1 x ... x 1."""

    op: Literal["global_maxpool"] = "global_maxpool"
    written = "maxpool global"

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(inputs=(0,), integers=inputs[0][0])

    def makes(self, inputs: Shapes) -> Made:
        return Made(integers=inputs[0][0])

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule(f"AdaptiveMaxPool{len(inputs[0]) - 1}d", (("output_size", 1),), positional=1)

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (OnnxNode("GlobalMaxPool"),)


class WindowPool(Op):
    """Base of pooling over windows.

    C x sizes becomes C x floor((size + pad + pad_after - kernel) / stride) + 1. With `ceil` the division rounds up, but
    a window that would start beyond the map is left out, as in PyTorch.
    """

    kernel: Sizes
    stride: Sizes
    pad: Margins
    ceil: Flag
    pad_after: FurtherMargins = None

    whole: ClassVar[type[GlobalPool]]
    """The op for a kernel that is the word `global`."""
    defaults: ClassVar[Mapping[str, object]] = {"stride": 1, "pad": None, "ceil": False, "pad_after": None}

    @classmethod
    def build(cls, given: Mapping[str, object], inputs: Shapes) -> Op:
        """Like `Op.build`; with the kernel `global`, makes the op for the whole map.

        Raises:
            resdsl.records.checks.Invalid: a parameter cannot take its value.
            ShapeError: another parameter is given besides `global`.
        """
        if given["kernel"] != "global":
            return super().build(given, inputs)
        for name in given:
            if name != "kernel":
                raise ShapeError(
                    f"`{cls.kind()} global` pools the whole map and does not take `{name}`", parameter=name
                )
        return cls.whole.of({})

    @classmethod
    def infer_parameters(cls, given: dict[str, object], inputs: Shapes) -> None:
        if given["pad"] is None:
            kernel = per_axis(given["kernel"], len(inputs[0]) - 1)
            given["pad"] = tuple(max((k - 1) // 2, 0) for k in kernel)
        set_margins(given, inputs[0])

    def infer(self, inputs: Shapes) -> Shapes:
        shape = inputs[0]
        window = {"kernel": self.kernel, "stride": self.stride, "pad": self.pad, "pad_after": self._ends}
        expect_spatial(self, shape, **window)
        for k, p in zip(self.kernel * 2, self.pad + self._ends, strict=True):
            if p > k // 2:
                raise ShapeError(
                    f"a pad of {p} is more than half of the kernel's {k}: windows could lie in the padding alone",
                    parameter="pad",
                )
        if self.ceil and self.pad_after is not None:
            raise ShapeError("`ceil` is for padding that is alike at both ends", parameter="ceil")
        return ((shape[0], *window_sizes(self, shape, **window, ceil=self.ceil)),)

    def strides(self, rank: int) -> tuple[int, ...]:
        return self.stride

    def work(self, inputs: Shapes) -> Work:
        return Work(pooling=prod(self.kernel) * prod(self.infer(inputs)[0]))

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        return (windows(self.kernel, self.stride, self.pad),)

    @property
    def _ends(self) -> Margins:
        """The padding at the ends of the axes."""
        return self.pad if self.pad_after is None else self.pad_after

    def _padded(self, inputs: Shapes) -> int:
        """The elements of a padded map that PyTorch makes first; 0 if it makes none."""
        return 0 if self.pad_after is None else prod(padded(inputs[0], self.pad, self.pad_after))

    def _padded_pool(self, margins: Margins, further: tuple[tuple[str, Argument], ...] = ()) -> TorchModule:
        """The module that pads each end by its own number."""
        rank, name = len(self.kernel), self.whole.__name__.removeprefix("Global")
        arguments = (("kernel_size", self.kernel), ("stride", self.stride), ("margins", margins), *further)
        sizes = f"tuple[{', '.join(['int'] * rank)}]"
        source = PADDED_POOLS[self.op].format(rank=rank, sizes=sizes)
        defaults = tuple([(key, True) for key, _ in further])
        return TorchModule(f"Padded{name}{rank}d", arguments, positional=2, defaults=defaults, definition=source)

    def _torch_defaults(self) -> tuple[tuple[str, Argument], ...]:
        return ("stride", self.kernel), ("padding", (0,) * len(self.pad)), ("ceil_mode", False)

    def overhang(self, inputs: Shapes) -> tuple[int, ...]:
        """By how much the last windows reach beyond the padding; zero without `ceil`.

        The ONNX forms pad by this amount and do not use ceil_mode. In that mode the shape inference of onnx 1.23 still
        counts windows that start beyond the map, and so does onnxruntime 1.19, which also divides averages by elements
        beyond the padding.
        """
        if not self.ceil:
            return (0,) * len(self.kernel)
        reach = zip(self.infer(inputs)[0][1:], inputs[0][1:], self.kernel, self.stride, self.pad, strict=True)
        return tuple(max((count - 1) * s + k - size - 2 * p, 0) for count, size, k, s, p in reach)


PADDED_SAMPLES = (
    Sample(((3, 8, 9),), {"kernel": 3, "stride": 2, "pad": "same"}),
    Sample(((2, 6, 7),), {"kernel": (2, 5), "pad": "same"}),
    Sample(((3, 10),), {"kernel": 4, "stride": 3, "pad": 2, "pad_after": 0}),
    Sample(((2, 4, 6, 5),), {"kernel": 3, "stride": 2, "pad": "same"}),
)


class MaxPool(WindowPool):
    """`maxpool 3x3, /2`: the maximum over a window; padding never wins.

    C x sizes becomes C x floor((size + pad + pad_after - kernel) / stride) + 1; `ceil` rounds up, but a window that
    would start beyond the map is left out, as in PyTorch. The padding is (kernel - 1) // 2 by default, and at most half
    the kernel; `pad_after` and `pad="same"` are those of `conv`. `maxpool global` takes the whole map.
    """

    op: Literal["maxpool"] = "maxpool"

    whole = GlobalMaxPool
    samples = (
        Sample(((3, 9, 8),), {"kernel": 3, "stride": 2}),
        Sample(((3, 7, 10),), {"kernel": (2, 3), "stride": 2, "ceil": True}),
        Sample(((2, 5, 5),), {"kernel": 2, "stride": 3, "pad": 1, "ceil": True}),
        Sample(((2, 1, 4),), {"kernel": 3, "stride": 3, "pad": 0, "ceil": True}),
        Sample(((2, 6, 7),), {"kernel": (1, 5), "stride": (1, 2), "pad": (0, 1)}),
        Sample(((4, 20),), {"kernel": 5, "stride": 3, "pad": 0, "ceil": True}),
        Sample(((4, 6),), {"kernel": 2, "stride": 2, "pad": 0}),
        Sample(((2, 5, 6, 7),), {"kernel": (3, 1, 2), "stride": (1, 2, 2), "ceil": True}),
        *PADDED_SAMPLES,
    )

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        values = self._padded(inputs)
        return Kept(inputs=() if values else (0,), values=values, integers=prod(self.infer(inputs)[0]))

    def makes(self, inputs: Shapes) -> Made:
        return Made(values=self._padded(inputs), integers=prod(self.infer(inputs)[0]))

    def torch(self, inputs: Shapes) -> TorchModule:
        if self.pad_after is not None:
            return self._padded_pool(torch_margins(self.pad, self.pad_after))
        return TorchModule(
            f"MaxPool{len(self.kernel)}d",
            (
                ("kernel_size", self.kernel),
                ("stride", self.stride),
                ("padding", self.pad),
                ("ceil_mode", self.ceil),
            ),
            positional=1,
            defaults=self._torch_defaults(),
        )

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        ends = tuple(p + more for p, more in zip(self._ends, self.overhang(inputs), strict=True))
        attributes = {"kernel_shape": self.kernel, "strides": self.stride, "pads": self.pad + ends}
        return (OnnxNode("MaxPool", attributes=attributes),)


class AvgPool(WindowPool):
    """`avgpool 2x2, /2`: the mean over a window.

    C x sizes becomes C x floor((size + pad + pad_after - kernel) / stride) + 1; `ceil` rounds up, but a window that
    would start beyond the map is left out, as in PyTorch. The padding is (kernel - 1) // 2 by default, and at most half
    the kernel; `pad_after` and `pad="same"` are those of `conv`. With `count_pad`, padding counts as zeros in the mean;
    without it, as in TensorFlow, only elements of the map count. What a window of `ceil` covers beyond the padding
    never counts. With three axes, the map must be at least as large as the window, as in PyTorch. `avgpool global`
    takes the whole map.
    """

    op: Literal["avgpool"] = "avgpool"
    count_pad: Flag

    whole = GlobalAvgPool
    defaults: ClassVar[Mapping[str, object]] = {**WindowPool.defaults, "count_pad": True}
    samples = (
        Sample(((3, 9, 8),), {"kernel": 3, "stride": 2}),
        Sample(((3, 9, 8),), {"kernel": 3, "stride": 2, "count_pad": False}),
        Sample(((3, 7, 9),), {"kernel": 2, "stride": 2, "pad": 0, "ceil": True, "count_pad": False}),
        Sample(((3, 7, 9),), {"kernel": 2, "stride": 2, "pad": 0, "ceil": True}),
        Sample(((3, 7, 10),), {"kernel": (2, 3), "stride": 2, "ceil": True}),
        Sample(((2, 8, 8),), {"kernel": 5, "stride": 3, "pad": 1, "ceil": True}),
        Sample(((2, 8, 8),), {"kernel": 5, "stride": 3, "pad": 1, "ceil": True, "count_pad": False}),
        Sample(((2, 1, 4),), {"kernel": 2, "stride": 2, "pad": 0, "ceil": True, "count_pad": False}),
        Sample(((2, 1, 4),), {"kernel": 3, "stride": 3, "pad": 0, "ceil": True}),
        Sample(((2, 5, 5),), {"kernel": 2, "stride": 3, "pad": 1, "ceil": True}),
        Sample(((4, 20),), {"kernel": 5, "stride": 3, "ceil": True}),
        Sample(((4, 6),), {"kernel": 2, "stride": 2, "pad": 0}),
        Sample(((2, 5, 6, 7),), {"kernel": (3, 1, 2), "stride": (1, 2, 2), "ceil": True}),
        *PADDED_SAMPLES,
        *(Sample(each.inputs, {**each.given, "count_pad": False}) for each in PADDED_SAMPLES),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        shapes = super().infer(inputs)
        sizes = inputs[0][1:]
        if len(sizes) == MOST_AXES and any(size < k for size, k in zip(sizes, self.kernel, strict=True)):
            # PyTorch's AvgPool3d refuses it, with padding too; with fewer axes it runs.
            raise ShapeError(
                f"an average over {MOST_AXES} axes needs a map at least as large as its window of {show(self.kernel)}, "
                f"but the input is {show(sizes)}",
                parameter="kernel",
            )
        return shapes

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        values = self._padded(inputs)
        return Kept(inputs=() if values else (0,), values=values, statistics=self._shares(inputs))

    def makes(self, inputs: Shapes) -> Made:
        return Made(values=self._padded(inputs), statistics=self._shares(inputs))

    def _shares(self, inputs: Shapes) -> int:
        """What PyTorch divides by where each window counts elements of its own: one number per position."""
        return 0 if self.count_pad or self.pad_after is None else prod(self.infer(inputs)[0][1:])

    def torch(self, inputs: Shapes) -> TorchModule:
        if self.pad_after is not None:
            margins = torch_margins(self.pad, self.pad_after)
            return self._padded_pool(margins, (("count_include_pad", self.count_pad),))
        return TorchModule(
            f"AvgPool{len(self.kernel)}d",
            (
                ("kernel_size", self.kernel),
                ("stride", self.stride),
                ("padding", self.pad),
                ("ceil_mode", self.ceil),
                ("count_include_pad", self.count_pad),
            ),
            positional=1,
            defaults=(*self._torch_defaults(), ("count_include_pad", True)),
        )

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        overhang = self.overhang(inputs)
        window = {"kernel_shape": self.kernel, "strides": self.stride}
        if self.count_pad and any((*self.pad, *self._ends)):
            # Padding that counts is apart: OpenCV 4 does not read count_include_pad. What lies beyond never counts.
            made = padded(inputs[0], self.pad, self._ends)
            if any(overhang):
                # onnxruntime 1.19 would join the two, and count what lies beyond.
                apart = onnx_pad("zeros", inputs[0], self.pad, self._ends, yields=(made,))
                beyond = {"pads": (0,) * len(self.pad) + overhang}
                return apart, OnnxNode("AveragePool", ("{<}",), {**window, **beyond})
            margins = OnnxConstant((0, 0, *self.pad, 0, 0, *self._ends))
            return (
                OnnxNode("Pad", ("{0}", margins), {"mode": "constant"}, yields=(made,)),
                OnnxNode("AveragePool", ("{<}",), window),
            )
        ends = tuple(p + more for p, more in zip(self._ends, overhang, strict=True))
        return (OnnxNode("AveragePool", attributes={**window, "pads": self.pad + ends}),)
