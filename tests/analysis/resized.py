"""A network on another input: the same ops, with shapes inferred anew."""

from __future__ import annotations

from functools import cache

from resdsl.ir.network import INPUT, Body, Call, Layer, NamedShape, Network, Node, Run, Stage, Tap, output_name
from resdsl.ops.base import Shape


def resized(network: Network, sizes: tuple[int, ...], upto: str | None = None) -> Network:
    """The network, or what of it leads to one value, on an input with these spatial sizes.

    Raises:
        ShapeError: it does not run on that.
    """
    (given,) = network.inputs
    shape = (given.shape[0], *sizes)
    nodes = network.nodes
    if upto is not None:
        nodes = nodes[: [node.name for node in nodes].index(upto) + 1]
    outputs = network.outputs if upto is None else (Tap(name="output", value=upto),)
    made = _nodes(nodes, {given.name: shape})
    inputs = (NamedShape(name=given.name, shape=shape),)
    return Network(name=network.name, inputs=inputs, nodes=made, outputs=outputs)


def _nodes(nodes: tuple[Node, ...], shapes: dict[str, Shape]) -> tuple[Node, ...]:
    made: list[Node] = []
    for node in nodes:
        inputs = tuple(shapes[value] for value in node.inputs)
        made.append(_node(node, inputs))
        shapes.update({output_name(node.name, index): shape for index, shape in enumerate(made[-1].shapes)})
    return tuple(made)


def _node(node: Node, inputs: tuple[Shape, ...]) -> Node:
    if isinstance(node, Layer):
        return node.replace(shapes=node.op.infer(inputs))
    if isinstance(node, Call):
        return node.replace(body=_body(node.body, inputs[0]))
    assert isinstance(node, Stage)
    runs, shape = [], inputs[0]
    for run in node.runs:
        body = _body(run.body, shape)
        shape = body.shape
        runs.append(Run(body=body, first=run.first, count=run.count))
    return node.replace(runs=tuple(runs))


@cache
def _body(body: Body, shape: Shape) -> Body:
    nodes = _nodes(body.nodes, {INPUT: shape})
    return Body(origin=body.origin, inputs=(shape,), nodes=nodes, output=body.output)
