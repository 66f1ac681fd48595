"""Ops that give the same numbers another shape, or their axes another order."""

from __future__ import annotations

from math import prod
from typing import Annotated, ClassVar, Literal

from resdsl.ops.base import Count, Index, Op, Shapes, show
from resdsl.ops.forms import OnnxConstant, OnnxNode, TorchExpression, TorchForm
from resdsl.ops.records import Kept, Made, Sample, ShapeError, Work
from resdsl.records.checks import Invalid, Length

Elements = Annotated[tuple[Count, ...], Length(least=1)]
"""A shape written out: channels, then sizes."""
Axes = Annotated[tuple[Index, ...], Length(least=1)]
"""Axes by their numbers: 0 are the channels, 1 is the first of the sizes."""


class Reshape(Op):
    """`reshape 1x256`: the same numbers in the same order, as another shape.

    C x sizes becomes `to`, which must have as many elements; a single number means a vector of that length. The last
    axis runs fastest, as in `flatten`. So 256 channels become the positions of a signal with one channel, and
    `reshape 256x1x1` turns them back into channels. It has no stride.

    `reshape like=x` gives it the sizes of the named value `x`, with as many channels as there are elements for; its
    stride is then that of `x`.
    """

    op: Literal["reshape"] = "reshape"
    to: Elements

    like: ClassVar[str] = "like"
    samples = (
        Sample(((6, 1, 1),), {"to": (1, 6)}),
        Sample(((1, 6),), {"to": (6, 1, 1)}),
        Sample(((6,),), {"to": (2, 3)}),
        Sample(((4, 3, 5),), {"to": (2, 2, 15)}),
        Sample(((2, 3, 1, 5),), {"to": 30}),
    )

    @classmethod
    def infer_parameters(cls, given: dict[str, object], inputs: Shapes) -> None:
        if type(given.get("to")) is int:
            given["to"] = (given["to"],)
        if cls.like not in given:
            return
        sizes = given.pop(cls.like)
        if "to" in given or not isinstance(sizes, tuple):
            raise Invalid((cls.like,), "nothing, since `to` is given", sizes)
        # Where the sizes do not divide the elements, the shape that is refused is the one closest below.
        given["to"] = (max(1, prod(inputs[0]) // prod(sizes)), *sizes)

    def infer(self, inputs: Shapes) -> Shapes:
        there, wanted = prod(inputs[0]), prod(self.to)
        if there != wanted:
            raise ShapeError(
                f"{show(inputs[0])} has {there} elements, but {show(self.to)} has {wanted}", parameter="to"
            )
        return (self.to,)

    def strides(self, rank: int) -> None:
        return None

    def work(self, inputs: Shapes) -> Work:
        return Work()

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(view=True)

    def makes(self, inputs: Shapes) -> Made:
        return Made(view=True)

    def torch(self, inputs: Shapes) -> TorchForm:
        sizes = tuple((f"to{axis}", size) for axis, size in enumerate(self.to))
        places = "".join(f", {{{name}}}" for name, _ in sizes)
        return TorchExpression(f"torch.reshape({{0}}, (-1{places}))", sizes)

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Reshape", ("{0}", OnnxConstant((0, *self.to)))),)


class Permute(Op):
    """`permute 1x0x2`: the axes in another order, each by its number: 0 are the channels, 1 is the first of the sizes.

    Axis `order[i]` of the input becomes axis i, so that `permute 1x0` transposes a matrix. It has no stride.
    """

    op: Literal["permute"] = "permute"
    order: Axes

    samples = (
        Sample(((3, 5, 7),), {"order": (0, 2, 1)}),
        Sample(((3, 5, 7),), {"order": (1, 2, 0)}),
        Sample(((4, 9),), {"order": (1, 0)}),
        Sample(((4, 9),), {"order": (0, 1)}),
        Sample(((2, 3, 1, 5),), {"order": (3, 1, 0, 2)}),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        axes = len(inputs[0])
        if sorted(self.order) != list(range(axes)):
            raise ShapeError(
                f"the order must have each of the axes 0 to {axes - 1} of {show(inputs[0])} once, "
                f"but it is {show(self.order)}",
                parameter="order",
            )
        return (tuple([inputs[0][axis] for axis in self.order]),)

    def strides(self, rank: int) -> None:
        return None

    def work(self, inputs: Shapes) -> Work:
        return Work()

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(view=self._stays(inputs))

    def makes(self, inputs: Shapes) -> Made:
        return Made(view=self._stays(inputs))

    def torch(self, inputs: Shapes) -> TorchForm:
        channels, *sizes = inputs[0]
        # PyTorch 2.13 computes wrong gradients of a batch norm where what flows back has its channels innermost and an
        # axis of size 1. What flows back through `narrow` has the usual strides.
        narrowed = f".narrow(1, 0, {channels})" if 1 in sizes and max(sizes) > 1 else ""
        return TorchExpression(f"{{0}}{narrowed}.permute{(0, *self._moved())}.contiguous()")

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Transpose", attributes={"perm": (0, *self._moved())}),)

    def _moved(self) -> tuple[int, ...]:
        """The order behind the batch."""
        return tuple([axis + 1 for axis in self.order])

    def _stays(self, inputs: Shapes) -> bool:
        """Whether every number stays where it is, so that PyTorch copies nothing."""
        longer = [axis for axis in self.order if inputs[0][axis] > 1]
        return longer == sorted(longer)
