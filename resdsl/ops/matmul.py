"""Products of values as matrices, and of queries with learned distances: what attention is made of."""

from __future__ import annotations

from math import prod
from typing import Literal

from resdsl.ops.base import MOST_AXES, Index, Op, Shapes, expect_axis, show
from resdsl.ops.forms import OnnxConstant, OnnxNode, TorchExpression, TorchModule
from resdsl.ops.records import Kept, Made, Normal, Sample, ShapeError, Tensor, Work


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


class RelativeLogits(Op):
    """`relative_logits axis=2`: the product of each query with a learned vector for the distance to each key.

    Queries of heads x width x sizes become heads x keys x positions, where `keys` has the size of that axis and 1 on
    all others: by how far each key along the axis is from each query, whatever its place on other axes. `add` spreads
    them over scores of heads x sizes x positions, keys first. There is one vector for each distance, so that the
    weights fit one size of the map only; they start normal with standard deviation width ** -0.5. Axis 2 is the first
    spatial one. Srinivas et al., arXiv 2101.11605, Figure 4; Shaw et al., arXiv 1803.02155, Section 3.2.
    """

    op: Literal["relative_logits"] = "relative_logits"
    axis: Index

    samples = (
        Sample(((2, 4, 5, 3),), {"axis": 2}),
        Sample(((2, 4, 5, 3),), {"axis": 3}),
        Sample(((3, 2, 6),), {"axis": 2}),
        Sample(((1, 3, 1, 4),), {"axis": 2}),
        Sample(((2, 3, 2, 4, 3),), {"axis": 3}),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        if not 3 <= len(inputs[0]) <= 2 + MOST_AXES:
            raise ShapeError(
                f"`relative_logits` needs queries of heads x width x sizes with 1 to {MOST_AXES} spatial axes, "
                f"but the input is {show(inputs[0])}"
            )
        expect_axis(self.axis, inputs[0])
        if self.axis < 2:
            raise ShapeError("distances are along a spatial axis, and the first of these is 2", parameter="axis")
        heads, _, *sizes = inputs[0]
        keys = [size if axis == self.axis else 1 for axis, size in enumerate(sizes, start=2)]
        return ((heads, *keys, prod(sizes)),)

    def strides(self, rank: int) -> None:
        return None

    def state(self, inputs: Shapes) -> tuple[Tensor, ...]:
        width, size = inputs[0][1], inputs[0][self.axis]
        return (Tensor("weight", (2 * size - 1, width), Normal(width**-0.5), "weight"),)

    def work(self, inputs: Shapes) -> Work:
        return Work(matmul=prod(inputs[0]) * inputs[0][self.axis])

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(values=prod(inputs[0]), statistics=self._table(inputs))

    def makes(self, inputs: Shapes) -> Made:
        return Made(values=max(prod(inputs[0]), prod(self.infer(inputs)[0])), statistics=self._table(inputs))

    def torch(self, inputs: Shapes) -> TorchModule:
        arguments = (("size", inputs[0][self.axis]), ("width", inputs[0][1]), ("axis", self.axis))
        return TorchModule("RelativeLogits", arguments, positional=3, definition=_RELATIVE_LOGITS)

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        heads, width, *sizes = inputs[0]
        size, own = inputs[0][self.axis], "uvw"[: len(sizes)]
        query = own[self.axis - 2]
        distances = tuple([key - place + size - 1 for place in range(size) for key in range(size)])
        pairs = OnnxConstant(distances, shape=(size, size))
        equation = f"bhd{own},{query}kd->bhk{own}"
        return (
            OnnxNode("Gather", ("{weight}", pairs), {"axis": 0}, yields=((size, size, width),)),
            OnnxNode("Einsum", ("{0}", "{<}"), {"equation": equation}, yields=((heads, size, *sizes),)),
            OnnxNode("Reshape", ("{<}", OnnxConstant((0, *self.infer(inputs)[0])))),
        )

    def _table(self, inputs: Shapes) -> int:
        """The vectors of all pairs along the axis, in numbers."""
        return inputs[0][1] * inputs[0][self.axis] ** 2


_RELATIVE_LOGITS = '''
class RelativeLogits(nn.Module):
    """Each query times a learned vector for its distance to each key along an axis (arXiv 2101.11605)."""

    def __init__(self, size: int, width: int, axis: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(2 * size - 1, width) * width**-0.5)
        self.axis = axis

    def forward(self, x: Tensor) -> Tensor:
        batch, heads, width, *sizes = x.shape
        if 1 in sizes:  # or a batch norm before it gets wrong gradients, in PyTorch 2.13
            x = x.narrow(2, 0, width)
        own = "uvw"[: len(sizes)]
        query, size = own[self.axis - 2], sizes[self.axis - 2]
        table = self.weight.unfold(0, size, 1).flip(0)
        product = torch.einsum(f"bhd{own},{query}dk->bhk{own}", x, table)
        keys = [size if axis == self.axis else 1 for axis in range(2, 2 + len(sizes))]
        return product.reshape(batch, heads, *keys, -1).contiguous()
'''
