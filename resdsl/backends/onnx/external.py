"""Weights in a file beside the model: one of raw values, or a safetensors file that PyTorch loads as well."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from resdsl.backends.onnx.form import OnnxForm, Precision
from resdsl.backends.onnx.graph import OnnxGraph
from resdsl.backends.onnx.tensors import byte_count
from resdsl.ir.network import Network
from resdsl.ir.walk import state, steps
from resdsl.refusal import Refused
from resdsl.weights.file import SafetensorsFile, Stored
from resdsl.weights.source import WeightSource

MOST_INSIDE = 2**31 - 2**27
"""Bytes of weights above which they are beside the model without being asked: the rest of two gibibytes is for it."""
ALIGNMENT = 4096
"""Large tensors start at multiples of it, so that runtimes can map them into memory."""
SMALL = 1 << 16
"""Up to so many bytes, tensors follow each other at multiples of 64."""
DTYPES: Mapping[Precision, str] = {"float32": "F32", "float16": "F16", "bfloat16": "BF16"}
"""The names of types in safetensors files."""


class NotShared(Refused):
    """A model cannot point into a safetensors file."""


@dataclass(frozen=True, slots=True)
class Outside:
    """The place of a weight in another file.

    Attributes:
        location: the path of the file from the folder of the model, with slashes.
        start: the offset of the values in it.
        size: their bytes.
    """

    location: str
    start: int
    size: int


def beside(network: Network, path: Path, source: WeightSource, form: OnnxForm) -> Path | None:
    """The file of weights that is written beside a model; None if they are in it, or in a file that is there."""
    if form.no_weights:
        return None
    if form.external_data == "safetensors":
        shared = shared_file(source)
        if shared is None:
            return path.with_suffix(".safetensors")
        return path.with_name(shared.path.name) if form.copy and _below(shared.path, path.parent) is None else None
    if form.external_data == "raw" or _bytes(network, form.dtype) > MOST_INSIDE:
        return path.with_name(f"{path.name}.data")
    return None


def shared_file(source: WeightSource) -> SafetensorsFile | None:
    """The file that all weights come from as they are, if it is a safetensors file."""
    return source if isinstance(source, SafetensorsFile) and source.unchanged else None


def raw_places(graph: OnnxGraph, location: str) -> dict[str, Outside]:
    """Where the weights are in a file of nothing but their values."""
    places: dict[str, Outside] = {}
    end = 0
    for name, tensor in graph.weights.items():
        size = byte_count(tensor, graph.dtype)
        multiple = ALIGNMENT if size > SMALL else 64
        start = -(-end // multiple) * multiple
        places[name] = Outside(location, start, size)
        end = start + size
    return places


def shared_places(
    graph: OnnxGraph, network: Network, folder: Path, file: Path, entries: Mapping[str, Stored]
) -> dict[str, Outside]:
    """Where the weights are in a safetensors file, for a model in a folder.

    Raises:
        NotShared: the file is not in the folder or below, or holds other values than the model has.
    """
    location = _below(file, folder)
    if location is None:
        raise NotShared(
            f"{file} is not in the folder of the model or below, where ONNX looks for it: have it copied there (--copy)"
        )
    for step in steps(network):
        if step.layer.op.standardises(step.shapes) is not None:
            raise NotShared(
                f"`{step.path}` standardises its weight in each pass, and a model has it standardised already"
            )
    places = {}
    for name, tensor in graph.weights.items():
        entry = entries[name]
        if entry.dtype != DTYPES[graph.dtype]:
            raise NotShared(f"`{name}` is {entry.dtype} in {file.name}, but {DTYPES[graph.dtype]} in the model")
        places[name] = Outside(location, entry.start, byte_count(tensor, graph.dtype))
    return places


def _below(file: Path, folder: Path) -> str | None:
    """The path of a file from a folder, with slashes; None if it is not in the folder or below."""
    try:
        location = os.path.relpath(os.path.realpath(file), os.path.realpath(folder)).replace(os.sep, "/")
    except ValueError:  # on Windows, another drive
        return None
    return None if location.startswith("../") or Path(location).is_absolute() else location


def _bytes(network: Network, dtype: Precision) -> int:
    return sum(byte_count(tensor, dtype) for _, tensor in state(network) if tensor.dtype != "int64")
