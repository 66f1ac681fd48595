"""Convolution with standardised weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod, sqrt
from typing import ClassVar, Literal

from resdsl.ops.base import Flag, Positive, Shapes
from resdsl.ops.conv import Conv, Convolution
from resdsl.ops.forms import TorchModule
from resdsl.ops.records import Constant, Kept, Made, Sample, ShapeError, Standardised, Tensor


class StandardisedConv(Convolution):
    """`std_conv 3x3, 64, /2`: a convolution each of whose filters is standardised before it is applied.

    The parameters of `conv`, and the same shapes. A filter becomes (weight - mean) / sqrt(variance + eps), with the
    mean and the variance of its own elements (Qiao et al., arXiv 1903.10520, Equation 3), as in BiT. With `gain`, it is
    also multiplied by gamma / sqrt(elements) and by a learned number, `gain`, that starts at one, as in NF-ResNet
    (Brock et al., arXiv 2101.08692, Section 4.1), where `gamma` makes up for the activation before: 1.7139588594436646
    for a ReLU. A filter needs more than one element.

    It is standardised in each forward pass, so that gradients pass through it; an ONNX file, and a convolution into
    which a norm is folded, contain the standardised weights.
    """

    op: Literal["std_conv"] = "std_conv"
    eps: Positive
    gamma: Positive
    gain: Flag

    defaults: ClassVar[Mapping[str, object]] = {**Convolution.defaults, "eps": 1e-6, "gamma": 1.0, "gain": False}
    named_only = ("stride", "eps", "gamma")
    samples = (
        Sample(((3, 9, 9),), {"kernel": 3, "out": 4}),
        Sample(((4, 11, 8),), {"kernel": (3, 1), "out": 8, "stride": 2, "bias": True, "eps": 1e-8}),
        Sample(((8, 10, 9),), {"kernel": 3, "out": 12, "groups": 4, "gain": True}),
        Sample(((4, 20),), {"kernel": 5, "out": 6, "stride": 2, "gain": True, "gamma": 1.7, "bias": True}),
        Sample(((2, 5, 6, 7),), {"kernel": (3, 1, 3), "out": 4, "stride": (1, 2, 2), "dilation": 2, "pad": (2, 0, 2)}),
        Sample(((4, 9, 9),), {"kernel": 3, "out": 8, "init": "truncated", "std": 0.02}),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        shapes = super().infer(inputs)
        if self._elements(inputs) == 1:
            raise ShapeError("a filter of a single element would always be standardised to zero", parameter="kernel")
        if self.gamma != 1 and not self.gain:
            raise ShapeError("gamma scales the learned gain: give gain=true too", parameter="gamma")
        return shapes

    def state(self, inputs: Shapes) -> tuple[Tensor, ...]:
        plain = super().state(inputs)
        if not self.gain:
            return plain
        return *plain, Tensor("gain", (self.out, *(1,) * (len(self.kernel) + 1)), Constant(1.0), "weight")

    def with_bias(self) -> Convolution:
        same = {name: getattr(self, name) for name in Convolution.parameters()}
        return Conv(**{**same, "bias": True})

    def standardises(self, inputs: Shapes) -> Standardised:
        if not self.gain:
            return Standardised(self.eps)
        return Standardised(self.eps, self.gamma / sqrt(self._elements(inputs)), self.state(inputs)[-1])

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        # The standardised weight, its means and inverse deviations, and what they are multiplied by.
        return Kept(inputs=(0,), statistics=self._weights(inputs) + (3 if self.gain else 2) * self.out)

    def makes(self, inputs: Shapes) -> Made:
        return Made(statistics=self._weights(inputs))

    def torch(self, inputs: Shapes) -> TorchModule:
        form, rank = super().torch(inputs), len(self.kernel)
        sizes = f"tuple[{', '.join(['int'] * rank)}]"
        given, defaults = (*form.arguments, ("eps", self.eps)), (*form.defaults, ("eps", 1e-6))
        if not self.gain:
            source = _STANDARDISED.format(rank=rank, sizes=sizes)
            name = f"StandardisedConv{rank}d"
        else:
            source = _SCALED.format(rank=rank, sizes=sizes)
            name = f"ScaledStandardisedConv{rank}d"
            given, defaults = (*given, ("gamma", self.gamma)), (*defaults, ("gamma", 1.0))
        return replace(form, name=name, arguments=given, defaults=defaults, definition=source, base=form.name)

    def _elements(self, inputs: Shapes) -> int:
        return prod(self.kernel) * (inputs[0][0] // self.groups)

    def _weights(self, inputs: Shapes) -> int:
        return self.out * self._elements(inputs)


_CONSTRUCTOR = """
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | {sizes},
        stride: int | {sizes} = 1,
        padding: int | {sizes} = 0,
        dilation: int | {sizes} = 1,
        groups: int = 1,
        bias: bool = True,
        eps: float = 1e-06,{more}
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
        )
        self.eps = eps
"""
_STANDARDISED = (
    '''
class StandardisedConv{rank}d(nn.Conv{rank}d):
    """A convolution whose filters are standardised (arXiv 1903.10520, Equation 3)."""
'''
    + _CONSTRUCTOR.replace("{more}", "")
    + """
    def forward(self, x: Tensor) -> Tensor:
        rows = self.weight.reshape(1, self.out_channels, -1)
        rows = F.batch_norm(rows, None, None, training=True, eps=self.eps)
        return self._conv_forward(x, rows.reshape_as(self.weight), self.bias)
"""
)
_SCALED = (
    '''
class ScaledStandardisedConv{rank}d(nn.Conv{rank}d):
    """A convolution whose filters are standardised and scaled (arXiv 2101.08692)."""
'''
    + _CONSTRUCTOR.replace("{more}", "\n        gamma: float = 1.0,")
    + """        self.gain = nn.Parameter(self.weight.new_ones(out_channels, *[1] * {rank}, 1))
        self.scale = gamma * self.weight[0].numel() ** -0.5

    def forward(self, x: Tensor) -> Tensor:
        rows, gain = self.weight.reshape(1, self.out_channels, -1), self.gain.flatten()
        rows = F.batch_norm(
            rows, None, None, gain * self.scale, training=True, eps=self.eps
        )
        return self._conv_forward(x, rows.reshape_as(self.weight), self.bias)
"""
)
