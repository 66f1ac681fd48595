"""The costs of a network: parameters, multiply-adds and other counts, for a layer, body, stage or network.

Costs are computed once for each distinct body and multiplied by the repeats, so the time for a thousand layers, or for
a thousand variants that share their blocks, depends only on what is different about them. One multiply and one add are
one multiply-add, counts are for a batch of one, and running statistics are not parameters.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from math import prod
from operator import add, attrgetter
from weakref import WeakKeyDictionary

from resdsl.ir.network import Body, Call, Layer, Network, Node, Role, Stage
from resdsl.ops.base import Op, Shape, Shapes
from resdsl.ops.records import Work


@dataclass(frozen=True, slots=True)
class Costs:
    """Counts for one sample. They add up, except for shared modules, whose state is counted once.

    Attributes:
        weights: learned elements of convolutions, linear layers and other ops, without biases and norms.
        biases: learned elements of their biases.
        norms: scales and shifts of norms.
        buffers: elements of running statistics and other state that is not learned.
        counters: integers in the state, such as `num_batches_tracked`.
        layers: the number of ops applied.
        depth: convolutions and fully connected layers, including every parallel branch but not those in shortcuts
            and gates (He et al. 2015, Table 1).
        activations: elements that convolutions yield, including those in shortcuts and gates (Radosavovic et al.
            2020, Section 3.2).
        elements: elements that all layers yield.
        shortcut_params: the part of `params` that is in shortcuts.
        shortcut_macs: the part of `work.macs` that is in shortcuts.
        work: the work of the layers, by kind.
    """

    weights: int = 0
    biases: int = 0
    norms: int = 0
    buffers: int = 0
    counters: int = 0
    layers: int = 0
    depth: int = 0
    activations: int = 0
    elements: int = 0
    shortcut_params: int = 0
    shortcut_macs: int = 0
    work: Work = field(default_factory=Work)

    @property
    def params(self) -> int:
        """Learned elements, including scales and shifts of norms, but not running statistics."""
        return self.weights + self.biases + self.norms

    @property
    def macs(self) -> int:
        """Multiply-adds of convolutions and fully connected layers."""
        return self.work.macs

    def __add__(self, other: Costs) -> Costs:
        return _costs(map(add, _counts(self), _counts(other)))

    def __mul__(self, times: int) -> Costs:
        return _costs(count * times for count in _counts(self))

    def with_role(self, role: Role) -> Costs:
        """These costs for a part that plays this role in a larger graph."""
        if role == "main":
            return self
        beside = (self.params, self.work.macs) if role == "shortcut" else (0, 0)
        yielded = (self.activations, self.elements)
        return _costs((*_STATE(self), self.layers, 0, *yielded, *beside, *_WORK(self.work)))

    def idle(self) -> Costs:
        """The state alone: the costs of what an inference pass leaves out."""
        return replace(Costs(*_STATE(self)), shortcut_params=self.shortcut_params)

    def stateless(self) -> Costs:
        """These costs without the state: those of a module that is called again."""
        done = (self.layers, self.depth, self.activations, self.elements)
        return Costs(0, 0, 0, 0, 0, *done, 0, self.shortcut_macs, self.work)


_STATE_NAMES = ("weights", "biases", "norms", "buffers", "counters")
_OWN_NAMES = (
    *_STATE_NAMES,
    "layers",
    "depth",
    "activations",
    "elements",
    "shortcut_params",
    "shortcut_macs",
)
_STATE = attrgetter(*_STATE_NAMES)
_OWN = attrgetter(*_OWN_NAMES)
_WORK = attrgetter(*(kind.name for kind in fields(Work)))
_of_bodies: WeakKeyDictionary[Body, Costs] = WeakKeyDictionary()


def network_costs(network: Network) -> Costs:
    """Costs of the whole network; of what exists in training only, the state alone."""
    return _graph_costs(network.nodes, network.values, network.trained_only)


def training_costs(network: Network) -> Costs:
    """Costs of the whole network as it is trained, with the work of what exists in training only."""
    return _graph_costs(network.nodes, network.values)


def stage_costs(stage: Stage) -> Costs:
    """Costs of all blocks of a stage."""
    rows = [[count * run.count for count in _counts(body_costs(run.body))] for run in stage.runs]
    return _sum(rows).with_role(stage.role)


def body_costs(body: Body) -> Costs:
    """Costs of one call of a body on the main path."""
    known = _of_bodies.get(body)
    if known is None:
        known = _of_bodies[body] = _graph_costs(body.nodes, body.values)
    return known


def note_body_costs(body: Body, parts: Sequence[Costs]) -> None:
    """Note the costs of the parts of a body that has no nodes of its own."""
    _of_bodies[body] = total(parts)


def layer_costs(layer: Layer, inputs: Shapes) -> Costs:
    """Costs of one layer that reads values of these shapes."""
    return op_costs(layer.op, inputs, layer.role)


def op_costs(op: Op, inputs: Shapes, role: Role) -> Costs:
    """Costs of an op that reads values of these shapes and plays this role."""
    return _op_costs(op, inputs).with_role(role)


def node_costs(node: Node, values: Mapping[str, Shape]) -> Costs:
    """Costs of a node of a graph with these values, including the state of its module."""
    if isinstance(node, Layer):
        return layer_costs(node, tuple([values[value] for value in node.inputs]))
    return body_costs(node.body).with_role(node.role) if isinstance(node, Call) else stage_costs(node)


def total(parts: Iterable[Costs]) -> Costs:
    """The sum of costs."""
    return _sum([_counts(costs) for costs in parts])


def _graph_costs(nodes: tuple[Node, ...], values: Mapping[str, Shape], idle: Container[str] = ()) -> Costs:
    modules: set[str] = set()
    rows: list[tuple[int, ...]] = []
    for node in nodes:
        costs = node_costs(node, values)
        if node.name in idle:
            costs = costs.idle()
        rows.append(_counts(costs.stateless() if node.path in modules else costs))
        modules.add(node.path)
    return _sum(rows)


@lru_cache(maxsize=16384)
def _op_costs(op: Op, inputs: Shapes) -> Costs:
    state = op.state(inputs)
    sizes = dict.fromkeys(("weight", "bias", "norm", "float32", "int64"), 0)
    for tensor in state:
        sizes[tensor.dtype if tensor.role == "buffer" else tensor.role] += prod(tensor.shape)
    yielded, work = op.infer(inputs), op.work(inputs)
    convolves = op.weighted and not work.linear
    return Costs(
        weights=sizes["weight"],
        biases=sizes["bias"],
        norms=sizes["norm"],
        buffers=sizes["float32"],
        counters=sizes["int64"],
        layers=1,
        depth=int(op.weighted),
        activations=sum(prod(shape) for shape in yielded if len(shape) > 1) if convolves else 0,
        elements=sum(map(prod, yielded)),
        work=work,
    )


def _counts(costs: Costs) -> tuple[int, ...]:
    """All counts in one tuple, which is much cheaper to add than records."""
    own: tuple[int, ...] = _OWN(costs)
    work: tuple[int, ...] = _WORK(costs.work)
    return own + work


def _sum(rows: Sequence[Sequence[int]]) -> Costs:
    return _costs(map(sum, zip(*rows, strict=True))) if rows else Costs()


def _costs(counts: Iterable[int]) -> Costs:
    weights, biases, norms, buffers, counters, layers, depth, activations, elements, params, macs, *work = counts
    own = (weights, biases, norms, buffers, counters, layers, depth, activations, elements, params, macs)
    return Costs(*own, Work(*work))
