"""A network's weights as a safetensors file, written piece by piece: no copy of them is ever held.

The library that reads the format writes it from whole tensors only, so that the few bytes around the values
are framed here.
"""

from __future__ import annotations

import json
from math import prod
from os import PathLike
from typing import BinaryIO

import numpy as np

from resdsl.files import replacing
from resdsl.ir.network import Network
from resdsl.ir.walk import state
from resdsl.ops.records import Tensor
from resdsl.weights.source import WeightSource

_DTYPES = {"int64": ("I64", 8), "float32": ("F32", 4)}
"""The format's names, and bytes of a value; in the order in which they are laid out."""


def write_safetensors(network: Network, path: str | PathLike[str], source: WeightSource) -> int:
    """Write every parameter and buffer under its full name. The file is there whole or not at all.

    The header has the tensors in the network's order. Among the values counters come first, so that each
    stands at a multiple of its size, as readers that map files ask for.

    Returns:
        Bytes of the file.

    Raises:
        OSError: it cannot be written.
    """
    tensors = dict(state(network))
    laid_out = [(name, tensor) for dtype in _DTYPES for name, tensor in tensors.items() if tensor.dtype == dtype]
    head = _head(tensors, laid_out)
    with replacing(path) as new, new.open("wb") as file:
        file.write(head)
        for name, tensor in laid_out:
            _write(file, source, name, tensor)
        return file.tell()


def _head(tensors: dict[str, Tensor], laid_out: list[tuple[str, Tensor]]) -> bytes:
    """Length and header; spaces fill it up to a multiple of eight bytes."""
    places, end = {}, 0
    for name, tensor in laid_out:
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
