"""Trained weights, whatever kind of file they are in: compared with the network before the first is read."""

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
    """A `Source` over a file. What the file need not hold is as in a fresh network.

    Args:
        file: name of the file, for messages.
        held: what it holds, by full name.
        network: what it is to fit, name by name and shape by shape.
        reset: modules that are drawn; what the file holds under them is passed over.
        seed: what they are drawn from.

    Raises:
        InvalidReset: the network has no such module.
        WeightsMismatch: the file is not for this network.
    """

    def __init__(self, file: str, held: Mapping[str, Held], network: Network, reset: tuple[str, ...], seed: int):
        wanted = dict(state(network))
        prefixes = reset_prefixes(reset, wanted)
        self._held = {name: each for name, each in held.items() if not name.startswith(prefixes)}
        self._fresh = Seeded(seed)
        compare(file, self._held, {name: each for name, each in wanted.items() if not name.startswith(prefixes)})

    def pieces(self, name: str, tensor: Tensor) -> Iterator[Values]:
        """As `Source.pieces`. Counters that the file lacks are zero."""
        if name in self._held:
            return self._read(name, tensor)
        return self._fresh.pieces(name, tensor)

    @abstractmethod
    def _read(self, name: str, tensor: Tensor) -> Iterator[Values]:
        """As `Source.pieces`, for what the file holds."""
