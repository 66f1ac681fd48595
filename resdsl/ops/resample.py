"""Fixed filters: magnifying a map, and blurring it before subsampling."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import prod
from typing import Annotated, ClassVar, Literal

from resdsl.ops.base import Op, PerAxis, Shape, Shapes, Sizes, expect_spatial
from resdsl.ops.forms import OnnxConstant, OnnxNode, TorchExpression, TorchModule
from resdsl.ops.reach import Reaches, interpolated, repeats, windows
from resdsl.ops.records import Kept, Made, Sample, ShapeError, Work
from resdsl.ops.resize import Resize, onnx_scales
from resdsl.records.checks import Bounds, Invalid


class Upsample(Op):
    """`upsample 2`: magnifies each axis. C x sizes becomes C x size * factor. `upsample like=c3` makes the sizes those
    of the named value `c3`, in any ratio: it is a `resize`.

    `mode="nearest"` repeats each element; `mode="bilinear"` (two spatial axes only) interpolates between the centres of
    elements and continues the border outward. Since it magnifies, it has no stride.
    """

    op: Literal["upsample"] = "upsample"
    factor: Sizes
    mode: Literal["nearest", "bilinear"]

    like: ClassVar[str] = "like"
    defaults: ClassVar[Mapping[str, object]] = {"mode": "nearest"}
    samples = (
        Sample(((3, 5, 4),), {"factor": 2}),
        Sample(((3, 5, 4),), {"factor": 2, "mode": "bilinear"}),
        Sample(((2, 3, 1),), {"factor": (3, 2), "mode": "bilinear"}),
        Sample(((4, 5),), {"factor": 3}),
        Sample(((2, 3, 1, 2),), {"factor": (1, 4, 2)}),
    )

    @classmethod
    def build(cls, given: Mapping[str, object], inputs: Shapes) -> Op:
        if cls.like not in given:
            return super().build(given, inputs)
        if "factor" in given:
            raise Invalid((cls.like,), "nothing, since `factor` is given", given[cls.like])
        return Resize.build({"size" if name == cls.like else name: value for name, value in given.items()}, inputs)

    def infer(self, inputs: Shapes) -> Shapes:
        expect_spatial(self, inputs[0], factor=self.factor)
        channels, *sizes = inputs[0]
        if self.mode == "bilinear" and len(sizes) != 2:
            raise ShapeError(
                f"bilinear interpolation needs 2 spatial axes, but the input has {len(sizes)}", parameter="mode"
            )
        return ((channels, *(size * factor for size, factor in zip(sizes, self.factor, strict=True))),)

    def strides(self, rank: int) -> None:
        return None

    def work(self, inputs: Shapes) -> Work:
        return Work(fixed=4 * prod(self.infer(inputs)[0]) if self.mode == "bilinear" else 0)

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept()

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        return (tuple(map(repeats if self.mode == "nearest" else interpolated, self.factor)),)

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule(
            "Upsample", (("scale_factor", self.factor), ("mode", self.mode)), defaults=(("mode", "nearest"),)
        )

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        scales = onnx_scales(self.factor)
        if self.mode == "bilinear":
            return (
                OnnxNode(
                    "Resize",
                    ("{0}", "", scales),
                    {"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
                ),
            )
        return (
            OnnxNode(
                "Resize",
                ("{0}", "", scales),
                {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
            ),
        )


BlurKernel = Annotated[tuple[Annotated[int, Bounds(ge=1, le=7)], ...], PerAxis()]
"""One number of filter entries per spatial axis; the paper tries 2, 3 and 5."""


class Blur(Op):
    """`blur 3x3, /2`: a binomial filter on each channel, then every s-th element (Zhang, arXiv 1904.11486).

    C x sizes becomes C x ceil(size / stride). The filter is the outer product of the rows of Pascal's triangle with
    `kernel` entries, divided by its sum: Rect-2, Tri-3 and Bin-5 in the paper. The map is padded by reflection, by
    (kernel - 1) // 2 before and kernel // 2 after, and must be larger than that.
    """

    op: Literal["blur"] = "blur"
    kernel: BlurKernel
    stride: Sizes

    defaults: ClassVar[Mapping[str, object]] = {"kernel": 3, "stride": 1}
    samples = (
        Sample(((3, 8, 9),), {"stride": 2}),
        Sample(((3, 5, 7),), {"kernel": 4}),
        Sample(((2, 6, 7),), {"kernel": (5, 2), "stride": (2, 3)}),
        Sample(((4, 9),), {"kernel": 3, "stride": 2}),
        Sample(((2, 4, 6, 5),), {"kernel": (3, 1, 3), "stride": (1, 2, 2)}),
        Sample(((2, 4, 5),), {"kernel": 1, "stride": 2}),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        expect_spatial(self, inputs[0], kernel=self.kernel, stride=self.stride)
        channels, *sizes = inputs[0]
        for size, k in zip(sizes, self.kernel, strict=True):
            if size <= k // 2:
                raise ShapeError(
                    f"a map of size {size} is too small to be reflected for a kernel of {k}: it needs {k // 2 + 1}",
                    parameter="kernel",
                )
        return ((channels, *(-(-size // s) for size, s in zip(sizes, self.stride, strict=True))),)

    def strides(self, rank: int) -> tuple[int, ...]:
        return self.stride

    def work(self, inputs: Shapes) -> Work:
        return Work(fixed=prod(self.kernel) * prod(self.infer(inputs)[0]))

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(inputs=(0,), values=sum(map(prod, self._steps(inputs[0]))))

    def makes(self, inputs: Shapes) -> Made:
        # Each step is alive while the next is made; the last of them beside the output.
        *_, last = steps = [prod(step) for step in self._steps(inputs[0])]
        made = prod(self.infer(inputs)[0])
        return Made(values=max(last, *(one + next_ - made for one, next_ in pairwise(steps)), 0))

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        return (windows(self.kernel, self.stride, tuple((k - 1) // 2 for k in self.kernel)),)

    def torch(self, inputs: Shapes) -> TorchExpression:
        margins = tuple(m for k in reversed(self.kernel) for m in ((k - 1) // 2, k // 2))
        template = f'F.pad({{0}}, {margins}, mode="reflect")'
        for kernel, stride in self.means():
            template = f"F.avg_pool{len(kernel)}d({template}, {kernel}, {stride})"
        return TorchExpression(template)

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        before = tuple((k - 1) // 2 for k in self.kernel)
        behind = tuple(k // 2 for k in self.kernel)
        pads = OnnxConstant((0, 0, *before, 0, 0, *behind))
        padded, *yielded = *self._steps(inputs[0]), *self.infer(inputs)
        means = (
            OnnxNode("AveragePool", ("{<}",), {"kernel_shape": kernel, "strides": stride}, yields=(mean,))
            for (kernel, stride), mean in zip(self.means(), yielded, strict=True)
        )
        return (OnnxNode("Pad", ("{0}", pads), {"mode": "reflect"}, yields=(padded,)), *means)

    def _steps(self, shape: Shape) -> list[Shape]:
        """The shapes of the intermediate results of the filter: the padded map, then every mean except the last."""
        channels, *sizes = shape
        sizes = [size + k - 1 for size, k in zip(sizes, self.kernel, strict=True)]
        found: list[Shape] = [(channels, *sizes)]
        for kernel, _ in self.means()[:-1]:
            sizes = [size - k + 1 for size, k in zip(sizes, kernel, strict=True)]
            found.append((channels, *sizes))
        return found

    def means(self) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
        """The kernels and strides of consecutive means that make up the filter.

        A row of Pascal's triangle is the mean of two neighbours applied repeatedly, which both frameworks can do
        without a constant tensor.
        """
        steps = max(1, *self.kernel) - 1 or 1
        kernels = [tuple(2 if step < k - 1 else 1 for k in self.kernel) for step in range(steps)]
        ones = (1,) * len(self.stride)
        return (*((kernel, ones) for kernel in kernels[:-1]), (kernels[-1], self.stride))
