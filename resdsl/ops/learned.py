"""Learned scales and biases of what flows, as networks have them that train without norms."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import ClassVar, Literal

from resdsl.ops.base import Elementwise, Flag, Real, Shape, Shapes
from resdsl.ops.forms import OnnxConstant, OnnxNode, TorchExpression, TorchForm, TorchModule
from resdsl.ops.records import Constant, Kept, Sample, ShapeError, Tensor, Work

_SAMPLES = (
    Sample(((3, 5, 7),)),
    Sample(((11,),), {"init": 0.1}),
    Sample(((4, 9),), {"shape": "map", "module": False}),
    Sample(((2, 3, 1, 5),), {"shape": "one", "init": -2}),
    Sample(((3, 5, 7),), {"module": False}),
    Sample(((5, 3, 4),), {"shape": "map", "init": 1e-6}),
    Sample(((3, 2, 2),), {"shape": "one", "module": False}),
    Sample(((6, 3),), {"shape": "scalar", "module": False}),
    Sample(((7,),), {"shape": "map", "module": False}),
)


class Learned(Elementwise):
    """Base of ops with one learned tensor that is spread over the map."""

    init: Real
    shape: Literal["channels", "map", "one", "scalar"]
    module: Flag

    tensor: ClassVar[str]
    """The name of the tensor in a module of its own."""
    sign: ClassVar[str]
    """Python's operator."""
    operator: ClassVar[str]
    """ONNX's operator."""
    module_class: ClassVar[str]
    definition: ClassVar[str]
    samples = _SAMPLES

    def infer(self, inputs: Shapes) -> Shapes:
        if self.module and self.shape == "scalar":
            raise ShapeError(
                'a tensor without axes is a parameter of the block itself: give module=false too, or shape="one"',
                parameter="shape",
            )
        return inputs[:1]

    def state(self, inputs: Shapes) -> tuple[Tensor, ...]:
        role: Literal["weight", "bias"] = "weight" if self.tensor == "weight" else "bias"
        return (Tensor(self.tensor, self._shape(inputs[0]), Constant(self.init), role, alone=not self.module),)

    def work(self, inputs: Shapes) -> Work:
        return Work(elementwise=prod(inputs[0]))

    def torch(self, inputs: Shapes) -> TorchForm:
        shape, axes = self._shape(inputs[0]), len(inputs[0]) - 1
        if self.module:
            arguments = (("channels", shape[0]), ("init", self.init), ("axes", len(shape) - 1))
            return TorchModule(
                self.module_class,
                arguments,
                positional=2,
                defaults=(("axes", 0),),
                definition=self.definition,
                fresh=True,
            )
        spread = f".reshape(-1{', 1' * axes})" if self.shape == "channels" and axes else ""
        return TorchExpression(f"{{0}} {self.sign} {{{self.tensor}}}{spread}", fresh=True, holds=self.state(inputs)[0])

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        axes, operand = len(inputs[0]) - 1, f"{{{self.tensor}}}"
        if self.shape != "channels" or not axes:
            return (OnnxNode(self.operator, ("{0}", operand)),)
        spread = (inputs[0][0], *(1,) * axes)
        reshaped = OnnxNode("Reshape", (operand, OnnxConstant(spread)), yields=(spread,))
        return reshaped, OnnxNode(self.operator, ("{0}", "{<}"))

    def _shape(self, shape: Shape) -> Shape:
        shapes = {"channels": shape[:1], "map": (shape[0], *(1,) * (len(shape) - 1)), "one": (1,), "scalar": ()}
        return shapes[self.shape]


_DEFINITION = '''
class {name}(nn.Module):
    """{what} of each channel, or of all of them together."""

    def __init__(self, channels: int, init: float, axes: int = 0) -> None:
        super().__init__()
        self.{tensor} = nn.Parameter(torch.full((channels,) + (1,) * axes, init))

    def forward(self, x: Tensor) -> Tensor:
        return x {sign} self.{tensor}.reshape([-1] + [1] * (x.dim() - 2))
'''


class LearnedScale(Learned):
    """`learned_scale 1e-6`: multiplies by a learned number for each channel, or by a single one, that starts at `init`.

    Keeps the shape. LayerScale (Touvron et al., arXiv 2103.17239, Section 2) is `learned_scale 1e-6` at the end of a
    residual, ReZero (Bachlechner et al., arXiv 2003.04887) `learned_scale 0, shape="one"`.

    The tensor is `weight` of a module of its own, or with `module=false` a parameter of the block itself, whose key in
    a checkpoint is the path alone: `layer_scale: learned_scale 1e-6, shape="map", module=false` is torchvision's
    ConvNeXt. For a map of C x H x W its shape is C (`shape="channels"`), C x 1 x 1 (`"map"`), 1 (`"one"`), or none at
    all (`"scalar"`, with `module=false` only).
    """

    op: Literal["learned_scale"] = "learned_scale"

    tensor = "weight"
    sign = "*"
    operator = "Mul"
    module_class = "LearnedScale"
    definition = _DEFINITION.format(name="LearnedScale", what="A learned factor", tensor="weight", sign="*")
    defaults: ClassVar[Mapping[str, object]] = {"init": 1.0, "shape": "channels", "module": True}

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(inputs=(0,))


class LearnedBias(Learned):
    """`learned_bias`: adds a learned number for each channel, or a single one, that starts at `init`.

    Keeps the shape. Fixup (Zhang et al., arXiv 1901.09321, Section 3) has `learned_bias shape="one"` before each
    convolution and activation. The tensor is `bias` of a module of its own; `shape` and `module=false` are those of
    `learned_scale`.
    """

    op: Literal["learned_bias"] = "learned_bias"

    tensor = "bias"
    sign = "+"
    operator = "Add"
    module_class = "LearnedBias"
    definition = _DEFINITION.format(name="LearnedBias", what="A learned term", tensor="bias", sign="+")
    defaults: ClassVar[Mapping[str, object]] = {"init": 0.0, "shape": "channels", "module": True}

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept()
