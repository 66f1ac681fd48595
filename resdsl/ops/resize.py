"""Interpolation of a map to sizes of any ratio."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import prod
from struct import pack, unpack
from typing import ClassVar, Literal

from resdsl.ops.base import Op, Shapes, Sizes, expect_spatial
from resdsl.ops.forms import OnnxConstant, OnnxNode, TorchModule
from resdsl.ops.reach import Reach, Reaches, interpolated, repeats
from resdsl.ops.records import Kept, Made, Sample, ShapeError, Work


class Resize(Op):
    """`resize 56x56`: interpolates a map to these sizes, larger or smaller. C x sizes becomes C x size.

    `upsample like=c3` is a resize to the sizes of the named value `c3`. `mode="nearest"` reads the position at
    floor(p * size before / size after), with the rounding of PyTorch; `mode="bilinear"` (two spatial axes only)
    interpolates between the centres of elements and continues the border outward. It has no stride.
    """

    op: Literal["resize"] = "resize"
    size: Sizes
    mode: Literal["nearest", "bilinear"]

    defaults: ClassVar[Mapping[str, object]] = {"mode": "nearest"}
    samples = (
        Sample(((3, 5, 4),), {"size": (7, 9)}),
        Sample(((3, 5, 4),), {"size": (10, 8)}),
        Sample(((3, 5, 4),), {"size": (13, 7), "mode": "bilinear"}),
        Sample(((2, 7, 6),), {"size": (3, 6), "mode": "bilinear"}),
        Sample(((2, 14, 7),), {"size": (4, 7)}),
        Sample(((2, 2),), {"size": 82}),
        Sample(((2, 3, 1, 2),), {"size": (4, 2, 3)}),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        expect_spatial(self, inputs[0], size=self.size)
        if self.mode == "bilinear" and len(self.size) != 2:
            raise ShapeError(
                f"bilinear interpolation needs 2 spatial axes, but the input has {len(self.size)}", parameter="mode"
            )
        return ((inputs[0][0], *self.size),)

    def strides(self, rank: int) -> None:
        return None

    def work(self, inputs: Shapes) -> Work:
        return Work(fixed=4 * prod(self.infer(inputs)[0]) if self.mode == "bilinear" else 0)

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept()

    def makes(self, inputs: Shapes) -> Made:
        return Made()

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        pairs = zip(inputs[0][1:], self.size, strict=True)
        if self.mode == "nearest":
            return (tuple([_reach(*pair) for pair in pairs]),)
        return (tuple([interpolated(after, before) for before, after in pairs]),)

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule("Upsample", (("size", self.size), ("mode", self.mode)), defaults=(("mode", "nearest"),))

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        if self.mode == "bilinear":
            return (self._resized(inputs, mode="linear", coordinate_transformation_mode="half_pixel"),)
        pairs = list(zip(inputs[0][1:], self.size, strict=True))
        if all(
            after % before == 0 and nearest_positions(before, after) == _exact(before, after) for before, after in pairs
        ):
            floored = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
            return (self._resized(inputs, mode="nearest", **floored),)
        return tuple(self._gathers(inputs))

    def _resized(self, inputs: Shapes, **attributes: str) -> OnnxNode:
        """To sizes, or below opset 18 by ratios: it has no axes there, and a size of the batch is not known.

        There is no older form where a ratio is rounded, which may yield another size.
        """
        axes = tuple(range(2, 2 + len(self.size)))
        ratios = [after / before for before, after in zip(inputs[0][1:], self.size, strict=True)]
        exact = all(ratio.as_integer_ratio()[1] <= _MOST_PARTS for ratio in ratios)
        older = (OnnxNode("Resize", ("{0}", "", onnx_scales(ratios)), attributes),) if exact else None
        sizes = OnnxConstant(self.size)
        return OnnxNode("Resize", ("{0}", "", "", sizes), {**attributes, "axes": axes}, since=18, older=older)

    def _gathers(self, inputs: Shapes) -> Iterator[OnnxNode]:
        """One node per axis, with the positions that PyTorch reads: runtimes round ratios in ways of their own."""
        shape = list(inputs[0])
        for axis, size in enumerate(self.size, start=1):
            positions = OnnxConstant(nearest_positions(shape[axis], size))
            shape[axis] = size
            operand = "{0}" if axis == 1 else "{<}"
            yield OnnxNode("Gather", (operand, positions), {"axis": axis + 1}, yields=(tuple(shape),))


_MOST_PARTS = 64
"""The largest power of two by which a ratio is divided, so that its products with sizes are exact in float32."""


def onnx_scales(ratios: Iterable[float]) -> OnnxConstant:
    """The operand of Resize that magnifies the positions of a map."""
    return OnnxConstant((1.0, 1.0, *map(float, ratios)), single=True)


def nearest_positions(before: int, after: int) -> tuple[int, ...]:
    """The position that PyTorch reads for each one, which it computes in single precision."""
    ratio = _single(before / after)
    return tuple([min(int(_single(position * ratio)), before - 1) for position in range(after)])


def _exact(before: int, after: int) -> tuple[int, ...]:
    return tuple([position * before // after for position in range(after)])


def _reach(before: int, after: int) -> Reach:
    read = nearest_positions(before, after)
    return repeats(after, before) if read == _exact(before, after) else Reach(before, read, read)


def _single(number: float) -> float:
    value: float = unpack("f", pack("f", number))[0]
    return value
