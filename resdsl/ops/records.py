"""Records that describe ops: tensors, work, samples and errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


class ShapeError(ValueError):
    """An op cannot be applied to its inputs.

    Args:
        message: what is wrong; it must make sense by itself.
        parameter: the parameter at fault, if there is one.
    """

    def __init__(self, message: str, parameter: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class Constant:
    """Every element has one value."""

    value: float


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal with mean zero and this standard deviation."""

    std: float


@dataclass(frozen=True, slots=True)
class Truncated:
    """Normal with mean zero and this standard deviation, but cut off at twice that on either side."""

    std: float


@dataclass(frozen=True, slots=True)
class Uniform:
    """Uniform in [-bound, bound)."""

    bound: float


Init = Constant | Normal | Truncated | Uniform


@dataclass(frozen=True, slots=True)
class Tensor:
    """A parameter or a buffer of an op.

    Attributes:
        name: PyTorch's name within the module, such as `weight`.
        shape: PyTorch's shape.
        init: how a new network fills it.
        role: `weight`, `bias` or `norm` for learned tensors, `buffer` for the others.
        dtype: `int64` for counters such as `num_batches_tracked`.
        alone: whether it is a parameter of the block itself: its full name is then the path of the layer.
    """

    name: str
    shape: tuple[int, ...]
    init: Init
    role: Literal["weight", "bias", "norm", "buffer"]
    dtype: Literal["float32", "int64"] = "float32"
    alone: bool = False

    def at(self, path: str) -> str:
        """The full name, given the path of the layer."""
        return path if self.alone else f"{path}.{self.name}"


@dataclass(frozen=True, slots=True)
class Standardised:
    """How a weight is standardised before it is used, one output channel at a time.

    (weight - mean) / sqrt(variance + eps) * factor, times `gain` of the channel if there is one.

    Attributes:
        eps: the eps above.
        factor: likewise.
        gain: the tensor of that name.
    """

    eps: float
    factor: float = 1.0
    gain: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """The work of an op for one sample, by kind; a multiply and an add are one multiply-add.

    Attributes:
        conv: multiply-adds of convolutions with learned weights, padding included.
        linear: multiply-adds of linear layers.
        bias: additions of convolutions' and linear layers' biases.
        norm: elements normalised.
        activation: elements through a non-linearity.
        pooling: elements read by pooling windows.
        elementwise: elements added or multiplied where branches meet, or multiplied by a constant.
        fixed: multiply-adds of filters that are not learned.
        matmul: multiply-adds of products of matrices that are both computed, as in attention.
    """

    conv: int = 0
    linear: int = 0
    bias: int = 0
    norm: int = 0
    activation: int = 0
    pooling: int = 0
    elementwise: int = 0
    fixed: int = 0
    matmul: int = 0

    @property
    def macs(self) -> int:
        """Multiply-adds of convolutions and linear layers, the figure that papers quote."""
        return self.conv + self.linear


@dataclass(frozen=True, slots=True)
class Kept:
    """What autograd keeps of an op for the backward pass, in eager PyTorch on the CPU.

    Attributes:
        inputs: the inputs whose values are kept, by position.
        output: whether the values of the output are kept.
        values: further numbers kept for each sample, as wide as those of the network.
        integers: 64-bit numbers kept for each sample, such as the positions of maxima.
        statistics: numbers kept once, however large the batch.
        view: whether the outputs are views of the first input rather than separate tensors.
    """

    inputs: tuple[int, ...] = ()
    output: bool = False
    values: int = 0
    integers: int = 0
    statistics: int = 0
    view: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """What an op allocates for inference, for each sample, in eager PyTorch on the CPU.

    Attributes:
        values: numbers that are alive at the worst moment besides the inputs and outputs, as wide as
            those of the network.
        integers: 64-bit numbers alive at that moment.
        statistics: numbers alive at that moment, however large the batch.
        view: whether the outputs are views of the first input rather than separate tensors.
    """

    values: int = 0
    integers: int = 0
    statistics: int = 0
    view: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """A call of an op with which its rules are tested against the frameworks."""

    inputs: tuple[tuple[int, ...], ...]
    given: Mapping[str, object] = field(default_factory=dict)
