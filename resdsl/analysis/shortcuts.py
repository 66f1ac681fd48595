"""How many shortcuts of each kind a network has: the solid and dotted lines of He et al. 2015, Figure 3."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.analysis.costs import body_costs
from resdsl.ir.network import Body, Call, Layer, Network, Node


@dataclass(frozen=True, slots=True)
class Shortcuts:
    """The number of residual sums, by what is added to the body (He et al. 2015, Section 3.3).

    Attributes:
        identity: the input, unchanged: the solid lines of Figure 3.
        zero_padded: a shortcut without parameters; option A, which fills new channels with zeros.
        projection: a shortcut that learns; options B and C.
    """

    identity: int = 0
    zero_padded: int = 0
    projection: int = 0

    @property
    def total(self) -> int:
        """All residual sums."""
        return self.identity + self.zero_padded + self.projection

    def __add__(self, other: Shortcuts) -> Shortcuts:
        return Shortcuts(
            self.identity + other.identity,
            self.zero_padded + other.zero_padded,
            self.projection + other.projection,
        )

    def __mul__(self, times: int) -> Shortcuts:
        return Shortcuts(self.identity * times, self.zero_padded * times, self.projection * times)


def count_shortcuts(network: Network) -> Shortcuts:
    """The shortcuts of the whole network, including repeats and nested residuals."""
    return _in_graph(network.nodes, {})


def _in_graph(nodes: tuple[Node, ...], known: dict[Body, Shortcuts]) -> Shortcuts:
    calls = {node.name: node.body for node in nodes if isinstance(node, Call)}
    found = Shortcuts()
    for node in nodes:
        if isinstance(node, Layer):
            if node.joins == "residual":
                found += _kind(calls.get(node.inputs[1]))
        elif isinstance(node, Call):
            found += _in_body(node.body, known)
        else:
            for run in node.runs:
                found += _in_body(run.body, known) * run.count
    return found


def _in_body(body: Body, known: dict[Body, Shortcuts]) -> Shortcuts:
    if body not in known:
        known[body] = _in_graph(body.nodes, known)
    return known[body]


def _kind(beside: Body | None) -> Shortcuts:
    """The kind of one residual sum; `beside` is the body whose result is its second input, if it is a call's."""
    if beside is None or beside.origin.kind != "shortcut":
        return Shortcuts(identity=1)
    return Shortcuts(projection=1) if body_costs(beside).params else Shortcuts(zero_padded=1)
