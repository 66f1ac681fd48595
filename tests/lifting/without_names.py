"""ONNX files from which nothing can be known but what is computed."""

from __future__ import annotations

from pathlib import Path

import onnx


def without_names(path: Path) -> None:
    """Write a file again with numbers in place of all names, and without metadata."""
    model = onnx.load(path)
    made = [tensor.name for tensor in model.graph.initializer] + [value for n in model.graph.node for value in n.output]
    names = {name: str(number) for number, name in enumerate(made)}
    for tensor in model.graph.initializer:
        tensor.name = names[tensor.name]
    for node in model.graph.node:
        node.name = ""
        del node.metadata_props[:]
        node.input[:] = [names.get(value, value) for value in node.input]
        node.output[:] = [names.get(value, value) for value in node.output]
    for output in model.graph.output:
        output.name = names[output.name]
    del model.graph.value_info[:]
    del model.metadata_props[:]
    onnx.save(model, path)
