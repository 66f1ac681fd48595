"""The flat views of a network: every layer in execution order, and every tensor in PyTorch's order.

Why it exists: the IR folds equal repeats, but ONNX, checkpoints and diagrams of single layers need them unfolded, each
with its name in the whole network. Both views are iterators and store only their current position. One line of text can
mean a billion layers, so a network with too many layers is refused before it is unfolded; counting them takes time for
the distinct bodies only.

In the whole network, a value is identified by the names of the calls that lead to it and its own name, joined by dots:
`layer1.0.conv1`. Calls and stages do not have values of their own: their names mean the value that the body yields, and
the inputs of a body mean the values that the caller passes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from resdsl.ir.network import Body, Call, Layer, Network, Node, Role, Stage, output_name
from resdsl.ops.base import Shape, Shapes
from resdsl.ops.records import Tensor
from resdsl.refusal import Refused

MOST_LAYERS = 100_000
"""The most layers that are unfolded: a ResNet of 1202 layers has 4,209 ops; ten lines of text can ask for 2 ** 40."""


class TooManyLayers(Refused):
    """A network has more layers than can be written or drawn one by one.

    Args:
        name: the network's name.
        layers: how many it has.
    """

    def __init__(self, name: str, layers: int) -> None:
        super().__init__(
            f"{name} has {layers:_} layers, but at most {MOST_LAYERS:_} can be written or drawn one by one; "
            "JSON and `resdsl report --by stage` have equal blocks only once"
        )
        self.layers = layers


class Step(NamedTuple):
    """One layer of the flat view.

    Attributes:
        path: the module path; steps that call the same module share it.
        layer: the layer as it is in its graph.
        inputs: the values it reads, by their names in the whole network.
        outputs: the values it yields, likewise; the first is `path`, unless a module is called again.
        shapes: the shapes of the inputs.
        role: the role in the whole network: among the roles of the layer and of all calls around it,
            the outermost one that is not `main`.
    """

    path: str
    layer: Layer
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    shapes: Shapes
    role: Role


class FlatNetwork:
    """A flat network: iterate over its steps, then use `resolve` for the names of values of the top graph.

    The names of calls and stages mean values of their bodies, and `resolve` knows which ones after their steps.
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
        """The name that a value of the top graph has in the whole network."""
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
    (`features.0`, `features.3`) are listed together, as in PyTorch.

    Raises:
        TooManyLayers: there are more than `MOST_LAYERS`.
    """
    refuse_too_many_layers(network)
    return _state(network.nodes, network.values, "")


def called(nodes: tuple[Node, ...]) -> Iterator[tuple[str, Body]]:
    """The bodies that these nodes call, with the path of the call; the repeats of a run count once."""
    for node in nodes:
        if isinstance(node, Call):
            yield node.path, node.body
        elif isinstance(node, Stage):
            for run in node.runs:
                yield f"{node.path}.{run.first}", run.body


def bodies(network: Network) -> Iterator[tuple[str, Body]]:
    """Every distinct body once, after all bodies that it calls, with the path of its first call.

    The time depends on the number of distinct bodies, however often they are called.
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
        folded: whether equal repeats of a stage count once.

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
    """The number of layers in these nodes, given the numbers for the bodies they call."""
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
    """Every layer with the shapes that it reads; the layers of equal bodies only once."""
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
    """The steps of one graph; `names` maps its values to names in the whole network, and grows."""
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
        value, *beside = [names[given] for given in node.inputs]
        yielded: tuple[str, ...] = ()
        for place, body in _calls(node):
            within = body.entered((value, *beside))
            yield from _steps(
                body.nodes, body.values, within, f"{path}{node.path}{place}.", f"{name}{node.name}{place}.", inner
            )
            value, *_ = yielded = tuple([within[each] for each in body.outputs])
        names.update((output_name(node.name, index), each) for index, each in enumerate(yielded))


def _calls(node: Call | Stage) -> Iterator[tuple[str, Body]]:
    """The bodies called one after the other, with what the path of the repeat adds to the path of the node."""
    if isinstance(node, Call):
        yield "", node.body
        return
    for run in node.runs:
        for index in run.indices:
            yield f".{index}", run.body


def _state(nodes: tuple[Node, ...], shapes: Mapping[str, Shape], prefix: str) -> Iterator[tuple[str, Tensor]]:
    for node in _modules(nodes, shapes):
        if isinstance(node, Layer):
            for tensor in node.op.state(tuple([shapes[value] for value in node.inputs])):
                yield tensor.at(f"{prefix}{node.path}"), tensor
            continue
        for place, body in _calls(node):
            yield from _state(body.nodes, body.values, f"{prefix}{node.path}{place}.")


def _modules(nodes: tuple[Node, ...], shapes: Mapping[str, Shape]) -> list[Node]:
    """The nodes that first call their module, in PyTorch's order: parameters of a module itself, then its modules."""
    first: dict[str, Node] = {}
    for node in nodes:
        first.setdefault(node.path, node)
    parameters = {path for path, node in first.items() if _is_parameter(node, shapes)}
    if not parameters and not any("." in path for path in first):
        return list(first.values())
    order: dict[str, int] = {}
    for path in first:
        for part in _prefixes(path):
            order.setdefault(part, len(order))
    order.update((path, order[path] - len(order)) for path in parameters)
    return [first[path] for path in sorted(first, key=lambda path: [order[part] for part in _prefixes(path)])]


def _is_parameter(node: Node, shapes: Mapping[str, Shape]) -> bool:
    """Whether a layer is a parameter of the block itself and no module."""
    if not isinstance(node, Layer):
        return False
    return any(tensor.alone for tensor in node.op.state(tuple([shapes[value] for value in node.inputs])))


def _prefixes(path: str) -> list[str]:
    parts = path.split(".")
    return [".".join(parts[: count + 1]) for count in range(len(parts))]
