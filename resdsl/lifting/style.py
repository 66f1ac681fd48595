"""What most layers of a network have in common: its norm, its activation and its shortcuts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from resdsl.lifting.graph import PlainGraph, PlainNode
from resdsl.lifting.shortcuts import Policy, residual_parts, vote
from resdsl.lifting.structure import Branches, Chain, PlainStep, chains_within
from resdsl.ops.text import op_text

_GATES = ("sigmoid", "hard_sigmoid")


@dataclass(frozen=True, slots=True)
class CommonSettings:
    """The settings of a network.

    Attributes:
        norm: the norm as the language writes it, which is called `norm`; empty if there is none.
        act: likewise the activation.
        policy: its shortcuts; None if all of them are identities.
        named: whether paths are those of the file.
    """

    norm: str
    act: str
    policy: Policy | None
    named: bool

    @property
    def settings(self) -> list[str]:
        """The settings that are not those of the language, as the network has them among its parameters."""
        found = []
        if self.norm not in ("", "bn"):
            found.append(f"norm = {as_value(self.norm)}")
        if self.act not in ("", "relu"):
            found.append(f"act = {as_value(self.act)}")
        if self.policy is not None:
            found.append(f"shortcut = {self.policy.text}")
        return found


def style_of(graph: PlainGraph, chain: Chain, *, named: bool) -> CommonSettings:
    """The settings that a network can be written with."""
    norms = Counter(text(graph, node) for node in graph.nodes if node.op.normalises)
    acts = Counter(text(graph, node) for node in graph.nodes if node.op.activates and node.op.op not in _GATES)
    residuals = [part for part in branches_of(chain) if residual_parts(part) is not None]
    norm = _most(norms)
    return CommonSettings(norm, _most(acts), vote(graph, residuals, norm, named=named), named)


def act_of(graph: PlainGraph, chain: Chain) -> str:
    """The only activation of a chain, gates aside; empty if it has none, or several."""
    found = {text(graph, node) for node in _outside_gates(chain) if node.op.activates}
    return found.pop() if len(found) == 1 else ""


def _outside_gates(chain: Chain) -> Iterator[PlainNode]:
    for part in chain:
        if isinstance(part, PlainStep):
            yield part.node
        elif not isinstance(part, Branches) or part.node.op.op != "mul":
            for inner in chains_within(part):
                yield from _outside_gates(inner)


def text(graph: PlainGraph, node: PlainNode) -> str:
    """A layer as the language writes it."""
    return op_text(node.op, graph.shapes_of(node))


def branches_of(chain: Chain) -> Iterator[Branches]:
    """All branches of a chain, inner ones too."""
    for part in chain:
        if isinstance(part, Branches):
            yield part
        for inner in chains_within(part):
            yield from branches_of(inner)


def steps_of(chain: Chain) -> list[PlainNode]:
    """The layers that stand in a chain by themselves."""
    return [part.node for part in chain if isinstance(part, PlainStep)]


def _most(found: Counter[str]) -> str:
    return found.most_common(1)[0][0] if found else ""


def as_value(written: str) -> str:
    """`leaky_relu 0.1` as a value: `leaky_relu(0.1)`."""
    name, _, arguments = written.partition(" ")
    return f"{name}({arguments})" if arguments else name
