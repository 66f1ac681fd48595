"""Normalisations, which the setting `norm` can take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from typing import Annotated, ClassVar, Literal

from resdsl.ops.base import Count, Elementwise, Positive, Real, Shapes, expect_axes
from resdsl.ops.forms import OnnxConstant, OnnxNode, TorchModule
from resdsl.ops.records import Constant, Kept, Made, Sample, ShapeError, Tensor, Work
from resdsl.records.checks import Bounds

Momentum = Annotated[float, Bounds(ge=0, le=1)]
"""The weight of the new value in a running mean."""


class Normalisation(Elementwise):
    """Base of normalisations."""

    normalises = True
    numbered = True
    named_only = ("eps", "momentum", "init")

    def work(self, inputs: Shapes) -> Work:
        return Work(norm=prod(inputs[0]))


class BatchNorm(Normalisation):
    """`bn`: batch normalisation (Ioffe and Szegedy, arXiv 1502.03167, Algorithms 1 and 2).

    Keeps the shape; the input can be a flat vector or have up to three spatial axes. Every channel has a running mean
    and variance, and each training step replaces the fraction `momentum` of them. This is PyTorch's convention (0.1);
    others write the fraction that stays (0.9).

    Scales start at `init` and shifts at zero. `bn init=0` at the end of a residual makes a block
    start as the identity (Goyal et al., arXiv 1706.02677, Section 5.1).
    """

    op: Literal["bn"] = "bn"
    eps: Positive
    momentum: Momentum
    init: Real

    defaults: ClassVar[Mapping[str, object]] = {"eps": 1e-5, "momentum": 0.1, "init": 1.0}
    samples = (
        Sample(((3, 5, 7),)),
        Sample(((4,),), {"eps": 1e-3}),
        Sample(((5, 9),), {"init": 0}),
        Sample(((2, 3, 1, 5),), {"momentum": 0.01, "init": 0.5}),
        Sample(((6, 1, 1),)),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        expect_axes(self, inputs[0])
        return inputs[:1]

    def state(self, inputs: Shapes) -> tuple[Tensor, ...]:
        channels = inputs[0][:1]
        return (
            *_scale_and_shift(inputs, self.init),
            Tensor("running_mean", channels, Constant(0.0), "buffer"),
            Tensor("running_var", channels, Constant(1.0), "buffer"),
            Tensor("num_batches_tracked", (), Constant(0), "buffer", dtype="int64"),
        )

    def inference_eps(self) -> float:
        return self.eps

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(inputs=(0,), statistics=2 * inputs[0][0])  # means and inverse deviations

    def torch(self, inputs: Shapes) -> TorchModule:
        axes = max(len(inputs[0]) - 1, 1)
        arguments = (("num_features", inputs[0][0]), ("eps", self.eps), ("momentum", self.momentum))
        defaults = (("eps", 1e-5), ("momentum", 0.1))
        return TorchModule(f"BatchNorm{axes}d", arguments, positional=1, defaults=defaults, fresh=True)

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        operands = ("{0}", "{weight}", "{bias}", "{running_mean}", "{running_var}")
        return (OnnxNode("BatchNormalization", operands, {"epsilon": self.eps}),)

    def onnx_training(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        (node,) = self.onnx(inputs)
        # The share of the statistics so far, where PyTorch has that of the new ones.
        attributes = {**node.attributes, "momentum": 1 - self.momentum, "training_mode": 1}
        return (replace(node, attributes=attributes, since=14, updates=("running_mean", "running_var")),)


class FrozenBatchNorm(Normalisation):
    """`frozen_bn`: batch normalisation that never learns, as detectors have it in their backbones.

    Keeps the shape. In training as in inference it normalises with its stored mean and variance; these, the scales and
    the shifts are buffers under the names of `bn`, so that there is nothing to train, and no count of batches. This is
    `FrozenBatchNorm2d` of torchvision, for a flat vector or up to three spatial axes. Scales start at `init`.
    """

    op: Literal["frozen_bn"] = "frozen_bn"
    eps: Positive
    init: Real

    defaults: ClassVar[Mapping[str, object]] = {"eps": 1e-5, "init": 1.0}
    samples = (
        Sample(((3, 5, 7),)),
        Sample(((4,),), {"eps": 1e-3}),
        Sample(((5, 9),), {"init": 0}),
        Sample(((2, 3, 1, 5),), {"init": 0.5}),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        expect_axes(self, inputs[0])
        return inputs[:1]

    def state(self, inputs: Shapes) -> tuple[Tensor, ...]:
        starts = {"weight": self.init, "bias": 0.0, "running_mean": 0.0, "running_var": 1.0}
        return tuple(Tensor(name, inputs[0][:1], Constant(start), "buffer") for name, start in starts.items())

    def inference_eps(self) -> float:
        return self.eps

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(inputs=(0,))

    def torch(self, inputs: Shapes) -> TorchModule:
        arguments = (("num_features", inputs[0][0]), ("eps", self.eps), ("init", self.init))
        defaults = (("eps", 1e-5), ("init", 1.0))
        return TorchModule(
            "FrozenBatchNorm", arguments, positional=1, defaults=defaults, definition=_FROZEN_BATCH_NORM, fresh=True
        )

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        operands = ("{0}", "{weight}", "{bias}", "{running_mean}", "{running_var}")
        return (OnnxNode("BatchNormalization", operands, {"epsilon": self.eps}),)


_FROZEN_BATCH_NORM = '''
class FrozenBatchNorm(nn.Module):
    """Batch norm whose scales, shifts and statistics are buffers, which training does not change."""

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, num_features: int, eps: float = 1e-05, init: float = 1.0) -> None:
        super().__init__()
        self.eps = eps
        self.register_buffer("weight", torch.full((num_features,), init))
        self.register_buffer("bias", torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x: Tensor) -> Tensor:
        statistics = (self.running_mean, self.running_var)
        return F.batch_norm(x, *statistics, self.weight, self.bias, eps=self.eps)
'''


class GroupNorm(Normalisation):
    """`group_norm 32`: normalisation of each sample over groups of channels (Wu and He, arXiv 1803.08494).

    Keeps the shape. `groups` must divide the channels, and a group must hold more than one value.
    `groups=1` normalises over the whole map; with as many groups as channels it is instance norm.
    Scales start at `init` and shifts at zero.
    """

    op: Literal["group_norm"] = "group_norm"
    groups: Count
    eps: Positive
    init: Real

    defaults: ClassVar[Mapping[str, object]] = {"groups": 32, "eps": 1e-5, "init": 1.0}
    samples = (
        Sample(((64, 5, 3),)),
        Sample(((6, 4, 7),), {"groups": 3, "eps": 1e-3}),
        Sample(((4, 9),), {"groups": 1, "init": 0.5}),
        Sample(((4, 3, 2, 5),), {"groups": 4}),
        Sample(((8,),), {"groups": 2}),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        channels, *sizes = inputs[0]
        if channels % self.groups:
            raise ShapeError(f"{self.groups} groups do not divide the {channels} input channels", parameter="groups")
        if channels // self.groups * prod(sizes) == 1:
            raise ShapeError("a group of a single value would always be normalised to zero", parameter="groups")
        return inputs[:1]

    def state(self, inputs: Shapes) -> tuple[Tensor, ...]:
        return _scale_and_shift(inputs, self.init)

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(inputs=(0,), values=2 * self.groups)

    def makes(self, inputs: Shapes) -> Made:
        return Made(values=2 * self.groups)

    def torch(self, inputs: Shapes) -> TorchModule:
        arguments = (("num_groups", self.groups), ("num_channels", inputs[0][0]), ("eps", self.eps))
        return TorchModule("GroupNorm", arguments, positional=2, defaults=(("eps", 1e-5),), fresh=True)

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        attributes = {"epsilon": self.eps, "num_groups": self.groups}
        # That of opset 18 has a scale for each group, not for each channel.
        older = self._as_instances(inputs)
        return (OnnxNode("GroupNormalization", ("{0}", "{weight}", "{bias}"), attributes, since=21, older=older),)

    def _as_instances(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        """Instance norm of a row for each group, then the scales and shifts of the channels."""
        channels, *sizes = shape = inputs[0]
        rows = ((self.groups, prod(shape) // self.groups),)
        ones, zeros = OnnxConstant((1.0,) * self.groups), OnnxConstant((0.0,) * self.groups)
        spread = (channels, *(1,) * len(sizes))

        def reshaped(operand: str) -> OnnxNode:
            return OnnxNode("Reshape", (operand, OnnxConstant(spread)), yields=(spread,))

        return (
            OnnxNode("Reshape", ("{0}", OnnxConstant((0, self.groups, -1))), yields=rows),
            OnnxNode("InstanceNormalization", ("{<}", ones, zeros), {"epsilon": self.eps}, yields=rows),
            OnnxNode("Reshape", ("{<}", OnnxConstant((0, *shape))), yields=inputs),
            reshaped("{weight}"),
            OnnxNode("Mul", ("{<<}", "{<}"), yields=inputs),
            reshaped("{bias}"),
            OnnxNode("Add", ("{<<}", "{<}")),
        )


class LayerNorm(Normalisation):
    """`layer_norm`: normalisation over the channels at each position.

    Keeps the shape, and needs more than one channel. Every position of every sample is normalised separately, then
    scaled and shifted per channel. This is layer norm (Ba et al., arXiv 1607.06450) as ConvNeXt uses it (Liu et al.,
    arXiv 2201.03545, Section 2.6); normalising over channels and positions together is `group_norm 1`. On a flat vector
    it is the layer norm of the paper. Scales start at `init` and shifts at zero.
    """

    op: Literal["layer_norm"] = "layer_norm"
    eps: Positive
    init: Real

    defaults: ClassVar[Mapping[str, object]] = {"eps": 1e-5, "init": 1.0}
    samples = (
        Sample(((8, 5, 3),)),
        Sample(((7,),), {"eps": 1e-6}),
        Sample(((6, 9),), {"init": 0.5}),
        Sample(((4, 3, 2, 5),)),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        if inputs[0][0] == 1:
            raise ShapeError("a single channel would always be normalised to zero")
        return inputs[:1]

    def state(self, inputs: Shapes) -> tuple[Tensor, ...]:
        return _scale_and_shift(inputs, self.init)

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(inputs=(0,), values=2 * prod(inputs[0][1:]))

    def makes(self, inputs: Shapes) -> Made:
        return Made(values=2 * prod(inputs[0][1:]))

    def torch(self, inputs: Shapes) -> TorchModule:
        arguments = (("normalized_shape", inputs[0][0]), ("eps", self.eps))
        if len(inputs[0]) == 1:
            return TorchModule("LayerNorm", arguments, positional=1, defaults=(("eps", 1e-5),))
        return TorchModule(
            "ChannelLayerNorm", arguments, positional=1, defaults=(("eps", 1e-5),), definition=_CHANNEL_LAYER_NORM
        )

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        axes = len(inputs[0]) - 1
        attributes = {"axis": -1, "epsilon": self.eps}
        if not axes:
            return (OnnxNode("LayerNormalization", ("{0}", "{weight}", "{bias}"), attributes, since=17),)
        channels, *sizes = inputs[0]
        turned = ((*sizes, channels),)
        return (
            OnnxNode("Transpose", attributes={"perm": _channels_last(axes)}, yields=turned),
            OnnxNode("LayerNormalization", ("{<}", "{weight}", "{bias}"), attributes, yields=turned, since=17),
            OnnxNode("Transpose", ("{<}",), {"perm": _channels_first(axes)}),
        )


_CHANNEL_LAYER_NORM = '''
class ChannelLayerNorm(nn.LayerNorm):
    """Layer norm over the channels at each position of a map."""

    def forward(self, x: Tensor) -> Tensor:
        x = x.movedim(1, -1)
        x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return x.movedim(-1, 1)
'''


def _scale_and_shift(inputs: Shapes, init: float) -> tuple[Tensor, ...]:
    channels = inputs[0][:1]
    return Tensor("weight", channels, Constant(init), "norm"), Tensor("bias", channels, Constant(0.0), "norm")


def _channels_last(axes: int) -> tuple[int, ...]:
    return (0, *range(2, axes + 2), 1)


def _channels_first(axes: int) -> tuple[int, ...]:
    return (0, axes + 1, *range(1, axes + 1))
