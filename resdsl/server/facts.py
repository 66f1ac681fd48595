"""What the built networks of a text say about its statements: the shapes that flow out, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from resdsl.analysis.costs import Costs, network_costs, node_costs
from resdsl.compiler import Built
from resdsl.elaborate.places import BuiltGraph
from resdsl.ir.network import Node
from resdsl.ops.base import Shape
from resdsl.source import Source, Span

_SIZES = ((10**15, "P"), (10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))


class MadeNode(NamedTuple):
    """A node that a statement has made.

    Attributes:
        network: in which network.
        graph: in which graph of it.
        node: the node.
    """

    network: str
    graph: BuiltGraph
    node: Node

    @property
    def path(self) -> str:
        """The path of the node in the network; for one in a block that of its first call."""
        return f"{self.graph.path}.{self.node.name}" if self.graph.path else self.node.name

    @property
    def shape(self) -> Shape:
        """What it yields first."""
        return self.node.shapes[0]

    @property
    def entering(self) -> Shape:
        """What it reads first."""
        return self.graph.values[self.node.inputs[0]]

    @property
    def costs(self) -> Costs:
        """Its own costs, for one call of the graph."""
        return node_costs(self.node, self.graph.values)


@dataclass(frozen=True, eq=False)
class Facts:
    """The facts about the statements of a text.

    Args:
        built: its networks by name.
    """

    built: Mapping[str, Built]

    @cached_property
    def _made(self) -> dict[Span, list[MadeNode]]:
        found: dict[Span, list[MadeNode]] = {}
        for name, built in self.built.items():
            for graph in built.places.graphs() if built.places is not None else ():
                for node in graph.nodes:
                    if (statement := graph.statements.get(node.name)) is not None:
                        found.setdefault(statement, []).append(MadeNode(name, graph, node))
        return found

    def prepare(self) -> None:
        """Find all facts now, in the thread of a check, so that no answer has to."""
        self.of(Span(Source("", ""), 0, 0))
        self.costs  # noqa: B018 - kept where it is found

    def of(self, statement: Span, network: str = "") -> list[MadeNode]:
        """The nodes that a statement has made, in all networks; or in that to which it belongs, if that was built."""
        made = self._made.get(statement, [])
        return [each for each in made if each.network == network] or made

    @cached_property
    def costs(self) -> dict[str, Costs]:
        """The costs of the networks."""
        return {name: network_costs(built.network) for name, built in self.built.items()}

    def summary(self, network: str) -> str:
        """A network in a few words: `34 layers, 21.8M, 3.66G`."""
        costs = self.costs[network]
        plural = "" if costs.depth == 1 else "s"
        return f"{costs.depth} layer{plural}, {short_count(costs.params)}, {short_count(costs.macs)}"


def short_count(count: int) -> str:
    """A count in three digits: `21.8M`, `3.66G`."""
    for size, suffix in _SIZES:
        value = count / size
        if value >= 0.9995:
            return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f}{suffix}"
    return str(count)
