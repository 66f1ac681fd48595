"""Trained weights from a safetensors file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from math import prod
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from resdsl.ir.network import Network
from resdsl.ops.base import Shape
from resdsl.weights.fitting import Held
from resdsl.weights.kind import UnreadableWeights, refuse_what_is_no_file
from resdsl.weights.selection import WHOLE, Selection
from resdsl.weights.source import Values
from resdsl.weights.trained import PIECE, Trained

_DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64", "I32": "int32"}
"""PyTorch's names of common dtypes; for others, the name of the format is used."""
_FORMS = {"float32": "<f4", "float16": "<f2", "bfloat16": "<u2", "int64": "<i8"}
"""The numpy dtypes of those that a network accepts."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor in a file: its type by the name of the format, its shape, and the offset and bytes of its values."""

    dtype: str
    shape: Shape
    start: int
    size: int


class SafetensorsFile(Trained):
    """Read weights from a file, converting half precision to float32. Missing counters are zero.

    Attributes:
        path: the file.
        entries: its tensors by the names of the network.
        unchanged: whether all weights of the network are those of the file, as they are there.

    Args:
        path: the file.
        network: the network, whose names and shapes the file must match.
        selection: what is taken from the file.
        seed: the seed for modules that are reset.

    Raises:
        OSError: the file cannot be read.
        UnreadableWeights: the file is not in the safetensors format.
        the errors of `Trained`.
    """

    def __init__(
        self, path: str | PathLike[str], network: Network, selection: Selection = WHOLE, seed: int = 0
    ) -> None:
        file = StoredTensors(Path(path))
        self.path = file.path
        self._stored = file.entries
        super().__init__(self.path.name, file.held, file.key_of(selection.key), network, selection, seed)
        self.entries = {name: self._stored[original] for name, original in self.names.items()}
        self.unchanged = not selection.reset and not selection.adapt

    def _read(self, name: str) -> Iterator[Values]:
        entry = self._stored[name]
        dtype = _DTYPES[entry.dtype]
        form, count = np.dtype(_FORMS[dtype]), prod(entry.shape)
        with self.path.open("rb", buffering=0) as file:
            file.seek(entry.start)
            for start in range(0, count, PIECE):
                raw = np.fromfile(file, form, min(PIECE, count - start))
                yield _widened(raw, dtype)


class StoredTensors:
    """The header of a safetensors file.

    Args:
        path: the file.

    Raises:
        OSError: the file cannot be read.
        UnreadableWeights: the file is not in the safetensors format.
    """

    kind = "safetensors"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries = stored_tensors(path)

    @cached_property
    def held(self) -> dict[str, dict[str, Held]]:
        """The entries, which all are at the top of the file."""
        return {
            "": {name: Held(_DTYPES.get(each.dtype, each.dtype), each.shape) for name, each in self.entries.items()}
        }

    def key_of(self, key: str | None) -> str:
        """The top of the file.

        Raises:
            UnreadableWeights: another dictionary is wanted.
        """
        if key is not None:
            raise UnreadableWeights(f"{self.path.name} is a safetensors file, which has no dictionaries to choose from")
        return ""

    def digest(self, key: str, name: str) -> str:
        """The SHA-256 of the values of a tensor as they are stored."""
        entry, hashed = self.entries[name], sha256()
        with self.path.open("rb") as file:
            file.seek(entry.start)
            left = entry.size
            while left:
                piece = file.read(min(left, PIECE))
                hashed.update(piece)
                left -= len(piece) or left
        return hashed.hexdigest()


def _widened(raw: Values, dtype: str) -> Values:
    if dtype == "bfloat16":
        # A bfloat16 is the upper half of a float32.
        return (raw.astype("<u4") << 16).view("<f4")
    return raw.astype("<f4") if dtype == "float16" else raw


def stored_tensors(path: Path) -> dict[str, Stored]:
    """The position of each tensor in the file; the library validates the header, which is then read here.

    The library's own numpy reader reads whole tensors only and does not support bfloat16.
    """
    refuse_what_is_no_file(path)
    try:
        with safe_open(path, framework="numpy"):
            pass
    except SafetensorError as error:
        raise UnreadableWeights(f"{path.name} is not a valid safetensors file: {error}") from None
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    return {name: _stored(entry, 8 + length) for name, entry in header.items() if name != "__metadata__"}


def _stored(entry: dict[str, Any], values: int) -> Stored:
    """An entry of a header, whose offsets begin with the values."""
    start, end = entry["data_offsets"]
    return Stored(entry["dtype"], tuple(entry["shape"]), values + start, end - start)
