"""Trained weights from any kind of file, checked against the network before the first value is read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from resdsl.ir.network import Network
from resdsl.ops.base import Shape
from resdsl.ops.records import Tensor
from resdsl.weights.advice import advice, second_copies
from resdsl.weights.fitting import Held, compare
from resdsl.weights.renaming import table_of
from resdsl.weights.selected import Selected
from resdsl.weights.selection import Selection
from resdsl.weights.source import Seeded, Values

PIECE = 1 << 18
"""How many values are read at once."""


class Trained(ABC):
    """A `WeightSource` that reads a file; tensors that the file need not have are as in a fresh network.

    Args:
        file: the name of the file, for messages.
        dictionaries: what the file holds: the entries of each dictionary by name. Its top has the key "".
        key: that of the dictionary to take.
        network: the network, whose names and shapes the file must match.
        selection: what is taken from the file.
        seed: the seed for modules that are reset.

    Attributes:
        names: the name in the file of each tensor that is taken, by its name in the network.
        notes: what was done or passed over that the user may not expect, in sentences.

    Raises:
        InvalidReset, InvalidIgnore, InvalidRename, InvalidAdaptation: the selection does not suit file and network.
        WeightsMismatch: the file does not fit the network.
    """

    def __init__(
        self,
        file: str,
        dictionaries: Mapping[str, Mapping[str, Held]],
        key: str,
        network: Network,
        selection: Selection,
        seed: int,
    ) -> None:
        self._held = dictionaries[key]
        taken = Selected(self._held, network, selection)
        usual = key if selection.key is None else None

        def advise() -> str | None:
            found = advice(dictionaries, usual, network)
            return found.sentence if found is not None else None

        compare(file, taken.held, taken.wanted, advise)
        self.names: Mapping[str, str] = taken.names
        tables = [note for given in selection.rename for note in table_of(given).notes]
        copies = second_copies(dictionaries, key, network, selection)
        self.notes: tuple[str, ...] = (*taken.adapted.notes, *tables, *copies)
        self._changes = taken.adapted.changes
        self._fresh = Seeded(seed)

    def pieces(self, name: str, tensor: Tensor) -> Iterator[Values]:
        """See `WeightSource.pieces`. Missing counters are zero."""
        if name not in self.names:
            return self._fresh.pieces(name, tensor)
        original = self.names[name]
        if name not in self._changes:
            return self._read(original)
        return iter([self._changed(name, _whole(self._read(original), self._held[original].shape))])

    def _changed(self, name: str, values: Values) -> Values:
        values = values.astype("<f8")
        for change in self._changes[name]:
            values = change(values)
        return values.astype("<f4").reshape(-1)

    @abstractmethod
    def _read(self, name: str) -> Iterator[Values]:
        """The values of a tensor by its name in the file; see `WeightSource.pieces`."""


def _whole(pieces: Iterable[Values], shape: Shape | None) -> Values:
    return np.concatenate([piece.copy() for piece in pieces]).reshape(shape or ())
