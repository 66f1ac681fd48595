"""Networks in our own JSON as plain graphs. Such a file has no weights."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.ir.inference import for_inference
from resdsl.ir.json import InvalidJson, from_json
from resdsl.ir.network import Network, Stage
from resdsl.lifting.check import graph_of
from resdsl.lifting.graph import FileTensor, PlainGraph, PlainNode, TrainingOnly
from resdsl.lifting.refusals import NotReadable
from resdsl.ops.base import Shapes

if TYPE_CHECKING:
    import numpy as np


def read_json(path: Path) -> PlainGraph:
    """The plain graph of a network in JSON, for inference.

    Raises:
        resdsl.ir.json.InvalidJson: the file is no network in JSON.
        resdsl.ir.verify.InvalidNetwork: the network contradicts itself.
        resdsl.ir.walk.TooManyLayers: there are more layers than can be written one by one.
        OSError: the file cannot be read.
    """
    try:
        network = from_json(_text(path))
    except InvalidJson as error:
        raise InvalidJson(f"{path}: {error.path}", error.message) from None
    graph = graph_of(network)
    nodes = tuple([_with_tensors(node, graph.shapes_of(node)) for node in graph.nodes])
    unread = tuple([given.name for given in network.inputs if given.name not in graph.inputs])
    training = _only_in_training(network)
    return replace(graph, nodes=nodes, titles=_titles(network), unread=unread, only_in_training=training)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise NotReadable(f"{path} is no JSON: it is not UTF-8") from None


def _only_in_training(network: Network) -> tuple[TrainingOnly, ...]:
    """The outputs that exist in training only."""
    kept = {tap.name for tap in for_inference(network).outputs}
    return tuple([TrainingOnly("", f"the output `{tap.name}`") for tap in network.outputs if tap.name not in kept])


def _titles(network: Network) -> dict[str, str]:
    return {node.path: node.title for node in network.nodes if isinstance(node, Stage) and node.title}


def _with_tensors(node: PlainNode, shapes: Shapes) -> PlainNode:
    """A layer with its state by name."""
    state = {each.name: (each.at(node.path), each.shape) for each in node.op.state(shapes)}
    tensors = {name: FileTensor(full, shape, partial(_no_values, full)) for name, (full, shape) in state.items()}
    return replace(node, tensors=tensors)


def _no_values(name: str) -> np.ndarray:
    raise NotReadable(f"a network in JSON has no values for `{name}`")
