"""Activations, which the setting `act` can take, and softmax.

All of them keep the shape, and accept a map with any number of axes or a flat vector.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod, sqrt
from typing import ClassVar, Literal

from resdsl.ops.base import Elementwise, Index, Positive, Real, Shapes, expect_axis
from resdsl.ops.forms import OnnxConstant, OnnxNode, TorchModule
from resdsl.ops.reach import Reaches
from resdsl.ops.records import Constant, Kept, Made, Sample, ShapeError, Tensor, Work


class Activation(Elementwise):
    """Base of non-linearities that work on each element separately."""

    activates = True
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 5, 7),)),
        Sample(((11,),)),
        Sample(((4, 9),)),
        Sample(((2, 3, 1, 5),)),
    )

    def work(self, inputs: Shapes) -> Work:
        return Work(activation=prod(inputs[0]))

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(inputs=(0,))


class Relu(Activation):
    """`relu`: max(x, 0)."""

    op: Literal["relu"] = "relu"

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(output=True)

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule("ReLU", overwrites=True)

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Relu"),)


class Relu6(Activation):
    """`relu6`: min(max(x, 0), 6) (Sandler et al., arXiv 1801.04381)."""

    op: Literal["relu6"] = "relu6"

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule("ReLU6", overwrites=True)

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Clip", ("{0}", OnnxConstant((0.0,), scalar=True), OnnxConstant((6.0,), scalar=True))),)


class Clip(Activation):
    """`clip 0, 6`: min(max(x, low), high); from -1 to 1 unless given, the hard form of `tanh`."""

    op: Literal["clip"] = "clip"
    low: Real
    high: Real

    defaults: ClassVar[Mapping[str, object]] = {"low": -1.0, "high": 1.0}
    samples = (
        Sample(((3, 5, 7),)),
        Sample(((11,),), {"low": 0.0}),
        Sample(((4, 9),), {"low": -2, "high": 0.5}),
        Sample(((2, 3, 1, 5),), {"high": 4.0}),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        if self.low >= self.high:
            raise ShapeError(f"`clip` needs low < high, but {self.low} is not below {self.high}", parameter="high")
        return super().infer(inputs)

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule("Hardtanh", (("min_val", self.low), ("max_val", self.high)), positional=2, overwrites=True)

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        low, high = (OnnxConstant((value,), scalar=True) for value in (self.low, self.high))
        return (OnnxNode("Clip", ("{0}", low, high)),)


class LeakyRelu(Activation):
    """`leaky_relu 0.2`: x above zero, slope * x below (Maas et al., ICML 2013)."""

    op: Literal["leaky_relu"] = "leaky_relu"
    slope: Real

    defaults: ClassVar[Mapping[str, object]] = {"slope": 0.01}
    samples = (
        Sample(((3, 5, 7),)),
        Sample(((11,),), {"slope": 0.2}),
        Sample(((4, 9),), {"slope": -1}),
        Sample(((2, 3, 1, 5),), {"slope": 0.0}),
    )

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule("LeakyReLU", (("negative_slope", self.slope),), positional=1)

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (OnnxNode("LeakyRelu", attributes={"alpha": self.slope}),)


class Elu(Activation):
    """`elu`: x above zero, alpha * (exp(x) - 1) below (Clevert et al., arXiv 1511.07289)."""

    op: Literal["elu"] = "elu"
    alpha: Real

    defaults: ClassVar[Mapping[str, object]] = {"alpha": 1.0}
    samples = (
        Sample(((3, 5, 7),)),
        Sample(((11,),), {"alpha": 0.5}),
        Sample(((4, 9),), {"alpha": 2}),
        Sample(((2, 3, 1, 5),)),
    )

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule("ELU", (("alpha", self.alpha),), positional=1)

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Elu", attributes={"alpha": self.alpha}),)


class Prelu(Activation):
    """`prelu`: x above zero, slope * x below, with a learned slope per channel that starts at `init`.

    He et al., arXiv 1502.01852, Section 2.1, the channel-wise variant.
    """

    op: Literal["prelu"] = "prelu"
    init: Real

    named_only = ("init",)

    defaults: ClassVar[Mapping[str, object]] = {"init": 0.25}
    samples = (
        Sample(((3, 5, 7),)),
        Sample(((11,),), {"init": 0}),
        Sample(((4, 9),), {"init": 0.5}),
        Sample(((2, 3, 1, 5),)),
    )

    def state(self, inputs: Shapes) -> tuple[Tensor, ...]:
        return (Tensor("weight", inputs[0][:1], Constant(self.init), "weight"),)

    def torch(self, inputs: Shapes) -> TorchModule:
        arguments = (("num_parameters", inputs[0][0]), ("init", self.init))
        return TorchModule("PReLU", arguments, positional=1, defaults=(("init", 0.25),))

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        axes = len(inputs[0]) - 1
        if not axes:
            return (OnnxNode("PRelu", ("{0}", "{weight}")),)
        slopes = (inputs[0][0], *(1,) * axes)
        reshaped = OnnxNode("Reshape", ("{weight}", OnnxConstant(slopes)), yields=(slopes,))
        return reshaped, OnnxNode("PRelu", ("{0}", "{<}"))


class Gelu(Activation):
    """`gelu`: x * (1 + erf(x / sqrt(2))) / 2, exact (Hendrycks and Gimpel, arXiv 1606.08415, Section 2)."""

    op: Literal["gelu"] = "gelu"

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule("GELU")

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        root, one, half = (OnnxConstant((value,), scalar=True) for value in (sqrt(2), 1.0, 0.5))
        older = (
            OnnxNode("Div", ("{0}", root), yields=inputs),
            OnnxNode("Erf", ("{<}",), yields=inputs),
            OnnxNode("Add", ("{<}", one), yields=inputs),
            OnnxNode("Mul", ("{0}", "{<}"), yields=inputs),
            OnnxNode("Mul", ("{<}", half)),
        )
        return (OnnxNode("Gelu", attributes={"approximate": "none"}, since=20, older=older),)


class Silu(Activation):
    """`silu`: x * sigmoid(x), also known as swish (Ramachandran et al., arXiv 1710.05941)."""

    op: Literal["silu"] = "silu"

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule("SiLU")

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return OnnxNode("Sigmoid", yields=inputs), OnnxNode("Mul", ("{0}", "{<}"))


class HardSwish(Activation):
    """`hard_swish`: x * min(max(x + 3, 0), 6) / 6 (Howard et al., arXiv 1905.02244, Section 5.2)."""

    op: Literal["hard_swish"] = "hard_swish"

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule("Hardswish")

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        gate = OnnxNode("HardSigmoid", attributes={"alpha": 1 / 6, "beta": 0.5}, yields=inputs)
        return (OnnxNode("HardSwish", since=14, older=(gate, OnnxNode("Mul", ("{0}", "{<}")))),)


class HardSigmoid(Activation):
    """`hard_sigmoid`: min(max(slope * x + offset, 0), 1).

    Unless given, slope and offset make min(max(x + 3, 0), 6) / 6 (Howard et al., arXiv 1905.02244, Section 5.2). Keras
    had a slope of 0.2 before version 3.
    """

    op: Literal["hard_sigmoid"] = "hard_sigmoid"
    slope: Positive = 1 / 6
    offset: Real = 0.5

    defaults: ClassVar[Mapping[str, object]] = {"slope": 1 / 6, "offset": 0.5}
    samples = (
        *Activation.samples,
        Sample(((3, 5, 7),), {"slope": 0.2}),
        Sample(((4, 9),), {"offset": 0.25}),
        Sample(((2, 3, 1, 5),), {"slope": 2, "offset": -1}),
    )

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return super().keeps(inputs, wanted) if self._is_usual else Kept(values=prod(inputs[0]))

    def makes(self, inputs: Shapes) -> Made:
        return Made() if self._is_usual else Made(values=prod(inputs[0]))

    def torch(self, inputs: Shapes) -> TorchModule:
        if self._is_usual:
            return TorchModule("Hardsigmoid")
        arguments = (("slope", self.slope), ("offset", self.offset))
        return TorchModule("HardSigmoid", arguments, positional=2, definition=_HARD_SIGMOID)

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (OnnxNode("HardSigmoid", attributes={"alpha": self.slope, "beta": self.offset}),)

    @property
    def _is_usual(self) -> bool:
        return (self.slope, self.offset) == (1 / 6, 0.5)


_HARD_SIGMOID = '''
class HardSigmoid(nn.Module):
    """min(max(slope * x + offset, 0), 1)."""

    def __init__(self, slope: float, offset: float) -> None:
        super().__init__()
        self.slope = slope
        self.offset = offset

    def forward(self, x: Tensor) -> Tensor:
        return F.hardtanh(x * self.slope + self.offset, 0.0, 1.0)
'''


class Sigmoid(Activation):
    """`sigmoid`: 1 / (1 + exp(-x))."""

    op: Literal["sigmoid"] = "sigmoid"

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(output=True)

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule("Sigmoid")

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Sigmoid"),)


class Tanh(Activation):
    """`tanh`: the hyperbolic tangent."""

    op: Literal["tanh"] = "tanh"

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(output=True)

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule("Tanh")

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Tanh"),)


class Softplus(Activation):
    """`softplus`: log(1 + exp(x)); PyTorch returns x itself above 20, where the two agree in float32."""

    op: Literal["softplus"] = "softplus"

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule("Softplus")

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Softplus"),)


class Mish(Activation):
    """`mish`: x * tanh(softplus(x)) (Misra, arXiv 1908.08681)."""

    op: Literal["mish"] = "mish"

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule("Mish")

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        older = (
            OnnxNode("Softplus", yields=inputs),
            OnnxNode("Tanh", ("{<}",), yields=inputs),
            OnnxNode("Mul", ("{0}", "{<}")),
        )
        return (OnnxNode("Mish", since=18, older=older),)


class Softmax(Elementwise):
    """`softmax`: exp(x) over its sum along the channels, at each position.

    `axis` is another axis along which the results sum to one: 1 is the first of the sizes. Keeps the shape.
    """

    op: Literal["softmax"] = "softmax"
    axis: Index = 0

    defaults: ClassVar[Mapping[str, object]] = {"axis": 0}
    samples = (*Activation.samples, Sample(((3, 5, 4),), {"axis": 1}), Sample(((2, 6),), {"axis": 1}))

    def infer(self, inputs: Shapes) -> Shapes:
        expect_axis(self.axis, inputs[0])
        return inputs[:1]

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        return super().reach(inputs) if self.axis == 0 else (None,)

    def work(self, inputs: Shapes) -> Work:
        return Work(activation=prod(inputs[0]))

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(output=True)

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule("Softmax", (("dim", self.axis + 1),))

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Softmax", attributes={"axis": self.axis + 1}),)
