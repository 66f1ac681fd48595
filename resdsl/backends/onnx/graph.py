"""The ONNX graph of a network, as plain records: which nodes, which names, which tensors.

Names are those of the flat view (`resdsl.ir.walk`): a value bears the name of the layer that yields it,
an initialiser the full name of the tensor (`layer1.0.conv1.weight`), and a node the name of what it
yields. Where an op becomes several nodes, the last has the layer's name and the others add their
operator to it: `fc/Flatten`, then `fc`. A small constant is called by its node and operand: `pad/1`.
An output's name is the one it has in the network.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from resdsl.ir.network import Network
from resdsl.ir.walk import FlatNetwork, Step
from resdsl.ops.base import Op, Shape, Shapes
from resdsl.ops.forms import OnnxConstant, OnnxNode
from resdsl.ops.records import Tensor


@dataclass(slots=True)
class NamedNode:
    """An ONNX node with the names of its operands and outputs."""

    name: str
    op_type: str
    inputs: list[str]
    outputs: list[str]
    attributes: Mapping[str, int | float | str | tuple[int, ...]]


@dataclass(slots=True)
class OnnxGraph:
    """Everything in an ONNX graph but the numbers.

    Attributes:
        name: the network's name.
        nodes: in execution order.
        inputs: names and shapes of one sample.
        outputs: names and shapes of one sample.
        values: names and shapes of the values in between.
        fixed: names and whole shapes of values that are made of weights alone, and so have no batch.
        weights: the state that the nodes use, by full name, in the order of use.
        constants: small operands by name.
    """

    name: str
    nodes: list[NamedNode] = field(default_factory=list)
    inputs: dict[str, Shape] = field(default_factory=dict)
    outputs: dict[str, Shape] = field(default_factory=dict)
    values: dict[str, Shape] = field(default_factory=dict)
    fixed: dict[str, Shape] = field(default_factory=dict)
    weights: dict[str, Tensor] = field(default_factory=dict)
    constants: dict[str, OnnxConstant] = field(default_factory=dict)


def onnx_graph(network: Network) -> OnnxGraph:
    """The ONNX graph of a network, for inference: batch norm stays unless it was folded before, dropout goes.

    Raises:
        resdsl.ir.walk.TooManyLayers: repeats are written out in ONNX, and there are too many of them.
    """
    graph = OnnxGraph(network.name, inputs={given.name: given.shape for given in network.inputs})
    writer = _Writer(graph)
    flow = FlatNetwork(network)
    for step in flow:
        writer.add(step)
    shapes = network.values
    visible = [(tap.name, flow.resolve(tap.value), shapes[tap.value]) for tap in network.outputs]
    _name_outputs(graph, visible)
    return graph


class _Writer:
    """Adds the nodes of one step after another; what ops are the same is asked once."""

    def __init__(self, graph: OnnxGraph) -> None:
        self._graph = graph
        self._forms: dict[tuple[Op, Shapes], tuple[OnnxNode, ...]] = {}
        self._states: dict[tuple[Op, Shapes], dict[str, Tensor]] = {}

    def add(self, step: Step) -> None:
        """Add the nodes of a layer, its constants and the state that it uses."""
        graph, before = self._graph, ""
        key = step.layer.op, step.shapes
        if key not in self._forms:
            self._forms[key] = step.layer.op.onnx(step.shapes)
            self._states[key] = {tensor.name: tensor for tensor in step.layer.op.state(step.shapes)}
        forms, tensors = self._forms[key], self._states[key]
        for name, outputs, form in _named(step, forms):
            inputs: list[str] = []
            for operand in form.inputs:
                if isinstance(operand, OnnxConstant):
                    inputs.append(f"{name}/{len(inputs)}")
                    graph.constants[inputs[-1]] = operand
                elif operand[1:-1] in tensors:
                    inputs.append(f"{step.path}.{operand[1:-1]}")
                    graph.weights[inputs[-1]] = tensors[operand[1:-1]]
                else:
                    inputs += _values(operand, step, before)
            graph.nodes.append(NamedNode(name, form.op_type, inputs, outputs, form.attributes))
            shapes = step.layer.shapes if form is forms[-1] else form.yields
            known = graph.values if self._of_samples(inputs) else graph.fixed
            known.update(zip(outputs, shapes, strict=True))
            before = outputs[0]

    def _of_samples(self, inputs: Sequence[str]) -> bool:
        """Whether any operand is a value that has a batch."""
        return any(value in self._graph.values or value in self._graph.inputs for value in inputs)


def _named(step: Step, forms: tuple[OnnxNode, ...]) -> Iterator[tuple[str, list[str], OnnxNode]]:
    """The nodes of a layer with their names and the names of what they yield."""
    met: Counter[str] = Counter()
    for form in forms[:-1]:
        met[form.op_type] += 1
        again = f"_{met[form.op_type]}" if met[form.op_type] > 1 else ""
        name = f"{step.outputs[0]}/{form.op_type}{again}"
        yield name, [name, *(f"{name}:{index}" for index in range(1, form.outputs))], form
    yield step.outputs[0], list(step.outputs), forms[-1]


def _values(operand: str, step: Step, before: str) -> tuple[str, ...]:
    """The values that an operand of a form stands for."""
    if operand == "{inputs}":
        return step.inputs
    if operand == "{<}":
        return (before,)
    position = re.fullmatch(r"\{(\d+)\}", operand)
    if position:
        return (step.inputs[int(position[1])],)
    if operand == "":
        return ("",)
    raise ValueError(f"`{step.layer.op.op}` has no operand {operand!r}")


def _name_outputs(graph: OnnxGraph, visible: list[tuple[str, str, Shape]]) -> None:
    """Give the outputs their names.

    A value that is only shown is yielded under the output's name. One that is also read, or shown
    twice, or an input, keeps its own and is copied: ONNX has one name for a value.
    """
    uses = Counter(value for node in graph.nodes for value in node.inputs)
    uses.update(value for _, value, _ in visible)
    uses.update(list(graph.inputs))
    renamed = {value: name for name, value, _ in visible if uses[value] == 1}
    taken = {name for name, value, _ in visible if name != value}
    for value in graph.values:
        if value in taken and value not in renamed:
            # The value of a layer that is called like an output which shows another value.
            renamed[value] = f"{value}/value"
    for node in graph.nodes:
        node.inputs = [renamed.get(value, value) for value in node.inputs]
        node.outputs = [renamed.get(value, value) for value in node.outputs]
    for name, value, shape in visible:
        source = renamed.get(value, value)
        graph.outputs[name] = shape
        if source != name:
            graph.nodes.append(NamedNode(f"{name}/Identity", "Identity", [source], [name], {}))
    named = ((renamed.get(value, value), shape) for value, shape in graph.values.items())
    graph.values = {value: shape for value, shape in named if value not in graph.outputs}
