"""What a weight file holds, beside the network that it is for: for `resdsl weights`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Protocol

from resdsl.ir.network import Network
from resdsl.ops.base import Shape
from resdsl.ops.records import Tensor
from resdsl.weights.advice import FittingOptions, advice
from resdsl.weights.fitting import Held, Mismatch, mismatches
from resdsl.weights.kind import UnreadableWeights
from resdsl.weights.selected import Selected
from resdsl.weights.selection import Selection


class WeightFile(Protocol):
    """A file of any kind, of which no value has been read."""

    path: Path
    kind: str

    @property
    def held(self) -> Mapping[str, Mapping[str, Held]]:
        """The entries of each dictionary by name; the top of the file has the key ""."""
        ...

    def key_of(self, key: str | None) -> str:
        """The key of the dictionary to take.

        Raises:
            UnreadableWeights: there are no tensors under it, or under none or several of the usual ones.
        """
        ...

    def digest(self, key: str, name: str) -> str | None:
        """The SHA-256 of the values of a tensor in C order as they are stored; None if it has no plain values."""
        ...


@dataclass(frozen=True, slots=True)
class WeightTensor:
    """A tensor of a weight file.

    Attributes:
        name: its name in the file.
        dtype: its dtype as PyTorch names it, or a description of what is no plain tensor.
        shape: its shape; None if it has none.
        sha256: the SHA-256 of its values in C order as they are stored; None if nobody wants it or it has none.
    """

    name: str
    dtype: str
    shape: Shape | None
    sha256: str | None = None

    @property
    def values(self) -> int:
        """The number of its values."""
        return prod(self.shape) if self.shape is not None else 0


@dataclass(frozen=True, slots=True)
class WeightListing:
    """What is in a weight file.

    Attributes:
        file: the name of the file.
        kind: the kind of the file.
        key: the key of the dictionary that is listed; "" for the top of the file.
        keys: how many tensors each dictionary has, by its key.
        tensors: the tensors of the one that is listed, in the order of the file.
    """

    file: str
    kind: str
    key: str
    keys: Mapping[str, int]
    tensors: tuple[WeightTensor, ...]

    @property
    def values(self) -> int:
        """The number of values of all tensors that are listed."""
        return sum([tensor.values for tensor in self.tensors])

    def as_record(self) -> dict[str, Any]:
        """The listing as JSON has it."""
        return {
            "file": self.file,
            "kind": self.kind,
            "key": self.key or None,
            "keys": {key: count for key, count in self.keys.items() if key},
            "values": self.values,
            "tensors": [_record(tensor) for tensor in self.tensors],
        }


@dataclass(frozen=True, slots=True)
class WeightComparison:
    """A weight file beside a network.

    Attributes:
        network: the name of the network.
        wanted: the tensors of the network by name.
        held: the entries of the file by the names that they would have in the network.
        found: everything that does not fit.
        advice: the options with which the file fits; None if there are none worth it.
    """

    network: str
    wanted: Mapping[str, Tensor]
    held: Mapping[str, Held]
    found: tuple[Mismatch, ...]
    advice: FittingOptions | None

    @property
    def fits(self) -> bool:
        """Whether the file fits as it is."""
        return not self.found

    def names(self, kind: str) -> list[str]:
        """The tensors with a mismatch of a kind: `missing`, `unexpected`, `shape` or `dtype`."""
        return [each.name for each in self.found if each.kind == kind]

    def as_record(self) -> dict[str, Any]:
        """The comparison as JSON has it."""
        shapes = {name: (self.held[name].shape, self.wanted[name].shape) for name in self.names("shape")}
        return {
            "network": self.network,
            "fits": self.fits,
            "missing": self.names("missing"),
            "left_over": self.names("unexpected"),
            "other_shapes": [{"name": name, "file": file, "network": own} for name, (file, own) in shapes.items()],
            "other_dtypes": [{"name": name, "file": self.held[name].dtype} for name in self.names("dtype")],
            "advice": None if self.advice is None else self.advice.selection.arguments,
            "drawn": None if self.advice is None else self.advice.drawn,
        }


def listing(file: WeightFile, key: str | None, *, hashes: bool = False) -> WeightListing:
    """The tensors of a weight file.

    Args:
        file: the file.
        key: the dictionary to list; None for the usual one, or the only one.
        hashes: whether to read all values, for their hashes.

    Raises:
        UnreadableWeights: there is no such dictionary, or it is not clear which is meant.
    """
    chosen = file.key_of(key)
    tensors = [
        WeightTensor(name, each.dtype, each.shape, file.digest(chosen, name) if hashes else None)
        for name, each in file.held[chosen].items()
    ]
    counts = {other: len(entries) for other, entries in file.held.items()}
    return WeightListing(file.path.name, file.kind, chosen, counts, tuple(tensors))


def comparison(file: WeightFile, key: str | None, network: Network) -> WeightComparison:
    """A weight file beside a network, with the options that make it fit.

    Args:
        file: the file.
        key: the dictionary to compare; None for the usual one, or else the one that the advice has.
        network: the network.

    Raises:
        UnreadableWeights: there is no such dictionary, or it is not clear which is meant.
    """
    dictionaries = file.held
    try:
        usual: str | None = file.key_of(key)
    except UnreadableWeights:
        usual = None
    if key is not None and usual is not None:
        dictionaries = {usual: dictionaries[usual]}
    found = advice(dictionaries, usual if key is None else None, network)
    chosen = usual if usual is not None else found.selection.key if found is not None else file.key_of(key)
    selected = Selected(dictionaries[chosen or ""], network, Selection())
    wrong = mismatches(selected.held, selected.wanted)
    return WeightComparison(network.name, selected.wanted, selected.held, tuple(wrong), found)


def _record(tensor: WeightTensor) -> dict[str, Any]:
    plain = {"name": tensor.name, "shape": tensor.shape, "dtype": tensor.dtype, "values": tensor.values}
    return plain if tensor.sha256 is None else {**plain, "sha256": tensor.sha256}
