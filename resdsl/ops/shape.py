"""Ops that select, append, split or reorder values and compute nothing."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import ClassVar, Literal

from resdsl.ops.base import Count, Elementwise, Op, Shapes, Sizes, expect_spatial, pointwise, show
from resdsl.ops.forms import OnnxConstant, OnnxNode, TorchExpression, TorchForm, TorchModule
from resdsl.ops.reach import Reaches, repeats, windows
from resdsl.ops.records import Kept, Made, Sample, ShapeError, Work


class Identity(Elementwise):
    """`identity`: the input, unchanged."""

    op: Literal["identity"] = "identity"

    samples = (Sample(((3, 5, 7),)), Sample(((11,),)), Sample(((4, 9),)), Sample(((2, 3, 1, 5),)))

    def work(self, inputs: Shapes) -> Work:
        return Work()

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(view=True)

    def makes(self, inputs: Shapes) -> Made:
        return Made(view=True)

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule("Identity", ())

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Identity"),)


class Flatten(Op):
    """`flatten`: C x sizes becomes a vector of C * prod(sizes), in that order."""

    op: Literal["flatten"] = "flatten"

    samples = (Sample(((3, 5, 7),)), Sample(((11,),)), Sample(((4, 9),)), Sample(((2, 3, 1, 5),)))

    def infer(self, inputs: Shapes) -> Shapes:
        return ((prod(inputs[0]),),)

    def strides(self, rank: int) -> tuple[int, ...] | None:
        return None if rank else ()

    def work(self, inputs: Shapes) -> Work:
        return Work()

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(view=True)

    def makes(self, inputs: Shapes) -> Made:
        return Made(view=True)

    def torch(self, inputs: Shapes) -> TorchForm:
        return TorchExpression("torch.flatten({0}, 1)")

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Flatten", attributes={"axis": 1}),)


class Subsample(Op):
    """`subsample /2`: keeps rows and columns 0, s, 2s, ... C x sizes becomes C x ceil(size / stride).

    Together with `pad_channels` this is option A of He et al. (arXiv 1512.03385, Section 3.3).
    """

    op: Literal["subsample"] = "subsample"
    stride: Sizes

    samples = (
        Sample(((3, 8, 9),), {"stride": 2}),
        Sample(((3, 10, 7),), {"stride": (3, 1)}),
        Sample(((4, 11),), {"stride": 4}),
        Sample(((2, 5, 6, 7),), {"stride": (1, 2, 3)}),
        Sample(((2, 3, 3),), {"stride": 5}),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        expect_spatial(self, inputs[0], stride=self.stride)
        channels, *sizes = inputs[0]
        return ((channels, *(-(-size // s) for size, s in zip(sizes, self.stride, strict=True))),)

    def strides(self, rank: int) -> tuple[int, ...]:
        return self.stride

    def work(self, inputs: Shapes) -> Work:
        return Work()

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(view=True)

    def makes(self, inputs: Shapes) -> Made:
        return Made(view=True)

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        return (windows((1,) * len(self.stride), self.stride, (0,) * len(self.stride)),)

    def torch(self, inputs: Shapes) -> TorchForm:
        if len(set(self.stride)) == 1:
            steps, arguments = ["::{stride}"] * len(self.stride), (("stride", self.stride[0]),)
            return TorchExpression(f"{{0}}[:, :, {', '.join(steps)}]", arguments)
        return TorchExpression(f"{{0}}[:, :, {', '.join(f'::{s}' for s in self.stride)}]")

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        # A pool over windows of one element yields what Slice does, in half the time in onnxruntime on CPUs.
        return (OnnxNode("MaxPool", attributes={"kernel_shape": (1,) * len(self.stride), "strides": self.stride}),)


class PadChannels(Op):
    """`pad_channels 128`: appends zero channels. C x sizes becomes out x sizes.

    `zeros="after"` puts all of them after the channels of the input; `zeros="both"` puts half of them, rounded down,
    before the input and the rest after it. It never narrows.
    """

    op: Literal["pad_channels"] = "pad_channels"
    out: Count
    zeros: Literal["after", "both"]

    defaults: ClassVar[Mapping[str, object]] = {"zeros": "after"}
    samples = (
        Sample(((3, 5, 7),), {"out": 8}),
        Sample(((3, 5, 7),), {"out": 8, "zeros": "both"}),
        Sample(((4, 9),), {"out": 5, "zeros": "both"}),
        Sample(((2, 3, 1, 5),), {"out": 4, "zeros": "both"}),
        Sample(((4,),), {"out": 6}),
        Sample(((4, 3, 3),), {"out": 4}),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        channels, *sizes = inputs[0]
        if self.out < channels:
            projection = f"conv {show((1,) * len(sizes))}, {self.out}" if sizes else f"fc {self.out}"
            raise ShapeError(
                f"`pad_channels` cannot narrow {channels} channels to {self.out}; a projection can: {projection}",
                parameter="out",
            )
        return ((self.out, *sizes),)

    def work(self, inputs: Shapes) -> Work:
        return Work()

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept()

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        return (pointwise(inputs[0]),)

    def torch(self, inputs: Shapes) -> TorchForm:
        spatial = "0, " * (2 * (len(inputs[0]) - 1))
        missing = "{out_channels} - {0}.shape[1]"
        before, after = ("0", missing) if self.zeros == "after" else (f"({missing}) // 2", f"({missing} + 1) // 2")
        return TorchExpression(f"F.pad({{0}}, ({spatial}{before}, {after}))", (("out_channels", self.out),))

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        if self.out == inputs[0][0]:
            return (OnnxNode("Identity"),)
        spatial = (0,) * (len(inputs[0]) - 1)
        before, after = self._margins(inputs)
        pads = OnnxConstant((0, before, *spatial, 0, after, *spatial))
        return (OnnxNode("Pad", ("{0}", pads), {"mode": "constant"}),)

    def _margins(self, inputs: Shapes) -> tuple[int, int]:
        missing = self.out - inputs[0][0]
        before = missing // 2 if self.zeros == "both" else 0
        return before, missing - before


class Split(Op):
    """`split 4`: equal parts of the channels, in order. C x sizes becomes `parts` times C / parts x sizes."""

    op: Literal["split"] = "split"
    parts: Count

    samples = (
        Sample(((6, 5, 7),), {"parts": 3}),
        Sample(((4,),), {"parts": 2}),
        Sample(((4, 9),), {"parts": 4}),
        Sample(((2, 3, 1, 5),), {"parts": 2}),
        Sample(((3, 2, 2),), {"parts": 1}),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        channels, *sizes = inputs[0]
        if channels % self.parts:
            raise ShapeError(f"{self.parts} parts do not divide the {channels} input channels", parameter="parts")
        return ((channels // self.parts, *sizes),) * self.parts

    def work(self, inputs: Shapes) -> Work:
        return Work()

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(view=True)

    def makes(self, inputs: Shapes) -> Made:
        return Made(view=True)

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        return (pointwise(inputs[0]),)

    def torch(self, inputs: Shapes) -> TorchForm:
        # chunk yields a tuple even of one part, and an op of one output yields a tensor.
        return TorchExpression("{0}" if self.parts == 1 else "torch.chunk({0}, {parts}, 1)", (("parts", self.parts),))

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        if self.parts == 1:
            return (OnnxNode("Identity"),)
        sizes = OnnxConstant((inputs[0][0] // self.parts,) * self.parts)
        older = OnnxNode("Split", ("{0}", sizes), {"axis": 1}, outputs=self.parts)
        attributes = {"axis": 1, "num_outputs": self.parts}
        return (OnnxNode("Split", attributes=attributes, outputs=self.parts, since=18, older=(older,)),)


class PixelShuffle(Op):
    """`pixel_shuffle 2`: channels become positions of a finer map (Shi et al., arXiv 1609.05158, Equation 4).

    C x H x W becomes C / factor**2 x H * factor x W * factor. Since it magnifies, it has no stride.
    """

    op: Literal["pixel_shuffle"] = "pixel_shuffle"
    factor: Count

    samples = (
        Sample(((8, 3, 5),), {"factor": 2}),
        Sample(((9, 1, 4),), {"factor": 3}),
        Sample(((2, 3, 3),), {"factor": 1}),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        if len(inputs[0]) != 3:
            raise ShapeError(f"`pixel_shuffle` needs a map with 2 spatial axes, but the input has {len(inputs[0]) - 1}")
        channels, height, width = inputs[0]
        if channels % self.factor**2:
            raise ShapeError(
                f"factor {self.factor} needs a multiple of {self.factor**2} channels, but the input has {channels}",
                parameter="factor",
            )
        return ((channels // self.factor**2, height * self.factor, width * self.factor),)

    def strides(self, rank: int) -> None:
        return None

    def work(self, inputs: Shapes) -> Work:
        return Work()

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept()

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        return ((repeats(self.factor),) * 2,)

    def torch(self, inputs: Shapes) -> TorchForm:
        return TorchModule("PixelShuffle", (("upscale_factor", self.factor),), positional=1)

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (OnnxNode("DepthToSpace", attributes={"blocksize": self.factor, "mode": "CRD"}),)
