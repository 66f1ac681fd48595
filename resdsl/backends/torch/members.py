"""The modules that a generated class holds: the tree that the paths of its nodes make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from resdsl.backends.torch.names import check_path
from resdsl.ir.network import Node
from resdsl.ops.forms import TorchExpression, TorchForm


@dataclass
class Member:
    """A module of the class, or a container of modules.

    Attributes:
        key: its name in what holds it.
        node: the node that first calls it; None for a container.
        inner: what a container holds.
        chain: the nodes that one call of the container computes; empty where each is called apart.
    """

    key: str
    node: Node | None = None
    inner: dict[str, Member] = field(default_factory=dict)
    chain: tuple[Node, ...] = ()

    @property
    def target(self) -> str:
        """How the class reaches it."""
        return f'self["{self.key}"]' if self.key.isdigit() else f"self.{self.key}"


@dataclass(frozen=True)
class Members:
    """All modules of a class.

    Attributes:
        tree: by first part of the path, in PyTorch's order.
        access: for every path, how the class reaches the module; for the first of those that one call computes,
            how it reaches their container.
    """

    tree: dict[str, Member]
    access: dict[str, str]

    @property
    def numbered(self) -> bool:
        """Whether the class itself must be a container, since its modules have numbers for names."""
        return any(key.isdigit() for key in self.tree)


def members_of(
    nodes: tuple[Node, ...], forms: Mapping[str, TorchForm], containers: Mapping[str, tuple[Node, ...]]
) -> Members:
    """The modules of a graph.

    Args:
        nodes: the graph.
        forms: of each layer, by name; a layer that is an expression has no module.
        containers: nodes that one call computes, by the name of the first.

    Raises:
        UnusablePath: a path is none that PyTorch can have.
    """
    tree: dict[str, Member] = {}
    access: dict[str, str] = {}
    for node in nodes:
        parts = check_path(node.path)
        if node.path in access or isinstance(forms.get(node.name), TorchExpression):
            continue
        held = tree
        for part in parts[:-1]:
            held = held.setdefault(part, Member(part)).inner
        held[parts[-1]] = Member(parts[-1], node)
        first, *rest = parts
        access[node.path] = tree[first].target + _within(rest)
    for first_name, chain in containers.items():
        member = tree[chain[0].path.partition(".")[0]]
        member.chain = chain
        access[first_name] = member.target
    return Members(tree, access)


def _within(parts: list[str]) -> str:
    """How a container is asked for what it holds; to type checkers, what a dictionary holds is no dictionary."""
    if len(parts) > 1:
        return f'.get_submodule("{".".join(parts)}")'
    return "".join(f'["{part}"]' for part in parts)
