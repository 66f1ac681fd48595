"""Fully connected layers: over the whole input, and over the channels at each position."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import ClassVar, Literal

from resdsl.ops.base import Count, Flag, Op, Positive, Shapes
from resdsl.ops.forms import OnnxConstant, OnnxNode, TorchModule
from resdsl.ops.initial import Fans, Start, bias_start, expect_std, weight_start
from resdsl.ops.records import Kept, Made, Sample, Tensor, Work


class FullyConnected(Op):
    """`fc 1000`: a linear layer over the whole input.

    C x sizes is flattened in that order to a vector of C * prod(sizes) and becomes a vector of length `out`. There is a
    bias unless `bias=false`.

    Weights and biases start uniform with bound 1 / sqrt(inputs), PyTorch's default for `Linear`. With any other `init`,
    biases start at zero: a number for all weights, such as `init=0`; `"fan_in"` or `"fan_out"` for a normal
    distribution with variance 2 / inputs or 2 / out; `"normal"` or `"truncated"` with a standard deviation `std`, the
    second cut off at twice that.
    """

    op: Literal["fc"] = "fc"
    out: Count
    bias: Flag
    init: Start = "uniform"
    std: Positive | None = None

    weighted = True
    defaults: ClassVar[Mapping[str, object]] = {"bias": True, "init": "uniform", "std": None}
    samples = (
        Sample(((6, 1, 1),), {"out": 10}),
        Sample(((5,),), {"out": 3, "bias": False}),
        Sample(((4, 7),), {"out": 1}),
        Sample(((3, 3, 2),), {"out": 4, "bias": False}),
        Sample(((2, 3, 1, 5),), {"out": 7}),
        Sample(((8,),), {"out": 4, "init": 0}),
        Sample(((8,),), {"out": 5, "init": "fan_in"}),
        Sample(((6, 2),), {"out": 4, "init": "fan_out", "bias": False}),
        Sample(((8,),), {"out": 3, "init": "normal", "std": 0.01}),
        Sample(((9,),), {"out": 4, "init": "truncated", "std": 0.02}),
    )

    def _checked(self) -> None:
        expect_std(self.init, self.std)

    def infer(self, inputs: Shapes) -> Shapes:
        return ((self.out,),)

    def strides(self, rank: int) -> tuple[int, ...] | None:
        return None if rank else ()

    def state(self, inputs: Shapes) -> tuple[Tensor, ...]:
        features = prod(inputs[0])
        fans = Fans(features, self.out)
        weight = Tensor("weight", (self.out, features), weight_start(self.init, self.std, fans), "weight")
        return (weight, Tensor("bias", (self.out,), bias_start(self.init, fans), "bias")) if self.bias else (weight,)

    def with_bias(self) -> FullyConnected:
        return self if self.bias else self.replace(bias=True)

    def work(self, inputs: Shapes) -> Work:
        return Work(linear=prod(inputs[0]) * self.out, bias=self.out if self.bias else 0)

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(inputs=(0,))

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule(
            "Linear",
            (("in_features", prod(inputs[0])), ("out_features", self.out), ("bias", self.bias)),
            positional=2,
            defaults=(("bias", True),),
            fresh=True,
            before="torch.flatten({0}, 1)" if len(inputs[0]) > 1 else None,
        )

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        state = ("{weight}", "{bias}") if self.bias else ("{weight}",)
        if len(inputs[0]) == 1:
            return (OnnxNode("Gemm", ("{0}", *state), {"transB": 1}),)
        flat = OnnxNode("Flatten", attributes={"axis": 1}, yields=((prod(inputs[0]),),))
        return flat, OnnxNode("Gemm", ("{<}", *state), {"transB": 1})


class ChannelFullyConnected(Op):
    """`channel_fc 384`: a linear layer over the channels at each position.

    C x sizes becomes out x sizes. It computes what a 1x1 convolution does, but its weight is a matrix of out x C, as in
    the MLPs of ConvNeXt (Liu et al., arXiv 2201.03545), and there is a bias unless `bias=false`.

    Weights and biases start uniform with bound 1 / sqrt(C), PyTorch's default for `Linear`; `init` and `std` are those
    of `fc`.
    """

    op: Literal["channel_fc"] = "channel_fc"
    out: Count
    bias: Flag
    init: Start = "uniform"
    std: Positive | None = None

    weighted = True
    defaults: ClassVar[Mapping[str, object]] = {"bias": True, "init": "uniform", "std": None}
    samples = (
        Sample(((4, 5, 7),), {"out": 6}),
        Sample(((5,),), {"out": 3, "bias": False}),
        Sample(((3, 11),), {"out": 4, "bias": False}),
        Sample(((2, 3, 1, 5),), {"out": 3}),
        Sample(((6, 2, 3),), {"out": 4, "init": "truncated", "std": 0.02}),
    )

    def _checked(self) -> None:
        expect_std(self.init, self.std)

    def infer(self, inputs: Shapes) -> Shapes:
        return ((self.out, *inputs[0][1:]),)

    def state(self, inputs: Shapes) -> tuple[Tensor, ...]:
        fans = Fans(inputs[0][0], self.out)
        weight = Tensor("weight", (self.out, inputs[0][0]), weight_start(self.init, self.std, fans), "weight")
        return (weight, Tensor("bias", (self.out,), bias_start(self.init, fans), "bias")) if self.bias else (weight,)

    def work(self, inputs: Shapes) -> Work:
        yielded = prod(self.infer(inputs)[0])
        return Work(linear=inputs[0][0] * yielded, bias=yielded if self.bias else 0)

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(inputs=(0,))

    def makes(self, inputs: Shapes) -> Made:
        if len(inputs[0]) == 1:
            return Made()
        # PyTorch copies the input, whose channels are not last, and adds a bias to a product that it has made first.
        return Made(values=max(prod(inputs[0]), prod(self.infer(inputs)[0]) if self.bias else 0))

    def torch(self, inputs: Shapes) -> TorchModule:
        arguments = (("in_features", inputs[0][0]), ("out_features", self.out), ("bias", self.bias))
        definition = _CHANNEL_LINEAR if len(inputs[0]) > 1 else None
        name = "ChannelLinear" if definition else "Linear"
        return TorchModule(name, arguments, positional=2, defaults=(("bias", True),), definition=definition)

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        state = ("{bias}",) if self.bias else ()
        if len(inputs[0]) == 1:
            return (OnnxNode("Gemm", ("{0}", "{weight}", *state), {"transB": 1}),)
        kernel = (self.out, inputs[0][0], *(1,) * (len(inputs[0]) - 1))
        reshaped = OnnxNode("Reshape", ("{weight}", OnnxConstant(kernel)), yields=(kernel,))
        return reshaped, OnnxNode("Conv", ("{0}", "{<}", *state))


_CHANNEL_LINEAR = '''
class ChannelLinear(nn.Linear):
    """A linear layer over the channels at each position."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
'''
