"""The same network on inputs of another size: the same layers and weights, every shape inferred anew.

Why it exists: a network that is convolutional up to a global pool can be applied to images larger than those that it
was trained on (He et al. 2015, Section 3.4: the fully-convolutional form). PyTorch modules and ONNX files have sizes
written into some of their ops, so that they are made again from the network in the other size.
"""

from __future__ import annotations

from collections.abc import Mapping

from resdsl.ir.network import Body, Call, Layer, Network, Node, Run, Stage, output_name
from resdsl.ops.base import Shape, Shapes
from resdsl.ops.records import ShapeError
from resdsl.refusal import Refused


class FixedSize(Refused):
    """A network does not take inputs of another size.

    Args:
        name: the network.
        shape: the shape of the input that it does not take.
        reason: why.
    """

    def __init__(self, name: str, shape: Shape, reason: str) -> None:
        super().__init__(f"`{name}` cannot take inputs of {'x'.join(map(str, shape))}: {reason}")


def with_input(network: Network, shape: Shape) -> Network:
    """A network of one input, applied to inputs of another shape.

    It has no expectations, since those in the text are about the network as written.

    Raises:
        FixedSize: a layer cannot take what it would read, or would have weights of other shapes.
    """
    if len(network.inputs) != 1:
        raise FixedSize(network.name, shape, "it has several inputs")
    given = network.inputs[0]
    if given.shape == shape:
        return network
    try:
        nodes = _Resizing({}).graph(network.nodes, network.values, {given.name: shape})
    except _Unfit as unfit:
        raise FixedSize(network.name, shape, str(unfit)) from None
    return network.replace(inputs=(given.replace(shape=shape),), nodes=nodes, expectations=())


class _Unfit(Exception):
    """What does not fit, where."""


class _Resizing:
    """Makes graphs anew; each body once for each of the shapes that it is called with."""

    def __init__(self, known: dict[tuple[Body, Shapes], Body]) -> None:
        self._known = known

    def graph(self, nodes: tuple[Node, ...], before: Mapping[str, Shape], values: dict[str, Shape]) -> tuple[Node, ...]:
        """The nodes of a graph; `values` has the shapes of what it reads, and gets those of what it yields."""
        new: list[Node] = []
        for node in nodes:
            read = tuple([values[value] for value in node.inputs])
            made = self._node(node, tuple([before[value] for value in node.inputs]), read)
            values.update((output_name(node.name, index), shape) for index, shape in enumerate(made.shapes))
            new.append(made)
        return tuple(new)

    def _node(self, node: Node, before: Shapes, read: Shapes) -> Node:
        if isinstance(node, Layer):
            return _layer(node, before, read)
        if isinstance(node, Call):
            return node.replace(body=self._body(node.path, node.body, read))
        return self._stage(node, read)

    def _stage(self, stage: Stage, read: Shapes) -> Stage:
        (flowing, *beside), runs = read, []
        for run in stage.runs:
            left = run.indices
            while left:
                body = self._body(f"{stage.path}.{left.start}", run.body, (flowing, *beside))
                count = len(left) if body.shape == flowing else 1
                runs.append(Run(body=body, first=left.start, count=count))
                left, flowing = left[count:], body.shape
        return stage.replace(runs=tuple(runs))

    def _body(self, path: str, body: Body, read: Shapes) -> Body:
        if body.inputs == read:
            return body
        if (body, read) not in self._known:
            try:
                nodes = self.graph(body.nodes, body.values, body.entered(read))
            except _Unfit as unfit:
                raise _Unfit(f"{path}.{unfit}") from None
            self._known[body, read] = body.replace(inputs=read, nodes=nodes)
        return self._known[body, read]


def _layer(layer: Layer, before: Shapes, read: Shapes) -> Layer:
    try:
        shapes = layer.op.infer(read)
    except ShapeError as error:
        raise _Unfit(f"{layer.path}: {error.message}") from None
    if layer.op.state(read) != layer.op.state(before):
        raise _Unfit(
            f"{layer.path}: its weights are for inputs of {' and '.join(map(_text, before))}, not of "
            f"{' and '.join(map(_text, read))}"
        )
    return layer.replace(shapes=shapes)


def _text(shape: Shape) -> str:
    return "x".join(map(str, shape))
