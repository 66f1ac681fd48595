"""The modules of a generated class, as the tree formed by the paths of its nodes."""

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
        key: its name in its parent.
        node: the node that first calls it; None for a container.
        inner: the contents of a container.
        chain: the nodes computed by one call of the container; empty if each is called separately.
    """

    key: str
    node: Node | None = None
    inner: dict[str, Member] = field(default_factory=dict)
    chain: tuple[Node, ...] = ()

    @property
    def target(self) -> str:
        """The expression by which the class accesses it."""
        return f"self.{self.key}" if self.is_attribute else f'self["{self.key}"]'

    @property
    def is_attribute(self) -> bool:
        """Whether its name can be written after a dot: one of digits or with a hyphen cannot."""
        return self.key.isidentifier()


@dataclass(frozen=True)
class Members:
    """All modules of a class.

    Attributes:
        tree: modules by the first component of the path, in PyTorch's order.
        access: for every path, the expression by which the class accesses the module; for the first of several
            computed by one call, that of their container.
    """

    tree: dict[str, Member]
    access: dict[str, str]

    @property
    def base(self) -> str:
        """What the class is derived from: a container if a module has a name that no attribute can have."""
        return "nn.Module" if all(member.is_attribute for member in self.tree.values()) else "nn.ModuleDict"


def members_of(
    nodes: tuple[Node, ...], forms: Mapping[str, TorchForm], containers: Mapping[str, tuple[Node, ...]]
) -> Members:
    """The modules of a graph.

    Args:
        nodes: the graph.
        forms: the form of each layer, by name; a layer that is an expression has no module.
        containers: nodes computed by one call, by the name of the first.

    Raises:
        UnusablePath: a path is not valid as that of a PyTorch module.
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
    """The expression for an item of a container; type checkers do not know that items of a ModuleDict can be one."""
    if len(parts) > 1:
        return f'.get_submodule("{".".join(parts)}")'
    return "".join(f'["{part}"]' for part in parts)
