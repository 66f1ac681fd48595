"""How often a network uses each op on values of each shape, without unfolding any repeat.

Why it exists: what a count takes from one layer depends on the op and on the shapes it reads alone, so the
layers of a network are a few distinct ones and how often each is applied. A thousand blocks take no
longer than the distinct ones among them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from resdsl.ir.network import Body, Call, Layer, Network, Node
from resdsl.ir.walk import bodies
from resdsl.ops.base import Op, Shape, Shapes


class Use(NamedTuple):
    """An op applied to values of these shapes."""

    op: Op
    inputs: Shapes


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
