"""Graphs for inputs of any spatial size.

The graph of a network is made for several sizes. What differs between them is baked into a file; where only the shapes
of values differ, one file is for all.
"""

from __future__ import annotations

from dataclasses import replace

from resdsl.backends.onnx.form import OnnxForm
from resdsl.backends.onnx.graph import Dims, OnnxGraph, onnx_graph
from resdsl.ir.network import Network
from resdsl.ops.base import Shape, show
from resdsl.ops.records import ShapeError
from resdsl.refusal import Refused

STEPS = (1, 2, 3, 5, 8, 16, 31)
"""What is added to the sizes of the network for the sizes that are tried, beside twice the sizes: no stride divides
all of them."""
OPEN = 21
"""The opset that is tried where the first one that has all operators bakes in a size."""
AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
"""The names of the spatial axes of inputs, by how many they are."""


class SizeBakedIn(Refused):
    """A network is for one size alone."""


def dynamic_graph(network: Network, form: OnnxForm) -> OnnxGraph:
    """The graph of a network for every spatial size that its layers can take.

    Raises:
        SizeBakedIn: a size is baked into a layer, or no other one is possible.
        the errors of `onnx_graph`.
    """
    try:
        return _for_all_sizes(network, form)
    except SizeBakedIn:
        if form.opset is not None:
            raise
    # Operators that spare a Reshape to sizes, such as GroupNormalization; what is baked in even so is to blame.
    return _for_all_sizes(network, replace(form, opset=OPEN))


def _for_all_sizes(network: Network, form: OnnxForm) -> OnnxGraph:
    shapes = {given.name: given.shape for given in network.inputs}
    if not any(shape[1:] for shape in shapes.values()):
        raise SizeBakedIn(f"the inputs of {network.name} have no spatial sizes that could be open")
    first = onnx_graph(network, form)
    others: list[OnnxGraph] = []
    for tried in [{name: _larger(shape, step) for name, shape in shapes.items()} for step in (None, *STEPS)]:
        try:
            others.append(onnx_graph(network, form, tried))
        except ShapeError as error:
            if others:
                continue  # twice the size fits: it is for some of the others, such as multiples of its strides
            raise SizeBakedIn(f"{network.name} cannot take inputs of {_texts(tried)}: {error}") from None
        _expect_alike(network.name, first, others[-1], _texts(tried))
    return _merged(first, others)


def _larger(shape: Shape, step: int | None) -> Shape:
    """Twice the sizes, or the sizes and a step."""
    channels, *sizes = shape
    return (channels, *(size * 2 if step is None else size + step for size in sizes))


def _expect_alike(network: str, graph: OnnxGraph, other: OnnxGraph, size: str) -> None:
    """Refuse a layer that is written in another way for another size."""
    for one, two in zip(graph.nodes, other.nodes, strict=False):
        constants = [[each.constants.get(name) for name in one.inputs] for each in (graph, other)]
        weights = [[each.weights.get(name) for name in one.inputs] for each in (graph, other)]
        if one != two or constants[0] != constants[1] or weights[0] != weights[1]:
            layer = one.path or one.name
            raise SizeBakedIn(f"a size is baked into `{layer}`, a {one.op_type}: for inputs of {size} it differs")
    if len(graph.nodes) != len(other.nodes):
        raise SizeBakedIn(f"{network} has other layers for inputs of {size}")


def _merged(first: OnnxGraph, others: list[OnnxGraph]) -> OnnxGraph:
    """The graph with the sizes that are the same for all; those of inputs have names, and others are open."""

    def known(shape: Dims, rest: list[Dims]) -> Dims:
        return tuple([size if {size} == {each[axis] for each in rest} else None for axis, size in enumerate(shape)])

    def all_known(which: str) -> dict[str, Dims]:
        mine, theirs = getattr(first, which), [getattr(each, which) for each in others]
        return {name: known(shape, [each[name] for each in theirs]) for name, shape in mine.items()}

    alone = len(first.inputs) == 1
    inputs = {name: _named(shape, "" if alone else f"{name}_") for name, shape in first.inputs.items()}
    return replace(first, inputs=inputs, outputs=all_known("outputs"), values=all_known("values"))


def _named(shape: Dims, prefix: str) -> Dims:
    names = AXES.get(len(shape) - 1) or tuple([f"size_{axis}" for axis in range(1, len(shape))])
    return (shape[0], *(f"{prefix}{name}" for name in names))


def _texts(shapes: dict[str, Shape]) -> str:
    return " and ".join(map(show, shapes.values()))
