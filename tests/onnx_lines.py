"""ONNX files without the lines of the text that their nodes come from, which networks in JSON and points lack."""

from __future__ import annotations

from pathlib import Path

import onnx


def without_lines(path: Path) -> onnx.ModelProto:
    """The model in a file, less what it says of the lines of its text."""
    model = onnx.load(path)
    for holder in (model, *model.graph.node):
        kept = [entry for entry in holder.metadata_props if entry.key != "resdsl.line"]
        del holder.metadata_props[:]
        holder.metadata_props.extend(kept)
    return model
