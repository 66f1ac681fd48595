"""Trained weights from any kind of file, checked against the network before the first value is read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping

from resdsl.ir.network import Network
from resdsl.ir.walk import state
from resdsl.ops.records import Tensor
from resdsl.weights.fitting import Held, compare
from resdsl.weights.reset import reset_prefixes
from resdsl.weights.source import Seeded, Values

PIECE = 1 << 18
"""How many values are read at once."""


class Trained(ABC):
    """A `WeightSource` that reads a file; tensors that the file need not have are as in a fresh network.

    Args:
        file: the name of the file, for messages.
        held: the entries of the file, by full name.
        network: the network, whose names and shapes the file must match.
        reset: modules to initialise from the seed; their tensors in the file are ignored.
        seed: the seed for these modules.

    Raises:
        InvalidReset: the network has no such module.
        WeightsMismatch: the file does not fit the network.
    """

    def __init__(self, file: str, held: Mapping[str, Held], network: Network, reset: tuple[str, ...], seed: int):
        wanted = dict(state(network))
        prefixes = reset_prefixes(reset, wanted)
        self._held = {name: each for name, each in held.items() if not name.startswith(prefixes)}
        self._fresh = Seeded(seed)
        compare(file, self._held, {name: each for name, each in wanted.items() if not name.startswith(prefixes)})

    def pieces(self, name: str, tensor: Tensor) -> Iterator[Values]:
        """See `WeightSource.pieces`. Missing counters are zero."""
        if name in self._held:
            return self._read(name, tensor)
        return self._fresh.pieces(name, tensor)

    @abstractmethod
    def _read(self, name: str, tensor: Tensor) -> Iterator[Values]:
        """See `WeightSource.pieces`; for tensors from the file."""
