"""Noise in training and scaling of residuals, which keep deep networks trainable."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Literal

from resdsl.ops.base import Elementwise, Ratio, Real, Shapes
from resdsl.ops.forms import OnnxConstant, OnnxNode, TorchExpression, TorchModule, onnx_reduction
from resdsl.ops.records import Kept, Made, Sample, Work


class Dropout(Elementwise):
    """`dropout 0.3`: zeroes elements with probability `rate` in training and scales the rest by 1 / (1 - rate).

    The identity in inference. Srivastava et al., JMLR 15 (2014), Section 10 for the scaling.
    """

    op: Literal["dropout"] = "dropout"
    rate: Ratio

    samples = (
        Sample(((3, 5, 7),), {"rate": 0.3}),
        Sample(((11,),), {"rate": 0.5}),
        Sample(((4, 9),), {"rate": 0}),
        Sample(((2, 3, 1, 5),), {"rate": 0.1}),
    )

    def work(self, inputs: Shapes) -> Work:
        return Work()

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(values=prod(inputs[0])) if self.rate else Kept(view=True)

    def makes(self, inputs: Shapes) -> Made:
        return Made(view=True)

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule("Dropout", (("p", self.rate),), positional=1)

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Identity"),)

    def onnx_training(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (_dropout("{0}", self.rate),)


class DropPath(Elementwise):
    """`drop_path 0.2`: zeroes whole samples with probability `rate` in training: stochastic depth.

    Huang et al., arXiv 1603.09382, Section 3. The samples that stay are scaled by 1 / (1 - rate), so
    inference is the identity; the paper scales by 1 - rate in inference instead.
    """

    op: Literal["drop_path"] = "drop_path"
    rate: Ratio

    samples = Dropout.samples

    def work(self, inputs: Shapes) -> Work:
        return Work()

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(values=1)

    def makes(self, inputs: Shapes) -> Made:
        return Made(view=True)

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule("DropPath", (("rate", self.rate),), positional=1, definition=_DROP_PATH)

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Identity"),)

    def onnx_training(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        # A one for each sample, made of its values, since the size of the batch is not known.
        channels, *sizes = inputs[0]
        pooled, single = (channels, *(1,) * len(sizes)), (1, *(1,) * len(sizes))
        one = OnnxConstant((1.0,), scalar=True)
        whole = (OnnxNode("GlobalMaxPool", yields=(pooled,)),) if sizes else ()
        return (
            *whole,
            onnx_reduction("ReduceMax", "{<}" if sizes else "{0}", 1, keep=True, yields=(single,)),
            OnnxNode("Clip", ("{<}", one, one), yields=(single,)),
            replace(_dropout("{<}", self.rate), yields=(single,)),
            OnnxNode("Mul", ("{0}", "{<}")),
        )


def _dropout(operand: str, rate: float) -> OnnxNode:
    return OnnxNode("Dropout", (operand, OnnxConstant((rate,), scalar=True), OnnxConstant((True,), scalar=True)))


_DROP_PATH = '''
class DropPath(nn.Module):
    """Stochastic depth in training: drops whole samples and scales the others.

    Huang et al., arXiv 1603.09382, Section 3.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        kept = F.dropout(x.new_ones([x.shape[0]] + [1] * (x.dim() - 1)), self.rate)
        return x * kept
'''


class Scale(Elementwise):
    """`scale 0.1`: multiplies by a constant, as residuals of very wide networks need.

    Szegedy et al., arXiv 1602.07261, Section 3.3; Lim et al., arXiv 1707.02921, Section 3.2.
    """

    op: Literal["scale"] = "scale"
    factor: Real

    samples = (
        Sample(((3, 5, 7),), {"factor": 0.1}),
        Sample(((11,),), {"factor": -2}),
        Sample(((4, 9),), {"factor": 0.0}),
        Sample(((2, 3, 1, 5),), {"factor": 1e-3}),
    )

    def work(self, inputs: Shapes) -> Work:
        return Work(elementwise=prod(inputs[0]))

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept()

    def torch(self, inputs: Shapes) -> TorchExpression:
        return TorchExpression("{0} * {factor}", (("factor", self.factor),))

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Mul", ("{0}", OnnxConstant((self.factor,), scalar=True))),)
