"""Products of values as matrices: what attention is made of."""

from __future__ import annotations

from math import prod
from typing import Literal

from resdsl.ops.base import Op, Shapes, show
from resdsl.ops.forms import OnnxNode, TorchExpression
from resdsl.ops.records import Kept, Sample, ShapeError, Work


class MatMul(Op):
    """`matmul(a, b)`: the matrix product of two values over their last two axes.

    Axes before these are heads, which both values have alike: heads x M x K and heads x K x N become heads x M x N,
    and M x K and K x N become M x N. Scores of attention are the product of the keys, `permute`d, and the queries
    (Vaswani et al., arXiv 1706.03762, Section 3.2.1). Its multiply-adds are a kind of work of their own: they depend on
    the number of positions squared, and no parameter is in them. It has no stride.
    """

    op: Literal["matmul"] = "matmul"

    arity = 2
    samples = (
        Sample(((5, 7), (7, 4))),
        Sample(((3, 5, 7), (3, 7, 2))),
        Sample(((1, 6, 1), (1, 1, 6))),
        Sample(((2, 3, 4, 5), (2, 3, 5, 4))),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        first, second = inputs
        if len(first) < 2 or len(first) != len(second) or first[:-2] != second[:-2] or first[-1] != second[-2]:
            raise ShapeError(
                "`matmul` needs heads x M x K and heads x K x N, or M x K and K x N: "
                f"input 1 is {show(first)}, input 2 is {show(second)}"
            )
        return ((*first[:-1], second[-1]),)

    def strides(self, rank: int) -> None:
        return None

    def work(self, inputs: Shapes) -> Work:
        return Work(matmul=prod(inputs[0]) * inputs[1][-1])

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(inputs=tuple([1 - position for position in (1, 0) if wanted[position]]))

    def torch(self, inputs: Shapes) -> TorchExpression:
        return TorchExpression("torch.matmul({0}, {1})", fresh=True)

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (OnnxNode("MatMul", ("{0}", "{1}")),)
