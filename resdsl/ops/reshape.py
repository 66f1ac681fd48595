"""The op that gives its input another shape."""

from __future__ import annotations

from math import prod
from typing import Annotated, Literal

from resdsl.ops.base import Count, Op, Shapes, show
from resdsl.ops.forms import OnnxConstant, OnnxNode, TorchExpression, TorchForm
from resdsl.ops.records import Kept, Made, Sample, ShapeError, Work
from resdsl.records.checks import Length

Elements = Annotated[tuple[Count, ...], Length(least=1)]
"""A shape written out: channels, then sizes."""


class Reshape(Op):
    """`reshape 1x256`: the same numbers in the same order, as another shape.

    C x sizes becomes `to`, which must have as many elements; a single number means a vector of that length. The last
    axis runs fastest, as in `flatten`. So 256 channels become the positions of a signal with one channel, and
    `reshape 256x1x1` turns them back into channels. It has no stride.
    """

    op: Literal["reshape"] = "reshape"
    to: Elements

    samples = (
        Sample(((6, 1, 1),), {"to": (1, 6)}),
        Sample(((1, 6),), {"to": (6, 1, 1)}),
        Sample(((6,),), {"to": (2, 3)}),
        Sample(((4, 3, 5),), {"to": (2, 2, 15)}),
        Sample(((2, 3, 1, 5),), {"to": 30}),
    )

    @classmethod
    def infer_parameters(cls, given: dict[str, object], _inputs: Shapes) -> None:
        if type(given.get("to")) is int:
            given["to"] = (given["to"],)

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
