"""The hash of what a network computes in inference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from resdsl.equality.digests import digest, value_digests
from resdsl.ir.inference import for_inference
from resdsl.ir.network import Network
from resdsl.ir.walk import FlatNetwork
from resdsl.ops.base import Op, Shape


class FlatLayer(NamedTuple):
    """One layer.

    Attributes:
        op: what it computes.
        inputs: the values it reads.
        outputs: the values it yields.
        path: the path of its module.
    """

    op: Op
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    path: str


class FlatGraph(NamedTuple):
    """A network without structure, for inference.

    Attributes:
        inputs: names and shapes of one sample.
        layers: those that outputs depend on, in execution order.
        outputs: the names of outputs and their values.
        shapes: the shapes of all values, of one sample.
    """

    inputs: Mapping[str, Shape]
    layers: Sequence[FlatLayer]
    outputs: tuple[tuple[str, str], ...]
    shapes: Mapping[str, Shape]


def flat_graph(network: Network) -> FlatGraph:
    """A network without its structure, for inference: the layers that its outputs depend on.

    Raises:
        resdsl.ir.walk.TooManyLayers: there are more layers than can be written one by one.
    """
    network = for_inference(network)
    flow = FlatNetwork(network)
    inputs = {given.name: given.shape for given in network.inputs}
    shapes, layers = dict(inputs), []
    for step in flow:
        layers.append(FlatLayer(step.layer.op, step.inputs, step.outputs, step.path))
        shapes.update(zip(step.outputs, step.layer.shapes, strict=True))
    outputs = tuple([(tap.name, flow.resolve(tap.value)) for tap in network.outputs])
    return FlatGraph(inputs, _needed(layers, [value for _, value in outputs]), outputs, shapes)


def _needed(layers: Sequence[FlatLayer], outputs: Sequence[str]) -> list[FlatLayer]:
    wanted, kept = set(outputs), []
    for layer in reversed(layers):
        if not wanted.isdisjoint(layer.outputs):
            wanted.update(layer.inputs)
            kept.append(layer)
    return kept[::-1]


def inference_hash(network: Network) -> str:
    """32 hexadecimal digits, which are equal on every machine for networks that compute the same in inference.

    Modules that are called several times are told from as many modules.

    Raises:
        resdsl.ir.walk.TooManyLayers: there are more layers than can be written one by one.
    """
    graph = flat_graph(network)
    values = value_digests(graph.inputs, graph.layers, graph.shapes)
    calls: dict[str, list[str]] = defaultdict(list)
    for layer in graph.layers:
        if layer.op.state(tuple([graph.shapes[value] for value in layer.inputs])):
            calls[layer.path].append(values[layer.outputs[0]])
    shared = sorted(sorted(made) for made in calls.values() if len(made) > 1)
    return digest("network", [values[value] for _, value in graph.outputs], shared)
