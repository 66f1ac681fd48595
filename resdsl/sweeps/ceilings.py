"""Ends the build of a network once it is dearer than any `keep` allows.

Few of the networks that are drawn stay, and most of the others are too dear: their costs are known to be before the
rest of them is built. Costs only grow with every part of a network, so that nothing is decided otherwise than after a
whole build.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from resdsl.analysis.costs import node_costs
from resdsl.analysis.expectations import quantity
from resdsl.elaborate.linking import Module
from resdsl.ir.network import Node, value_shapes
from resdsl.ops.base import Shape
from resdsl.syntax import tree

_GROWING = ("macs", "flops", "activations")
"""The costs that every further part of a network adds to, also where a module is called again."""


class TooDear(Exception):
    """The network costs more than a `keep` allows; nothing is wrong with it."""


def ceilings_of(conditions: Iterable[tree.Expression], module: Module) -> dict[str, int | float]:
    """The most that each cost may be where all conditions hold, as far as they say so in numbers.

    Parts that exist in training only cost nothing in the end, so that there are no ceilings for texts that have any.
    """
    found: dict[str, int | float] = {}
    if _has_trained_parts(module, set()):
        return found
    for name, most in _bounds(conditions):
        found[name] = min(found.get(name, most), most)
    return found


def _bounds(conditions: Iterable[tree.Expression]) -> Iterator[tuple[str, int | float]]:
    for node in conditions:
        match node:
            case tree.Logic(operator="and"):
                yield from _bounds((node.left, node.right))
            case tree.Binary(operator="<=" | "<", left=tree.Name() as name, right=tree.Number() as most):
                if name.text in _GROWING:
                    yield name.text, most.value
            case tree.Binary(operator=">=" | ">", left=tree.Number() as most, right=tree.Name() as name):
                if name.text in _GROWING:
                    yield name.text, most.value


def _has_trained_parts(module: Module, met: set[int]) -> bool:
    if id(module) in met:
        return False
    met.add(id(module))
    inner = (each for each in module.names.values() if isinstance(each, Module))
    return "training" in module.source.text or any(_has_trained_parts(each, met) for each in inner)


class Ceilings:
    """Looks at one network while it is built.

    Args:
        most: the most that each cost may be.
    """

    def __init__(self, most: Mapping[str, int | float]) -> None:
        self._most = most
        self._costs = dict.fromkeys(most, 0)
        self._shapes: dict[str, Shape] = {}
        self._nodes = 0

    def __call__(self, nodes: Sequence[Node], inputs: Mapping[str, Shape]) -> None:
        """Add up what a statement has added.

        Raises:
            TooDear: the network costs more than it may.
        """
        added = tuple(nodes[self._nodes :])
        self._nodes = len(nodes)
        self._shapes.update(inputs)
        self._shapes.update(value_shapes(added))
        for node in added:
            costs = node_costs(node, self._shapes)
            for name, most in self._most.items():
                self._costs[name] += quantity(costs, name)
                if self._costs[name] > most:
                    raise TooDear
