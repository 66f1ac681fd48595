"""The flat views of a network: every layer in execution order, every tensor in PyTorch's order.

Why it exists: the IR folds equal repeats, and ONNX, checkpoints and diagrams of single layers want
them them unfolded, each with the name that it has in the whole network. Both views are iterators and
hold nothing but the place where they stand. A text of one line can mean a billion layers, so whatever
unfolds a network is refused beforehand if they are too many; counting them takes as long as the distinct
bodies do.

A value is known in the whole network by the names of the calls that lead to it and its own, joined
by dots: `layer1.0.conv1`. A call and a stage name no value of their own: their names stand for the
value that the body yields, and a body's `input` for the value that the caller hands in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from resdsl.ir.network import INPUT, Body, Call, Layer, Network, Node, Role, Stage, output_name
from resdsl.ops.base import Shape, Shapes
from resdsl.ops.records import Tensor
from resdsl.refusal import Refused

MOST_LAYERS = 100_000
"""Layers that are taken one by one: a ResNet of 1202 layers has 4,209 ops; a text of ten lines can ask for 2 ** 40."""


class TooManyLayers(Refused):
    """A network of more layers than can be written or drawn one by one.

    Args:
        name: the network's name.
        layers: how many it has.
    """

    def __init__(self, name: str, layers: int) -> None:
        super().__init__(
            f"{name} has {layers:_} layers, and at most {MOST_LAYERS:_} are written or drawn one by one; "
            "JSON and `resdsl report --by stage` take equal blocks once"
        )
        self.layers = layers


class Step(NamedTuple):
    """One layer of the flat view.

    Attributes:
        path: the module path; steps that call one module share it.
        layer: the layer as it stands in its graph.
        inputs: the values it reads, by their names in the whole network.
        outputs: the values it yields, likewise; the first is `path`, save where a module is called again.
        shapes: shapes of the inputs.
        role: the role in the whole network: of the roles of the layer and of all calls around it,
            the outermost that is not `main`.
    """

    path: str
    layer: Layer
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    shapes: Shapes
    role: Role


class FlatNetwork:
    """A network, flat: iterate over its steps, then ask what a value of the top graph is called.

    Calls and stages stand for values of their bodies, and `resolve` knows which once their steps
    have been passed.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._names = {given.name: given.name for given in network.inputs}

    def __iter__(self) -> Iterator[Step]:
        """The steps.

        Raises:
            TooManyLayers: there are more than `MOST_LAYERS`.
        """
        network = self._network
        refuse_too_many_layers(network)
        return _steps(network.nodes, network.values, self._names, "", "", "main")

    def resolve(self, value: str) -> str:
        """The name in the whole network of a value of the top graph."""
        return self._names[value]


def steps(network: Network) -> Iterator[Step]:
    """Every layer of the network in execution order, repeats unfolded.

    Raises:
        TooManyLayers: there are more than `MOST_LAYERS`.
    """
    return iter(FlatNetwork(network))


def state(network: Network) -> Iterator[tuple[str, Tensor]]:
    """Every parameter and buffer under its full name, in the order of PyTorch's `state_dict`.

    A module that is called several times is listed once. Modules whose paths share a first part
    (`features.0`, `features.3`) stand together, as PyTorch has them.

    Raises:
        TooManyLayers: there are more than `MOST_LAYERS`.
    """
    refuse_too_many_layers(network)
    return _state(network.nodes, network.values, "")


def called(nodes: tuple[Node, ...]) -> Iterator[tuple[str, Body]]:
    """The bodies that these nodes call, with the path of the call; repeats of a run once."""
    for node in nodes:
        if isinstance(node, Call):
            yield node.path, node.body
        elif isinstance(node, Stage):
            for run in node.runs:
                yield f"{node.path}.{run.first}", run.body


def bodies(network: Network) -> Iterator[tuple[str, Body]]:
    """Every distinct body once, after all bodies that it calls, with the path where it is first called.

    The time taken is that of the distinct bodies, however often they are called.
    """
    known: set[Body] = set()
    stack = [called(network.nodes)]
    waiting: list[tuple[str, Body]] = []
    while stack:
        met = next(stack[-1], None)
        if met is None:
            stack.pop()
            if waiting:
                yield waiting.pop()
            continue
        place, body = met
        if body not in known:
            known.add(body)
            path = f"{waiting[-1][0]}.{place}" if waiting else place
            waiting.append((path, body))
            stack.append(called(body.nodes))


def refuse_too_many_layers(network: Network, *, folded: bool = False) -> None:
    """Refuse a network that cannot be unfolded.

    Args:
        network: the network.
        folded: whether equal repeats of a stage are taken once.

    Raises:
        TooManyLayers: there are more than `MOST_LAYERS`.
    """
    counts: dict[Body, int] = {}
    for _, body in bodies(network):
        counts[body] = _layers(body.nodes, counts, folded=folded)
    layers = _layers(network.nodes, counts, folded=folded)
    if layers > MOST_LAYERS:
        raise TooManyLayers(network.name, layers)


def _layers(nodes: tuple[Node, ...], counts: Mapping[Body, int], *, folded: bool) -> int:
    """How many layers nodes come to, where those of the bodies they call are known."""
    layers = 0
    for node in nodes:
        match node:
            case Layer():
                layers += 1
            case Call():
                layers += counts[node.body]
            case Stage():
                layers += sum([counts[run.body] * (1 if folded else run.count) for run in node.runs])
    return layers


def distinct_layers(network: Network) -> Iterator[tuple[Layer, Shapes]]:
    """Every layer with the shapes of what it reads; those of equal bodies once."""
    graphs = [(network.nodes, network.values), *((body.nodes, body.values) for _, body in bodies(network))]
    for nodes, values in graphs:
        for node in nodes:
            if isinstance(node, Layer):
                yield node, tuple([values[value] for value in node.inputs])


def _steps(
    nodes: tuple[Node, ...],
    shapes: Mapping[str, Shape],
    names: dict[str, str],
    path: str,
    name: str,
    role: Role,
) -> Iterator[Step]:
    """Steps of one graph; `names` leads from its values to those of the whole network and grows."""
    for node in nodes:
        inner = node.role if role == "main" else role
        if isinstance(node, Layer):
            inputs = tuple([names[value] for value in node.inputs])
            first = name + node.name
            if len(node.shapes) == 1:
                outputs: tuple[str, ...] = (first,)
                names[node.name] = first
            else:
                outputs = tuple(output_name(first, index) for index in range(len(node.shapes)))
                names.update((output_name(node.name, index), value) for index, value in enumerate(outputs))
            read = tuple([shapes[value] for value in node.inputs])
            yield Step(path + node.path, node, inputs, outputs, read, inner)
            continue
        value = names[node.inputs[0]]
        for place, body in _calls(node):
            within = {INPUT: value}
            yield from _steps(
                body.nodes, body.values, within, f"{path}{node.path}{place}.", f"{name}{node.name}{place}.", inner
            )
            value = within[body.output]
        names[node.name] = value


def _calls(node: Call | Stage) -> Iterator[tuple[str, Body]]:
    """The bodies called in a row, with what the path of the repeat adds to that of the node."""
    if isinstance(node, Call):
        yield "", node.body
        return
    for run in node.runs:
        for index in run.indices:
            yield f".{index}", run.body


def _state(nodes: tuple[Node, ...], shapes: Mapping[str, Shape], prefix: str) -> Iterator[tuple[str, Tensor]]:
    for node in _modules(nodes):
        if isinstance(node, Layer):
            for tensor in node.op.state(tuple([shapes[value] for value in node.inputs])):
                yield f"{prefix}{node.path}.{tensor.name}", tensor
            continue
        for place, body in _calls(node):
            yield from _state(body.nodes, body.values, f"{prefix}{node.path}{place}.")


def _modules(nodes: tuple[Node, ...]) -> list[Node]:
    """The nodes that first call their module, in the order in which PyTorch registers modules."""
    first: dict[str, Node] = {}
    for node in nodes:
        first.setdefault(node.path, node)
    if not any("." in path for path in first):
        return list(first.values())
    order: dict[str, int] = {}
    for path in first:
        for part in _prefixes(path):
            order.setdefault(part, len(order))
    return [first[path] for path in sorted(first, key=lambda path: [order[part] for part in _prefixes(path)])]


def _prefixes(path: str) -> list[str]:
    parts = path.split(".")
    return [".".join(parts[: count + 1]) for count in range(len(parts))]
