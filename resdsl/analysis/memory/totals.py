"""How much memory a network needs to run and to train, in bytes.

The figures are those of eager PyTorch on the CPU with the module that `to_torch` makes, to the byte: what is kept for
the backward pass, and what is alive at once without one. What libraries need for themselves, such as the workspace of a
convolution or the slack of an allocator, is not included. On a GPU little is different: dropout keeps a mask of bytes.

Numbers are as wide as the data type; positions of maxima are always 64-bit integers.
"""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.analysis.costs import network_costs
from resdsl.analysis.dtypes import WIDTHS
from resdsl.analysis.memory.minimum import least_values
from resdsl.analysis.memory.peak import network_peak
from resdsl.analysis.memory.saved import network_kept
from resdsl.ir.network import Network
from resdsl.refusal import Refused

_INTEGER = 8


class UnknownDtype(Refused):
    """Memory is not counted for this data type."""

    def __init__(self, dtype: str) -> None:
        super().__init__(f"unknown data type `{dtype}`; available: {', '.join(WIDTHS)}")


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of a network, in bytes, for a batch and a data type.

    Attributes:
        parameters: the learned parameters.
        buffers: running statistics, and their 64-bit counters.
        peak: the most that values take at once in an inference pass, including the input.
        least: the same for a runtime that drops each value after its last use and overwrites values where possible.
        saved: what is kept for the backward pass after a forward pass in training, including the input.
        gradients: one number for each parameter.
        momentum: the state of SGD with momentum: one number for each parameter.
        adam: the state of Adam: two numbers for each parameter, without its step counters.
    """

    parameters: int
    buffers: int
    peak: int
    least: int
    saved: int
    gradients: int
    momentum: int
    adam: int

    @property
    def inference(self) -> int:
        """The memory for an inference pass: parameters, buffers and values."""
        return self.parameters + self.buffers + self.peak

    @property
    def training(self) -> int:
        """The memory when the backward pass begins, with gradients, but without the state of an optimiser."""
        return self.parameters + self.buffers + self.saved + self.gradients


def memory(network: Network, batch: int = 1, dtype: str = "float32") -> Memory:
    """The memory of a network whose parameters are all of one data type and all trained.

    Args:
        network: the network.
        batch: how many samples run at once.
        dtype: `float64`, `float32`, `float16`, `bfloat16` or `int8`.

    Raises:
        UnknownDtype: the data type is none of these.
    """
    width = width_of(dtype)
    costs = network_costs(network)
    parameters = costs.params * width
    return Memory(
        parameters=parameters,
        buffers=costs.buffers * width + costs.counters * _INTEGER,
        peak=network_peak(network, width, batch),
        least=least_values(network) * width * batch,
        saved=network_kept(network).saved.bytes(batch, width),
        gradients=parameters,
        momentum=parameters,
        adam=2 * parameters,
    )


def width_of(dtype: str) -> int:
    """The bytes of a number of a data type.

    Raises:
        UnknownDtype: there is none of that name.
    """
    for known, width in WIDTHS.items():
        if dtype == known:
            return width
    raise UnknownDtype(dtype)
