"""How often a network applies each op to values of each shape, found without unfolding any repeat.

Why it exists: the count for a layer depends only on the op and the shapes that it reads. So a few distinct layers, each
with the number of times it is applied, describe the network, and a thousand blocks take no longer than the distinct
ones among them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple, get_args

from resdsl.ir.network import Body, Call, Layer, Network, Node
from resdsl.ir.walk import bodies
from resdsl.ops.base import Op, Shape, Shapes

Kind = Literal["movement", "weighted", "norm", "activation", "pooling", "elementwise", "filter", "matmul", "mixed"]
"""What an op does by what it says of its work: `movement` computes nothing and learns nothing, `weighted` are
convolutions and linear layers, `filter` is a filter that is not learned, `matmul` multiplies matrices that are both
computed, and `mixed` is more than one of these."""
KINDS: tuple[Kind, ...] = get_args(Kind)


class Use(NamedTuple):
    """An op that is applied to values of these shapes."""

    op: Op
    inputs: Shapes

    @property
    def kind(self) -> Kind:
        """The kind of work that the op says it does on these shapes."""
        work = self.op.work(self.inputs)
        amounts: dict[Kind, int] = {
            "weighted": work.macs + work.bias,
            "norm": work.norm,
            "activation": work.activation,
            "pooling": work.pooling,
            "elementwise": work.elementwise,
            "filter": work.fixed,
            "matmul": work.matmul,
        }
        done = [kind for kind, amount in amounts.items() if amount]
        if len(done) == 1:
            return done[0]
        return "mixed" if done or self.op.state(self.inputs) else "movement"


class DistinctGraph(NamedTuple):
    """One of a network's distinct graphs.

    Attributes:
        nodes: its nodes, in execution order.
        values: its values with their shapes.
        times: how often one pass of the network goes through it.
    """

    nodes: tuple[Node, ...]
    values: Mapping[str, Shape]
    times: int

    def reads(self, layer: Layer) -> Shapes:
        """Shapes of what one of its layers reads."""
        return tuple([self.values[value] for value in layer.inputs])


def graphs(network: Network) -> Iterator[DistinctGraph]:
    """The graph of the network itself, then those of its distinct bodies, callers before the called."""
    yield DistinctGraph(network.nodes, network.values, 1)
    times = Counter[Body]()
    _count(network.nodes, 1, times)
    for _, body in reversed(list(bodies(network))):
        yield DistinctGraph(body.nodes, body.values, times[body])
        _count(body.nodes, times[body], times)


def uses(network: Network) -> Mapping[Use, int]:
    """Every op with the shapes it reads, and how often that happens in one pass; in order of first use."""
    found = Counter[Use]()
    for graph in graphs(network):
        for node in graph.nodes:
            if isinstance(node, Layer):
                found[Use(node.op, graph.reads(node))] += graph.times
    return found


def _count(nodes: tuple[Node, ...], times: int, counted: Counter[Body]) -> None:
    """Add how often these nodes call each body, if they are passed so many times."""
    for node in nodes:
        if isinstance(node, Call):
            counted[node.body] += times
        elif not isinstance(node, Layer):
            for run in node.runs:
                counted[run.body] += times * run.count
