"""Walks a network, and the blocks in it that are drawn open: steps whose values have one name in the whole figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from resdsl.analysis.costs import Costs, node_costs
from resdsl.draw.descriptions import short
from resdsl.ir.network import Body, Call, Layer, Network, Node, output_name
from resdsl.ops.base import Shape, Shapes
from resdsl.ops.join import Add, Concat

_BRANCHES = 3


@dataclass(frozen=True, slots=True)
class LatticeStep:
    """A node of the network, with the names that its values have in the whole figure.

    Attributes:
        reads: the values that it reads; `yields` are those that it yields.
        inputs: the shapes of what it reads.
        costs: its costs; parameters are those of the first use of a module only.
        opened: the block that it was taken from, by its path and name; empty outside of blocks that are drawn open.
        shared: whether it is a module with parameters that is used at several places.
    """

    node: Node
    path: str
    reads: tuple[str, ...]
    yields: tuple[str, ...]
    inputs: Shapes
    costs: Costs
    opened: str = ""
    shared: bool = False


def openable(body: Body) -> bool:
    """Whether a block is drawn as the branches that it consists of; an empty one is nothing but its input."""
    return not body.nodes or sum(map(_is_wide, body.nodes)) == 1


def _is_wide(node: Node) -> bool:
    """Whether a node joins several branches, or is a block that does."""
    if isinstance(node, Call):
        return bool(node.body.nodes) and openable(node.body)
    return isinstance(node, Layer) and len(node.inputs) >= _BRANCHES and isinstance(node.op, Add | Concat)


def steps_of(network: Network, opened: Callable[[Body], bool]) -> tuple[list[LatticeStep], dict[str, str]]:
    """The steps of a network, and the name that each value at its top has in the figure."""
    names = {given.name: given.name for given in network.inputs}
    walk = _Walk(opened)
    return list(walk.of(network.nodes, network.values, names, "", "")), names


class _Walk:
    def __init__(self, opened: Callable[[Body], bool]) -> None:
        self._opened = opened
        self._called: set[str] = set()

    def of(
        self, nodes: Sequence[Node], values: Mapping[str, Shape], names: dict[str, str], prefix: str, opened: str
    ) -> Iterator[LatticeStep]:
        """The nodes in order; `names` gets the names that values of the graph have in the figure."""
        uses = Counter(node.path for node in nodes)
        for node in nodes:
            reads = tuple([names[value] for value in node.inputs])
            outputs = [output_name(node.name, index) for index in range(len(node.shapes))]
            path = f"{prefix}{node.path}"
            again = uses[node.path] > 1
            if isinstance(node, Call) and self._opened(node.body) and not (again and node.body.nodes):
                inner = node.body.entered(reads)
                title = opened or _title(path, node.body.origin.name)
                yield from self.of(node.body.nodes, node.body.values, inner, f"{path}.", title)
                names.update(zip(outputs, [inner[value] for value in node.body.outputs], strict=True))
                continue
            own = tuple([f"{prefix}{output}" for output in outputs])
            names.update(zip(outputs, own, strict=True))
            costs = node_costs(node, values)
            shared = again and costs.params > 0
            inputs = tuple([values[value] for value in node.inputs])
            known = path in self._called
            self._called.add(path)
            yield LatticeStep(node, path, reads, own, inputs, costs.stateless() if known else costs, opened, shared)


def _title(path: str, name: str) -> str:
    """What an open block is called: its path, which mostly holds its name."""
    return short(path) if name in path else f"{short(path)}: {short(name)}"
