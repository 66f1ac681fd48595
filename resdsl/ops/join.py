"""Ops that bring branches together."""

from __future__ import annotations

from math import prod
from typing import Literal

from resdsl.ops.base import Op, Shape, Shapes, pointwise, show
from resdsl.ops.forms import OnnxNode, TorchExpression
from resdsl.ops.reach import FIRST, POINT, Reaches
from resdsl.ops.records import Kept, Made, Sample, ShapeError, Work


class Add(Op):
    """`add(a, b)`: the sum of two or more values, from left to right.

    The first input gives the shape. Each of the others has the same shape, or size 1 on some of its axes, over which it
    is then spread: Cx1x1 over all positions, 1xHxW over all channels.
    """

    op: Literal["add"] = "add"

    arity = None
    samples = (
        Sample(((3, 5, 7),) * 2),
        Sample(((4,),) * 3),
        Sample(((4, 9),) * 4),
        Sample(((2, 3, 1, 5),) * 2),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        expect_several(self, inputs)
        for position, shape in enumerate(inputs[1:], start=2):
            if not spreads(shape, inputs[0]):
                raise ShapeError(
                    f"`add` needs equal shapes, or 1 where an input is spread: input 1 is {show(inputs[0])}, "
                    f"input {position} is {show(shape)}"
                )
        return inputs[:1]

    def work(self, inputs: Shapes) -> Work:
        return Work(elementwise=prod(inputs[0]) * (len(inputs) - 1))

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept()

    def makes(self, inputs: Shapes) -> Made:
        return _between(inputs)

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        return _spread_reach(inputs)

    def torch(self, inputs: Shapes) -> TorchExpression:
        return TorchExpression(" + ".join(f"{{{i}}}" for i in range(len(inputs))), fresh=True)

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return _chain("Add", inputs)


class Mul(Op):
    """`mul(a, b)`: the product of two or more values, from left to right; a gate ends with it.

    The first input gives the shape. Each of the others has the same shape, or size 1 on some of its axes, over which it
    is then spread: Cx1x1 over all positions, 1xHxW over all channels.
    """

    op: Literal["mul"] = "mul"

    arity = None
    samples = (
        Sample(((3, 5, 7), (3, 1, 1))),
        Sample(((3, 5, 7), (3, 5, 7))),
        Sample(((4,), (4,), (4,))),
        Sample(((4, 9), (4, 1), (4, 9))),
        Sample(((2, 3, 1, 5), (2, 1, 1, 1))),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        expect_several(self, inputs)
        for position, shape in enumerate(inputs[1:], start=2):
            if not spreads(shape, inputs[0]):
                raise ShapeError(
                    f"`mul` needs input {position} to be {show(inputs[0])}, or 1 on some of its axes, "
                    f"but it is {show(shape)}"
                )
        return inputs[:1]

    def work(self, inputs: Shapes) -> Work:
        return Work(elementwise=prod(inputs[0]) * (len(inputs) - 1))

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        kept, products = set(), 0
        for position in range(1, len(inputs)):
            before = any(wanted[:position])  # whether a gradient flows back to the product so far
            if before:
                kept.add(position)
            if wanted[position] and position == 1:
                kept.add(0)
            elif wanted[position]:
                products += prod(inputs[0])
        return Kept(tuple(sorted(kept)), values=products)

    def makes(self, inputs: Shapes) -> Made:
        return _between(inputs)

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        return _spread_reach(inputs)

    def torch(self, inputs: Shapes) -> TorchExpression:
        return TorchExpression(" * ".join(f"{{{i}}}" for i in range(len(inputs))))

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return _chain("Mul", inputs)


class Concat(Op):
    """`concat(a, b)`: two or more values joined along the channels, in order; spatial sizes must be equal."""

    op: Literal["concat"] = "concat"

    arity = None
    samples = (
        Sample(((3, 5, 7), (4, 5, 7))),
        Sample(((4,), (1,), (2,))),
        Sample(((4, 9), (4, 9))),
        Sample(((2, 3, 1, 5), (1, 3, 1, 5), (2, 3, 1, 5))),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        expect_several(self, inputs)
        for position, shape in enumerate(inputs[1:], start=2):
            if shape[1:] != inputs[0][1:]:
                raise ShapeError(
                    f"`concat` needs equal spatial sizes: input 1 is {show(inputs[0])}, "
                    f"input {position} is {show(shape)}"
                )
        return ((sum(shape[0] for shape in inputs), *inputs[0][1:]),)

    def work(self, inputs: Shapes) -> Work:
        return Work()

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept()

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        return tuple(map(pointwise, inputs))

    def torch(self, inputs: Shapes) -> TorchExpression:
        return TorchExpression("torch.cat([{inputs}], 1)")

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Concat", ("{inputs}",), {"axis": 1}),)


def expect_several(op: Op, inputs: Shapes) -> None:
    """Refuse a join of a single value.

    Raises:
        ShapeError: there is only one input.
    """
    if len(inputs) < 2:
        raise ShapeError(f"`{op.op}` joins two or more inputs, and got {len(inputs)}")


def spreads(shape: Shape, over: Shape) -> bool:
    """Whether a value fits another on every axis: it has the same size, or size 1."""
    return len(shape) == len(over) and all(size in (1, wanted) for size, wanted in zip(shape, over, strict=True))


def _spread_reach(inputs: Shapes) -> tuple[Reaches, ...]:
    """What has the sizes of the first input is read position by position; what is spread, at its only one."""
    sizes = inputs[0][1:]
    return tuple(
        [
            pointwise(shape) if shape[1:] == sizes else tuple([FIRST if size == 1 else POINT for size in shape[1:]])
            for shape in inputs
        ]
    )


def _between(inputs: Shapes) -> Made:
    """A chain of three or more keeps the result so far while it computes the next one."""
    return Made(values=prod(inputs[0]) if len(inputs) > 2 else 0)


def _chain(op_type: str, inputs: Shapes) -> tuple[OnnxNode, ...]:
    pairs = [("{<}" if index > 1 else "{0}", f"{{{index}}}") for index in range(1, len(inputs))]
    return tuple([OnnxNode(op_type, pair, yields=inputs[:1]) for pair in pairs])
