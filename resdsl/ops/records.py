"""The plain records that ops are described with: tensors, work, samples, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


class ShapeError(ValueError):
    """An op cannot be applied to what flows in.

    Args:
        message: what is wrong, in words that stand alone.
        parameter: the op's parameter at fault, if one is.
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
class Uniform:
    """Uniform in [-bound, bound)."""

    bound: float


Init = Constant | Normal | Uniform


@dataclass(frozen=True, slots=True)
class Tensor:
    """A parameter or a buffer of an op.

    Attributes:
        name: PyTorch's name within the module, such as `weight`.
        shape: PyTorch's shape.
        init: how a fresh network fills it.
        role: `weight`, `bias` or `norm` for what is learned; `buffer` for what is not.
        dtype: `int64` for counters such as `num_batches_tracked`.
    """

    name: str
    shape: tuple[int, ...]
    init: Init
    role: Literal["weight", "bias", "norm", "buffer"]
    dtype: Literal["float32", "int64"] = "float32"


@dataclass(frozen=True, slots=True)
class Work:
    """What an op does for one sample, kind by kind; a multiply and an add are one multiply-add.

    Attributes:
        conv: multiply-adds of convolutions with learned weights, padding included.
        linear: multiply-adds of linear layers.
        bias: additions of convolutions' and linear layers' biases.
        norm: elements normalised.
        activation: elements through a non-linearity.
        pooling: elements read by pooling windows.
        elementwise: elements added or multiplied where branches meet, or multiplied by a constant.
        fixed: multiply-adds of filters that are not learned.
    """

    conv: int = 0
    linear: int = 0
    bias: int = 0
    norm: int = 0
    activation: int = 0
    pooling: int = 0
    elementwise: int = 0
    fixed: int = 0

    @property
    def macs(self) -> int:
        """Multiply-adds of convolutions and linear layers: the headline count of papers."""
        return self.conv + self.linear


@dataclass(frozen=True, slots=True)
class Kept:
    """What autograd keeps of an op for the backward pass, in eager PyTorch on the CPU.

    Attributes:
        inputs: the inputs whose values are kept, by position.
        output: whether the values of the output are.
        values: further numbers that are kept for each sample, as wide as those of the network.
        integers: numbers of 64 bits that are kept for each sample, such as the places of maxima.
        statistics: numbers that are kept once, however large the batch.
        view: whether the outputs are parts of the first input, and not tensors of their own.
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
        values: numbers beside the inputs and outputs that are alive at the worst moment, as wide as
            those of the network.
        integers: numbers of 64 bits that are.
        view: whether the outputs are parts of the first input, and not tensors of their own.
    """

    values: int = 0
    integers: int = 0
    view: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """A call of an op on which its rules are tested against the frameworks."""

    inputs: tuple[tuple[int, ...], ...]
    given: Mapping[str, object] = field(default_factory=dict)
