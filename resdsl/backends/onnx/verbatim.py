"""Weights that a safetensors file has in the very bytes of the model: the system copies them from file to file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from resdsl.backends.onnx.external import DTYPES
from resdsl.backends.onnx.model import FileLayout, Slot
from resdsl.ir.network import Network
from resdsl.ir.walk import steps
from resdsl.weights.file import SafetensorsFile


def copy_verbatim(layout: FileLayout, path: Path, source: SafetensorsFile, network: Network) -> FileLayout:
    """Fill slots of a file whose bytes another file has; returns the layout of those that are left.

    Where the system does not copy between files, or fails at it, all are left.
    """
    if not hasattr(os, "copy_file_range"):
        return layout
    copies = list(_verbatim(layout, source, network))
    with suppress(OSError), source.path.open("rb") as read, path.open("r+b") as written:
        for slot, start in copies:
            os.pwrite(written.fileno(), slot.head, slot.start)
            if not _copied(read.fileno(), written.fileno(), slot.size, start, slot.end - slot.size):
                return layout
        done = {slot.name for slot, _ in copies}
        return replace(layout, slots=tuple(slot for slot in layout.slots if slot.name not in done))
    return layout


def _verbatim(layout: FileLayout, source: SafetensorsFile, network: Network) -> Iterator[tuple[Slot, int]]:
    """The slots, each with the offset of its values in the safetensors file."""
    made = {f"{step.path}.weight" for step in steps(network) if step.layer.op.standardises(step.shapes) is not None}
    for slot in layout.slots:
        entry = source.entries.get(slot.name)
        if entry is not None and entry.dtype == DTYPES[layout.dtype] and slot.name not in made:
            yield slot, entry.start


def _copied(read: int, written: int, size: int, start: int, at: int) -> bool:
    """Copy bytes between files; false if the first one ends before."""
    while size:
        count = os.copy_file_range(read, written, size, start, at)
        if not count:
            return False
        size, start, at = size - count, start + count, at + count
    return True
