"""Trained weights from a safetensors file, checked against the network before the first is read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from math import prod
from os import PathLike
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from resdsl.ir.network import Network
from resdsl.ir.walk import state
from resdsl.ops.base import Shape
from resdsl.ops.records import Tensor
from resdsl.refusal import Refused
from resdsl.weights.source import Values

PIECE = 1 << 18
"""How many values are read at once."""

_READABLE = {"float32": {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}, "int64": {"I64": "<i8"}}
"""By the network's dtype, the dtypes that it may have in the file, and as what numpy reads them.

Half precision is exact in float32. What would have to be rounded is refused.
"""
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One way in which a file does not fit.

    Attributes:
        kind: `missing` from the file, `unexpected` in it, or there with another `shape` or `dtype`.
        name: the tensor's full name.
        text: the matter in words.
    """

    kind: str
    name: str
    text: str


class WeightsMismatch(Refused):
    """A file of weights that is not for this network.

    Args:
        file: name of the file.
        found: every tensor that does not fit.
    """

    def __init__(self, file: str, found: list[Mismatch]) -> None:
        shown = [f"  {each.text}" for each in found[:_SHOWN]]
        if len(found) > _SHOWN:
            shown.append(f"  and {len(found) - _SHOWN} more")
        super().__init__("\n".join([f"{file} does not hold the weights of this network:", *shown]))
        self.file = file
        self.found = tuple(found)


class UnreadableWeights(Refused):
    """A file that is not of the safetensors format."""


@dataclass(frozen=True, slots=True)
class _Entry:
    dtype: str
    shape: Shape
    start: int


class SafetensorsFile:
    """Weights from a file, half precision made float32. Counters that the file lacks are zero.

    Args:
        path: the file.
        network: what it is to fit, name by name and shape by shape.

    Raises:
        OSError: the file cannot be read.
        UnreadableWeights: it is not of the format.
        WeightsMismatch: it is not for this network.
    """

    def __init__(self, path: str | PathLike[str], network: Network) -> None:
        self._path = Path(path)
        self._entries = _entries(self._path)
        found = list(_mismatches(self._entries, dict(state(network))))
        if found:
            raise WeightsMismatch(self._path.name, found)

    def pieces(self, name: str, tensor: Tensor) -> Iterator[Values]:
        """As `Source.pieces`."""
        count = prod(tensor.shape)
        entry = self._entries.get(name)
        if entry is None:
            yield np.zeros(count, "<i8")
            return
        form = np.dtype(_READABLE[tensor.dtype][entry.dtype])
        with self._path.open("rb", buffering=0) as file:
            file.seek(entry.start)
            for start in range(0, count, PIECE):
                raw = np.fromfile(file, form, min(PIECE, count - start))
                yield _widened(raw, entry.dtype)


def _widened(raw: Values, dtype: str) -> Values:
    if dtype == "BF16":
        # A bfloat16 is the upper half of a float32.
        return (raw.astype("<u4") << 16).view("<f4")
    return raw.astype("<f4") if dtype == "F16" else raw


def _entries(path: Path) -> dict[str, _Entry]:
    """Where each tensor of the file lies; the library checks the header, and we then read it ourselves.

    Its own numpy reader takes whole tensors and knows no bfloat16.
    """
    if path.is_dir():
        raise UnreadableWeights(f"{path.name} is a folder, and no safetensors file")
    try:
        with safe_open(path, framework="numpy"):
            pass
    except SafetensorError as error:
        raise UnreadableWeights(f"{path.name} is no safetensors file: {error}") from None
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    return {
        name: _Entry(entry["dtype"], tuple(entry["shape"]), 8 + length + entry["data_offsets"][0])
        for name, entry in header.items()
        if name != "__metadata__"
    }


def _mismatches(entries: dict[str, _Entry], wanted: dict[str, Tensor]) -> Iterator[Mismatch]:
    strangers = [name for name in entries if name not in wanted]
    missing = [name for name, tensor in wanted.items() if name not in entries and tensor.dtype != "int64"]
    for position, name in enumerate(missing):
        yield Mismatch("missing", name, f"`{name}` is missing{_near(name, strangers, position, 'file')}")
    for name, tensor in wanted.items():
        if name in entries:
            yield from _differences(name, tensor, entries[name])
    for position, name in enumerate(strangers):
        near = "" if missing else _near(name, list(wanted), position, "network")
        yield Mismatch("unexpected", name, f"`{name}` is in the file and not in the network{near}")


def _differences(name: str, tensor: Tensor, entry: _Entry) -> Iterator[Mismatch]:
    if entry.shape != tensor.shape:
        text = f"`{name}` is {_text(entry.shape)} in the file and {_text(tensor.shape)} in the network"
        yield Mismatch("shape", name, text)
    if entry.dtype not in _READABLE[tensor.dtype]:
        may = ", ".join(_READABLE[tensor.dtype])
        yield Mismatch("dtype", name, f"`{name}` is {entry.dtype} in the file; it may be {may}")


def _near(name: str, others: list[str], position: int, place: str) -> str:
    """A name like it, for those that are shown: comparing names is slow."""
    near = get_close_matches(name, others, n=1, cutoff=0.7) if position < _SHOWN else []
    return f"; the {place} has `{near[0]}`" if near else ""


def _text(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "a single number"
