"""ONNX files from which nothing can be known but what is computed."""

from __future__ import annotations

from pathlib import Path

import onnx


def without_metadata(path: Path) -> None:
    """Write a file again without metadata, doc strings, and names of nodes; tensors keep theirs."""
    model = onnx.load(path)
    _strip(model)
    onnx.save(model, path)


def without_names(path: Path) -> None:
    """Write a file again with numbers in place of all names, and without metadata."""
    model = onnx.load(path)
    _strip(model)
    flowing = {node.input[0] for node in model.graph.node if node.input}
    weights = [given for given in model.graph.input if given.name not in flowing]
    stored = [tensor.name for tensor in (*weights, *model.graph.initializer)]
    made = stored + [value for node in model.graph.node for value in node.output]
    names = {name: str(number) for number, name in enumerate(made)}
    for tensor in (*weights, *model.graph.initializer):
        tensor.name = names[tensor.name]
    for node in model.graph.node:
        node.input[:] = [names.get(value, value) for value in node.input]
        node.output[:] = [names.get(value, value) for value in node.output]
    for output in model.graph.output:
        output.name = names[output.name]
    onnx.save(model, path)


def _strip(model: onnx.ModelProto) -> None:
    model.doc_string = model.graph.doc_string = ""
    del model.graph.value_info[:]
    del model.metadata_props[:]
    for node in model.graph.node:
        node.name = node.doc_string = ""
        del node.metadata_props[:]
