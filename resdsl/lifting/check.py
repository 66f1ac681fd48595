"""Whether two graphs compute the same: every value as a digest of how it is made.

What does not matter for the result is left out: names, the order of nodes and of sums, and ways to say the same thing,
such as `relu6` and `clip 0, 6`. What a file for inference cannot tell is left out too: dropout, how weights start, and
the momentum of norms.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from math import prod
from struct import pack, unpack

from resdsl.ir.inference import for_inference
from resdsl.ir.network import Network
from resdsl.ir.walk import FlatNetwork
from resdsl.lifting.graph import PlainGraph, PlainNode
from resdsl.ops.activation import Relu6
from resdsl.ops.adaptive_pool import AdaptivePool
from resdsl.ops.base import Op, Shape, Shapes
from resdsl.ops.channels import SliceChannels
from resdsl.ops.learned import Learned
from resdsl.ops.pad import Pad
from resdsl.ops.pool import AvgPool, GlobalPool, WindowPool
from resdsl.ops.registry import op_named
from resdsl.ops.resample import Blur, Upsample
from resdsl.ops.reshape import Permute, Reshape
from resdsl.ops.resize import Resize
from resdsl.ops.shape import Flatten, PadChannels, Subsample

_UNTOLD = frozenset({"op", "init", "std", "momentum", "module"})
_NOTHING = frozenset({"identity", "dropout", "drop_path"})
_WRITTEN_OUT = {
    "silu": ("sigmoid",),
    "hard_swish": ("hard_sigmoid",),
    "mish": ("softplus", "tanh"),
}
"""Activations that multiply what flows by what these make of it."""
_SAME = {"frozen_bn": "bn", "std_conv": "conv"}


def graph_of(network: Network) -> PlainGraph:
    """A network without its structure, for inference.

    Raises:
        resdsl.ir.walk.TooManyLayers: there are more layers than can be written one by one.
    """
    network = for_inference(network)
    flow = FlatNetwork(network)
    shapes: dict[str, Shape] = {given.name: given.shape for given in network.inputs}
    nodes = []
    for step in flow:
        nodes.append(PlainNode(step.layer.op, step.inputs, step.outputs, step.path))
        shapes.update(zip(step.outputs, step.layer.shapes, strict=True))
    inputs = {given.name: given.shape for given in network.inputs}
    outputs = tuple([(tap.name, flow.resolve(tap.value)) for tap in network.outputs])
    return PlainGraph(network.name, inputs, tuple(nodes), outputs, shapes)


def value_digests(graph: PlainGraph) -> dict[str, str]:
    """A digest for every value, equal for values that are made alike of equal inputs in equal places."""
    made = _Digests(graph)
    for node in graph.nodes:
        made.add(node)
    return made.values


def graph_hash(graph: PlainGraph) -> str:
    """A digest of all outputs together."""
    values = value_digests(graph)
    return _digest("outputs", *(values[value] for _, value in graph.outputs))


def modules(graph: PlainGraph) -> set[tuple[str, str]]:
    """The layers with weights: the digest of what each yields, and its path."""
    values = value_digests(graph)
    return {(values[node.output], node.path) for node in graph.nodes if node.op.state(graph.shapes_of(node))}


def _digest(*parts: object) -> str:
    return blake2b(repr(parts).encode(), digest_size=16).hexdigest()


class _Digests:
    """The digests of a graph, one layer after the other."""

    def __init__(self, graph: PlainGraph) -> None:
        self._graph = graph
        self.values = {name: _digest("input", place, shape) for place, (name, shape) in enumerate(graph.inputs.items())}
        self._joined: dict[str, tuple[str, ...]] = {}
        """What a value is made of whose channels are those of several others."""
        self._forms: dict[str, str] = {}
        """What a value is another form of."""
        self._known: dict[tuple[Op, Shapes], tuple[object, ...]] = {}

    def add(self, node: PlainNode) -> None:
        """The digests of what a layer yields."""
        op, reads = node.op, [self.values[value] for value in node.inputs]
        name, shapes = op.op, self._graph.shapes_of(node)
        if name in _NOTHING or _changes_nothing(op, shapes):
            self._as(node, node.inputs[0])
        elif name == "concat":
            parts = tuple(part for value in node.inputs for part in self._joined.get(value, (self.values[value],)))
            self.values[node.output], self._joined[node.output] = _digest("concat", parts), parts
        elif name in ("add", "mul"):
            self.values[node.output] = self._chain(name, reads, shapes)
        elif name == "split":
            size = self._graph.shapes[node.output][0]
            for place, value in enumerate(node.outputs):
                self.values[value] = _digest("slice_channels", reads, place * size, (place + 1) * size)
        elif isinstance(op, SliceChannels):
            self.values[node.output] = _digest(name, reads, op.start, op.end)
        elif name in ("flatten", "reshape"):
            whole = self._forms.get(node.inputs[0], reads[0])
            self._forms[node.output] = whole
            self.values[node.output] = _digest("reshape", whole, self._graph.shapes[node.output])
        elif name == "fc":
            self.values[node.output] = _digest(self._form(op, shapes), self._forms.get(node.inputs[0], reads[0]))
        elif name in _WRITTEN_OUT:
            inner = reads[0]
            for step in _WRITTEN_OUT[name]:
                inner = self._of(step, inner)
            self.values[node.output] = self._chain("mul", [reads[0], inner], shapes * 2)
        else:
            self._usual(node, op, reads, shapes)

    def _usual(self, node: PlainNode, op: Op, reads: Sequence[str], shapes: Shapes) -> None:
        form = self._form(op, shapes)
        for place, value in enumerate(node.outputs):
            self.values[value] = _digest(form, *reads, *[place] * (place > 0))

    def _of(self, name: str, read: str) -> str:
        return _digest(self._form(op_named(name).of({}), ()), read)

    def _as(self, node: PlainNode, source: str) -> None:
        self.values[node.output] = self.values[source]
        if source in self._joined:
            self._joined[node.output] = self._joined[source]
        if source in self._forms:
            self._forms[node.output] = self._forms[source]

    def _chain(self, name: str, reads: Sequence[str], shapes: Shapes) -> str:
        """A sum or a product from left to right, two and two; the order of equal shapes is free."""
        made = reads[0]
        for read, shape in zip(reads[1:], shapes[1:], strict=True):
            pair = sorted((made, read)) if shape == shapes[0] else (made, read)
            made = _digest(name, *pair)
        return made

    def _form(self, op: Op, shapes: Shapes) -> tuple[object, ...]:
        known = self._known.get((op, shapes))
        if known is None:
            known = self._known[op, shapes] = _form(op, shapes)
        return known


def _changes_nothing(op: Op, shapes: Shapes) -> bool:
    match op:
        case Permute(order=order):
            return order == tuple(range(len(order)))
        case WindowPool(kernel=kernel) | Blur(kernel=kernel):
            return set(kernel) == {1} and op.infer(shapes) == shapes
        case Reshape() | PadChannels() | AdaptivePool() | Flatten() | Pad() | Subsample() | GlobalPool():
            return op.infer(shapes) == shapes
    return False


def _form(op: Op, shapes: Shapes) -> tuple[object, ...]:
    """An op in the form that stands for all that compute the same."""
    match op:
        case WindowPool():
            return _pool(op, shapes)
        case AdaptivePool():
            return _adaptive(op, shapes)
        case Resize():
            return _resize(op, shapes)
        case Upsample(factor=factor, mode=mode):
            return "upsample", factor, mode
        case Relu6():
            return "clip", (("high", 6.0), ("low", 0.0))
        case Blur(kernel=kernel, stride=stride) if set(kernel) == {1}:
            return "subsample", (("stride", stride),)
        case Learned():
            return op.op, prod(op.state(shapes)[0].shape)
    return _SAME.get(op.op, op.op), _numbers(op)


def _numbers(op: Op) -> tuple[tuple[str, object], ...]:
    left_out = _UNTOLD | ({"eps", "gamma", "gain"} if op.op == "std_conv" else frozenset())
    return tuple([(name, _single(value)) for name, value in sorted(op.plain().items()) if name not in left_out])


def _single(value: object) -> object:
    """A number as float32 has it."""
    if isinstance(value, float):
        return unpack("f", pack("f", value))[0] + 0.0
    return tuple(map(_single, value)) if isinstance(value, list | tuple) else value


def _pool(op: WindowPool, shapes: Shapes) -> tuple[object, ...]:
    kernel, pad, stride = op.kernel, op.pad, op.stride
    ends = op.pad_after or pad
    if not any((*pad, *ends)) and kernel == shapes[0][1:]:
        return f"global_{op.op}", ()
    if set(kernel) == {1} and op.op == "maxpool" and not any((*pad, *ends)):
        return "subsample", (("stride", stride),)
    over = op.overhang(shapes)
    if isinstance(op, AvgPool) and op.count_pad and any((*pad, *ends)):
        return op.op, kernel, stride, pad, ends, over
    return op.op, kernel, stride, pad, tuple(map(sum, zip(ends, over, strict=True)))


def _adaptive(op: AdaptivePool, shapes: Shapes) -> tuple[object, ...]:
    """A pool whose windows are all alike is a pool with a stride."""
    sizes, kind = shapes[0][1:], op.op.removeprefix("adaptive_")
    if any(size % wanted for size, wanted in zip(sizes, op.to, strict=True)):
        return op.op, op.to
    kernel = tuple(size // wanted for size, wanted in zip(sizes, op.to, strict=True))
    if kernel == sizes:
        return f"global_{kind}", ()
    none = (0,) * len(kernel)
    return kind, kernel, kernel, none, none


def _resize(op: Resize, shapes: Shapes) -> tuple[object, ...]:
    sizes = shapes[0][1:]
    if any(wanted % size for size, wanted in zip(sizes, op.size, strict=True)):
        return "resize", _numbers(op)
    return "upsample", tuple(wanted // size for size, wanted in zip(sizes, op.size, strict=True)), op.mode
