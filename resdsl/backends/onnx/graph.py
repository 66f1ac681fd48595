"""The ONNX graph of a network as plain records: nodes, names and tensors.

Names are those of the flat view (`resdsl.ir.walk`): a value has the name of the layer that yields it, an initialiser
the full name of the tensor (`layer1.0.conv1.weight`), and a node the name of its output. If an op becomes several
nodes, the last has the name of the layer and the others append their operator to it: `fc/Flatten`, then `fc`. A small
constant is named by its node and operand: `pad/1`. Where a parameter has the name of its layer, the value is called
`layer_scale/value`. An output keeps its name from the network.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from resdsl.backends.onnx.form import USUAL, WITHOUT_BFLOAT16, OnnxForm, Precision, UnfitOptions
from resdsl.backends.onnx.metadata import about, places_of
from resdsl.backends.onnx.opsets import least_opset, onnx_form
from resdsl.backends.onnx.softmax import with_softmax
from resdsl.backends.onnx.training import refuse_untrained
from resdsl.ir.inference import for_inference
from resdsl.ir.network import Network
from resdsl.ir.walk import FlatNetwork, Step
from resdsl.ops.base import Op, Shape, Shapes
from resdsl.ops.forms import OnnxConstant, OnnxNode
from resdsl.ops.records import Tensor

Dims = tuple[int | str | None, ...]
"""The shape of a sample where a size may be open, with a name or without."""


@dataclass(slots=True)
class NamedNode:
    """An ONNX node with the names of its operands and outputs, the path of the module that it is of, and the domain of
    its operator.
    """

    name: str
    op_type: str
    inputs: list[str]
    outputs: list[str]
    attributes: Mapping[str, int | float | str | tuple[int, ...] | OnnxConstant]
    path: str = ""
    domain: str = ""


@dataclass(frozen=True, slots=True)
class OnnxFunction:
    """A function of a model, with the names of its values."""

    name: str
    inputs: list[str]
    outputs: list[str]
    nodes: list[NamedNode]


@dataclass(slots=True)
class OnnxGraph:
    """An ONNX graph without the values of its weights.

    Attributes:
        name: the network's name.
        opset: the version of the operators.
        nodes: in execution order.
        dtype: the type of weights and values.
        batch: the size of the batch; None if it is open.
        inputs: names and shapes of one sample.
        outputs: names and shapes of one sample.
        values: names and shapes of intermediate values.
        fixed: names and full shapes of values computed from weights alone, which have no batch axis.
        weights: the state that the nodes use, by full name, in the order of use.
        renamed: the names in the file of weights whose full names are those of outputs.
        constants: small operands by name.
        updated: names and shapes of outputs that are new values of weights, in training.
        functions: what nodes of other domains stand for.
        places: what metadata says of the nodes of each call, by its path.
        about: what they say of the network.
    """

    name: str
    opset: int
    nodes: list[NamedNode] = field(default_factory=list)
    dtype: Precision = "float32"
    batch: int | None = None
    inputs: dict[str, Dims] = field(default_factory=dict)
    outputs: dict[str, Dims] = field(default_factory=dict)
    values: dict[str, Dims] = field(default_factory=dict)
    fixed: dict[str, Shape] = field(default_factory=dict)
    weights: dict[str, Tensor] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    constants: dict[str, OnnxConstant] = field(default_factory=dict)
    updated: dict[str, Shape] = field(default_factory=dict)
    functions: list[OnnxFunction] = field(default_factory=list)
    places: dict[str, dict[str, str]] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)
    lines: Callable[[str], str | None] | None = field(default=None, compare=False)


def onnx_graph(network: Network, form: OnnxForm = USUAL, sizes: Mapping[str, Shape] | None = None) -> OnnxGraph:
    """The ONNX graph of a network for inference, without heads that exist in training only.

    Batch norm is kept unless folded before, and dropout is dropped.

    Args:
        network: the network.
        form: what is asked of the file.
        sizes: other shapes of the inputs, for which the same layers are applied.

    Raises:
        resdsl.backends.onnx.training.NoTrainingForm: training needs what a file does not have.
        resdsl.backends.onnx.opsets.OpsetTooOld: an op has no form in the opset.
        UnfitOptions: an operator that it needs does not take the type.
        resdsl.backends.onnx.softmax.AlreadyNormalised: the last output is a softmax already.
        resdsl.ops.records.ShapeError: a layer cannot take the sizes.
        resdsl.ir.walk.TooManyLayers: written out as ONNX requires, the repeats are too many layers.
    """
    if form.training:
        refuse_untrained(network)
    else:
        network = for_inference(network)
    if form.softmax:
        network = with_softmax(network)
    opset = form.opset or max(form.least, least_opset(network, training=form.training))
    shapes: dict[str, Shape] = {given.name: given.shape for given in network.inputs}
    if sizes is not None:
        shapes.update(sizes)
    graph = OnnxGraph(network.name, opset, dtype=form.dtype, batch=form.batch, inputs=dict(shapes))
    writer, flow = _Writer(graph, training=form.training), FlatNetwork(network)
    for step in flow if sizes is None else _resized(flow, shapes):
        writer.add(step)
        shapes.update(zip(step.outputs, step.layer.shapes, strict=True))
    _refuse_type(graph)
    taps = [(tap.name, flow.resolve(tap.value)) for tap in network.outputs]
    _name_outputs(graph, [(name, writer.value(value), shapes[value]) for name, value in taps])
    graph.places, graph.about, graph.lines = places_of(network), about(network), form.lines
    return graph


def _refuse_type(graph: OnnxGraph) -> None:
    """Refuse a graph with an operator that does not take its type.

    Raises:
        UnfitOptions: there is one.
    """
    node = next((node for node in graph.nodes if node.op_type in WITHOUT_BFLOAT16), None)
    if node is not None and graph.dtype == "bfloat16":
        raise UnfitOptions(
            f"`{node.path or node.name}` is written as {node.op_type}, which takes float16 and no bfloat16"
        )


def _resized(steps: Iterable[Step], shapes: Mapping[str, Shape]) -> Iterator[Step]:
    """The same layers with the shapes that they have for other inputs; `shapes` has those of all values so far."""
    for step in steps:
        inputs = tuple([shapes[value] for value in step.inputs])
        yield step._replace(shapes=inputs, layer=step.layer.replace(shapes=step.layer.op.infer(inputs)))


class _Writer:
    """Adds the nodes of one step after another; equal ops are translated once."""

    def __init__(self, graph: OnnxGraph, *, training: bool) -> None:
        self._graph = graph
        self._training = training
        self._forms: dict[tuple[Op, Shapes], tuple[OnnxNode, ...]] = {}
        self._states: dict[tuple[Op, Shapes], dict[str, Tensor]] = {}
        self._values: dict[str, str] = {}

    def value(self, name: str) -> str:
        """The name in the graph of a value of the flat view."""
        return self._values.get(name, name)

    def add(self, step: Step) -> None:
        """Add the nodes of a layer, its constants and its weights."""
        graph, before = self._graph, [""]
        key = step.layer.op, step.shapes
        if key not in self._forms:
            self._forms[key] = onnx_form(step.layer.op, step.shapes, graph.opset, training=self._training)
            self._states[key] = {tensor.name: tensor for tensor in step.layer.op.state(step.shapes)}
        forms, tensors = self._forms[key], self._states[key]
        if any(tensor.alone for tensor in tensors.values()):
            self._values[step.outputs[0]] = f"{step.outputs[0]}/value"
        if self._values:
            step = step._replace(inputs=self._named(step.inputs), outputs=self._named(step.outputs))
        for name, outputs, form in _named(step, forms):
            inputs: list[str] = []
            for operand in form.inputs:
                if isinstance(operand, OnnxConstant):
                    inputs.append(f"{name}/{len(inputs)}")
                    graph.constants[inputs[-1]] = operand
                elif operand[1:-1] in tensors:
                    tensor = tensors[operand[1:-1]]
                    inputs.append(tensor.at(step.path))
                    graph.weights[inputs[-1]] = tensor
                else:
                    inputs += _values(operand, step, before)
            outputs += self._updated(name, form, tensors)
            graph.nodes.append(NamedNode(name, form.op_type, inputs, outputs, form.attributes, step.path))
            shapes = step.layer.shapes if form is forms[-1] else form.yields
            known = graph.values if self._of_samples(inputs) else graph.fixed
            known.update(zip(outputs, shapes, strict=False))
            before.append(outputs[0])

    def _updated(self, node: str, form: OnnxNode, tensors: Mapping[str, Tensor]) -> list[str]:
        """The names of the outputs of a node that are new values of its tensors."""
        updated = {f"{node}/{name}": tensors[name].shape for name in form.updates}
        self._graph.updated.update(updated)
        return list(updated)

    def _named(self, names: Sequence[str]) -> tuple[str, ...]:
        return tuple([self.value(name) for name in names])

    def _of_samples(self, inputs: Sequence[str]) -> bool:
        """Whether any operand is a value with a batch axis."""
        return any(value in self._graph.values or value in self._graph.inputs for value in inputs)


def _named(step: Step, forms: tuple[OnnxNode, ...]) -> Iterator[tuple[str, list[str], OnnxNode]]:
    """The nodes of a layer with their names and the names of their outputs."""
    met: Counter[str] = Counter()
    for form in forms[:-1]:
        met[form.op_type] += 1
        again = f"_{met[form.op_type]}" if met[form.op_type] > 1 else ""
        name = f"{step.outputs[0]}/{form.op_type}{again}"
        yield name, [name, *(f"{name}:{index}" for index in range(1, form.outputs))], form
    yield step.outputs[0], list(step.outputs), forms[-1]


def _values(operand: str, step: Step, before: Sequence[str]) -> tuple[str, ...]:
    """The values that an operand of a form refers to; `before` has the first outputs of the nodes so far."""
    if operand == "{inputs}":
        return step.inputs
    if operand in _BEFORE:
        return (before[_BEFORE[operand]],)
    position = re.fullmatch(r"\{(\d+)\}", operand)
    if position:
        return (step.inputs[int(position[1])],)
    if operand == "":
        return ("",)
    raise ValueError(f"`{step.layer.op.op}` does not have an operand {operand!r}")


_BEFORE = {"{<}": -1, "{<<}": -2}


def _name_outputs(graph: OnnxGraph, visible: Sequence[tuple[str, str, Dims]]) -> None:
    """Name the outputs.

    A value that is only an output gets the name of the output. A value that is also read, is an output twice, or is
    an input, keeps its name and is copied, since a value in ONNX has only one name.
    """
    # A parameter of the network itself may be called like an output; only the output must keep its name.
    graph.renamed = {name: f"{name}/{graph.weights[name].name}" for name, _, _ in visible if name in graph.weights}
    for node in graph.nodes:
        node.inputs = [graph.renamed.get(name, name) for name in node.inputs]
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
