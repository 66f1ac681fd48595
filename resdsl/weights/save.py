"""Writes the weights of a network to a safetensors file piece by piece, without holding a copy of them.

The safetensors library can only write whole tensors, so the few bytes around the values are written here.
"""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np

from resdsl.ir.network import Network
from resdsl.ir.walk import state
from resdsl.ops.records import Tensor
from resdsl.weights.source import WeightSource

_DTYPES = {"int64": ("I64", 8), "float32": ("F32", 4)}
"""The format's names of dtypes and the bytes of a value, in the order of the file layout."""


def write_safetensors(network: Network, path: Path, source: WeightSource) -> int:
    """Write every parameter and buffer under its full name into a file.

    The header lists the tensors in the order of the network. Among the values, counters come first, so that every
    value is aligned to its size, as readers that map files require.

    Returns:
        The size of the file in bytes.

    Raises:
        OSError: the file cannot be written.
    """
    tensors = dict(state(network))
    in_file_order = [(name, tensor) for dtype in _DTYPES for name, tensor in tensors.items() if tensor.dtype == dtype]
    head = _head(tensors, in_file_order)
    with path.open("wb") as file:
        file.write(head)
        for name, tensor in in_file_order:
            _write(file, source, name, tensor)
        return file.tell()


def _head(tensors: dict[str, Tensor], in_file_order: list[tuple[str, Tensor]]) -> bytes:
    """The length and the header, padded with spaces to a multiple of eight bytes."""
    places, end = {}, 0
    for name, tensor in in_file_order:
        start, end = end, end + _size(tensor)
        places[name] = [start, end]
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    for name, tensor in tensors.items():
        header[name] = {"dtype": _DTYPES[tensor.dtype][0], "shape": tensor.shape, "data_offsets": places[name]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _write(file: BinaryIO, source: WeightSource, name: str, tensor: Tensor) -> None:
    written, form = 0, "<i8" if tensor.dtype == "int64" else "<f4"
    for piece in source.pieces(name, tensor):
        written += file.write(np.ascontiguousarray(piece, form).data)
    if written != _size(tensor):
        raise ValueError(f"the source gave {written:,} bytes for `{name}`, not {_size(tensor):,}")


def _size(tensor: Tensor) -> int:
    return prod(tensor.shape) * _DTYPES[tensor.dtype][1]
