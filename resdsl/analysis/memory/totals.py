"""How much memory a network takes, in bytes: to run it, and to train it.

Everything is what eager PyTorch does on the CPU with the module that `to_torch` makes, to the byte: what it
keeps for the backward pass, and what is alive at once without one. What libraries take for themselves (the
workspace of a convolution, the slack of an allocator) is not in it, and what a GPU keeps differs in little:
dropout keeps a mask of bytes there.

Numbers are as wide as the data type; places of maxima are integers of 64 bits whatever it is.
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
    """A data type that memory is not counted for."""

    def __init__(self, dtype: str) -> None:
        super().__init__(f"`{dtype}` is no data type here; there are {', '.join(WIDTHS)}")


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of a network, in bytes, for a batch and a data type.

    Attributes:
        parameters: what is learned.
        buffers: running statistics, and their counters of 64 bits.
        peak: the most that values take at once in a pass for inference, the input included.
        least: the same for a runtime that drops each value once it was read and writes over it where it can.
        saved: what is kept for the backward pass once a forward pass in training is over, the input included.
        gradients: one for each parameter.
        momentum: what SGD with momentum keeps: one number for each parameter.
        adam: what Adam keeps: two numbers for each parameter, its counters of steps aside.
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
        """What a pass for inference takes: parameters, buffers and values."""
        return self.parameters + self.buffers + self.peak

    @property
    def training(self) -> int:
        """What is there when the backward pass begins, with gradients, and without an optimiser's state."""
        return self.parameters + self.buffers + self.saved + self.gradients


def memory(network: Network, batch: int = 1, dtype: str = "float32") -> Memory:
    """The memory of a network whose parameters are all of one data type and all trained.

    Args:
        network: the network.
        batch: how many samples run at once.
        dtype: `float64`, `float32`, `float16`, `bfloat16` or `int8`.

    Raises:
        UnknownDtype: it is none of these.
    """
    width = width_of(dtype)
    costs = network_costs(network)
    parameters = costs.params * width
    return Memory(
        parameters=parameters,
        buffers=costs.buffers * width + costs.counters * _INTEGER,
        peak=network_peak(network, width) * batch,
        least=least_values(network) * width * batch,
        saved=network_kept(network).saved.bytes(batch, width),
        gradients=parameters,
        momentum=parameters,
        adam=2 * parameters,
    )


def width_of(dtype: str) -> int:
    """Bytes of a number of a data type.

    Raises:
        UnknownDtype: there is none of that name.
    """
    for known, width in WIDTHS.items():
        if dtype == known:
            return width
    raise UnknownDtype(dtype)
