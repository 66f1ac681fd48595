"""Networks made by hand, without the language: what tests of the IR and of its outputs run on."""

from __future__ import annotations

from functools import cache
from typing import Literal

from resdsl.ir.network import (
    INPUT,
    Argument,
    Body,
    Call,
    Layer,
    NamedShape,
    Network,
    Node,
    Origin,
    Role,
    Run,
    Stage,
    Tap,
    output_name,
)
from resdsl.ops.base import Shape, Shapes
from resdsl.ops.registry import op_named

Joins = Literal["residual", "gate", "parallel"]


class Graph:
    """A graph in the making: each method adds a node and returns the name of its first output."""

    def __init__(self, **inputs: Shape) -> None:
        self.inputs = inputs
        self.shapes = dict(inputs)
        self.nodes: list[Node] = []

    def layer(
        self,
        op: str,
        *inputs: str,
        name: str,
        path: str | None = None,
        role: Role = "main",
        joins: Joins | None = None,
        **given: object,
    ) -> str:
        reads = inputs or (self.last,)
        shapes = tuple(self.shapes[value] for value in reads)
        kind = op_named(op)
        made = kind.build(given, shapes)
        return self._add(
            Layer(
                name=name, path=path or name, op=made, inputs=reads, shapes=made.infer(shapes), role=role, joins=joins
            )
        )

    def call(self, body: Body, *inputs: str, name: str, path: str | None = None, role: Role = "main") -> str:
        return self._add(Call(name=name, path=path or name, body=body, inputs=inputs or (self.last,), role=role))

    def stage(self, *runs: tuple[Body, int], name: str, title: str | None = None) -> str:
        made, first = [], 0
        for body, count in runs:
            made.append(Run(body=body, first=first, count=count))
            first += count
        return self._add(Stage(name=name, path=name, title=title, runs=tuple(made), inputs=(self.last,)))

    @property
    def last(self) -> str:
        return self.nodes[-1].name if self.nodes else next(iter(self.inputs))

    def body(self, name: str, kind: Literal["block", "bracket", "shortcut"] = "block", **arguments: int) -> Body:
        given = tuple(Argument(name=each, value=value) for each, value in arguments.items())
        return Body(
            origin=Origin(kind=kind, name=name, arguments=given),
            inputs=tuple(self.inputs.values()),
            nodes=tuple(self.nodes),
            output=self.last,
        )

    def network(self, name: str, **taps: str) -> Network:
        outputs = (*(Tap(name=tap, value=value) for tap, value in taps.items()), Tap(name="output", value=self.last))
        inputs = tuple(NamedShape(name=each, shape=shape) for each, shape in self.inputs.items())
        return Network(name=name, inputs=inputs, nodes=tuple(self.nodes), outputs=outputs)

    def _add(self, node: Node) -> str:
        self.nodes.append(node)
        for index, shape in enumerate(node.shapes):
            self.shapes[output_name(node.name, index)] = shape
        return node.name


def projection(shape: Shape, out: int, stride: int) -> Body:
    graph = Graph(input=shape)
    graph.layer("conv", name="0", kernel=1, out=out, stride=stride)
    graph.layer("bn", name="1")
    return graph.body("B", "shortcut", out=out, stride=stride)


@cache
def basic(shape: Shape, width: int, stride: int = 1) -> Body:
    """The basic block of He et al. 2015, Figure 5, with torchvision's names."""
    graph = Graph(input=shape)
    graph.layer("conv", name="conv1", kernel=3, out=width, stride=stride)
    graph.layer("bn", name="bn1")
    graph.layer("relu", name="relu")
    graph.layer("conv", name="conv2", kernel=3, out=width)
    end = graph.layer("bn", name="bn2")
    beside = INPUT
    if stride != 1 or shape[0] != width:
        beside = graph.call(projection(shape, width, stride), INPUT, name="downsample", role="shortcut")
    graph.layer("add", end, beside, name="add", joins="residual")
    graph.layer("relu", name="relu2")
    return graph.body("basic", width=width, stride=stride)


def resnet(depths: tuple[int, ...], *, width: int, size: int, classes: int, imagenet: bool) -> Network:
    """A residual network of basic blocks, with the stem of ImageNet or of CIFAR."""
    graph = Graph(input=(3, size, size))
    graph.layer("conv", name="conv1", kernel=7 if imagenet else 3, out=width, stride=2 if imagenet else 1)
    graph.layer("bn", name="bn1")
    graph.layer("relu", name="relu")
    if imagenet:
        graph.layer("maxpool", name="maxpool", kernel=3, stride=2)
    for index, depth in enumerate(depths):
        first = basic(graph.shapes[graph.last], width << index, 1 if index == 0 else 2)
        runs = [(first, 1)]
        if depth > 1:
            runs = [(first, 1), (basic(first.shape, width << index), depth - 1)]
            runs = [(first, depth)] if runs[0][0] == runs[1][0] else runs
        graph.stage(*runs, name=f"layer{index + 1}", title=f"conv{index + 2}_x")
    graph.layer("avgpool", name="avgpool", kernel="global")
    graph.layer("fc", name="fc", out=classes)
    return graph.network("resnet")


def small() -> Network:
    """Stem, two stages, head: 6 blocks on 3x32x32."""
    return resnet((2, 4), width=8, size=32, classes=10, imagenet=False)


def resnet34() -> Network:
    """He et al. 2015, Table 1."""
    return resnet((3, 4, 6, 3), width=64, size=224, classes=1000, imagenet=True)


def squeeze_excite(shape: Shape) -> Body:
    graph = Graph(input=shape)
    graph.layer("avgpool", name="avgpool", kernel="global", role="gate")
    graph.layer("conv", name="conv1", kernel=1, out=max(shape[0] // 2, 1), bias=True, role="gate")
    graph.layer("relu", name="relu", role="gate")
    graph.layer("conv", name="conv2", kernel=1, out=shape[0], bias=True, role="gate")
    graph.layer("sigmoid", name="sigmoid", role="gate")
    graph.layer("mul", INPUT, "sigmoid", name="mul", joins="gate")
    return graph.body("squeeze_excite")


def branches() -> Network:
    """Taps, a split, concatenation, a gate in a shortcut, dotted labels that interleave."""
    graph = Graph(image=(3, 16, 12))
    graph.layer("conv", name="features.0", kernel=3, out=8, stride=2)
    graph.layer("split", name="split", parts=2)
    graph.layer("conv", "split", name="head.left", kernel=1, out=4)
    graph.layer("conv", "split:1", name="features.3", kernel=3, out=6)
    joined = graph.layer("concat", "head.left", "features.3", name="concat", joins="parallel")
    gate = graph.call(squeeze_excite(graph.shapes[joined]), joined, name="se", role="shortcut")
    graph.layer("add", joined, gate, name="add", joins="residual")
    graph.layer("relu", name="relu")
    return graph.network("branches", left="head.left", same="relu", features="features.0")


def shared() -> Network:
    """One head called on two maps of different sizes, and one layer called twice."""
    graph = Graph(input=(4, 8, 8))
    graph.layer("maxpool", name="maxpool", kernel=3, stride=2)

    def head(shape: Shape) -> Body:
        inner = Graph(input=shape)
        inner.layer("conv", name="conv", kernel=3, out=5, bias=True)
        inner.layer("relu", name="relu")
        return inner.body("head")

    near = graph.call(head((4, 8, 8)), "input", name="head")
    far = graph.call(head((4, 4, 4)), "maxpool", name="head_2", path="head")
    graph.layer("fc", near, name="fc", out=3)
    graph.layer("tanh", name="tanh")
    graph.layer("avgpool", far, name="avgpool", kernel="global")
    graph.layer("conv", name="last", kernel=1, out=5)
    graph.layer("conv", name="last_2", path="last", kernel=1, out=5)
    return graph.network("shared", near="tanh", far=far)


def nested(levels: int) -> Network:
    """Bodies that each call the one below twice: 2 ** levels layers of `levels` distinct bodies."""
    graph = Graph(input=(2, 4, 4))
    graph.layer("relu", name="relu")
    body = graph.body("level", depth=0)
    for level in range(1, levels):
        graph = Graph(input=(2, 4, 4))
        graph.call(body, name="a")
        graph.call(body, name="b")
        body = graph.body("level", depth=level)
    top = Graph(input=(2, 4, 4))
    top.call(body, name="top")
    return top.network("nested")


def shapes_of(network: Network) -> Shapes:
    """Shapes of the outputs."""
    return tuple(network.values[tap.value] for tap in network.outputs)
