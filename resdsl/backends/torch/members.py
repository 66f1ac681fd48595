"""The modules that a generated class holds: the tree that the paths of its nodes make."""

from __future__ import annotations

from dataclasses import dataclass, field

from resdsl.backends.torch.names import check_path
from resdsl.ir.network import Layer, Node
from resdsl.ops.forms import TorchForm, TorchModule


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
        access: for every path, how the class reaches the module.
        chained: for the first node of a chain its container, for every further one None.
    """

    tree: dict[str, Member]
    access: dict[str, str]
    chained: dict[str, Member | None]

    @property
    def numbered(self) -> bool:
        """Whether the class itself must be a container, since its modules have numbers for names."""
        return any(key.isdigit() for key in self.tree)


def members_of(nodes: tuple[Node, ...], forms: dict[str, TorchForm], shown: set[str]) -> Members:
    """The modules of a graph.

    Args:
        nodes: the graph.
        forms: of each layer, by name; a layer that is an expression has no module.
        shown: values that are read from outside.

    Raises:
        UnusablePath: a path is none that PyTorch can have.
    """
    tree: dict[str, Member] = {}
    access: dict[str, str] = {}
    for node in nodes:
        parts = check_path(node.path)
        if node.path in access or not _is_module(node, forms):
            continue
        held = tree
        for part in parts[:-1]:
            held = held.setdefault(part, Member(part)).inner
        held[parts[-1]] = Member(parts[-1], node)
        first, *rest = parts
        access[node.path] = tree[first].target + _within(rest)
    chained: dict[str, Member | None] = {}
    for key, member in tree.items():
        member.chain = _chain(key, member, nodes, forms, shown)
        for position, node in enumerate(member.chain):
            chained[node.name] = None if position else member
    return Members(tree, access, chained)


def _within(parts: list[str]) -> str:
    """How a container is asked for what it holds; to type checkers, what a dictionary holds is no dictionary."""
    if len(parts) > 1:
        return f'.get_submodule("{".".join(parts)}")'
    return "".join(f'["{part}"]' for part in parts)


def _is_module(node: Node, forms: dict[str, TorchForm]) -> bool:
    return not isinstance(node, Layer) or isinstance(forms[node.name], TorchModule)


def _chain(
    key: str, member: Member, nodes: tuple[Node, ...], forms: dict[str, TorchForm], shown: set[str]
) -> tuple[Node, ...]:
    """The nodes of a container that is an `nn.Sequential`: one after the other, each read by the next alone."""
    inside = tuple(node for node in nodes if node.path.partition(".")[0] == key)
    if member.node is not None or [node.path for node in inside] != [f"{key}.{at}" for at in range(len(inside))]:
        return ()
    start = nodes.index(inside[0])
    if nodes[start : start + len(inside)] != inside:
        return ()
    readers = [value for node in nodes for value in node.inputs]
    for before, node in zip((None, *inside), inside, strict=False):
        form = forms.get(node.name)
        if node.name != node.path or len(node.inputs) != 1 or not _is_module(node, forms):
            return ()
        if before and (node.inputs != (before.name,) or readers.count(before.name) != 1 or before.name in shown):
            return ()
        if before and isinstance(form, TorchModule) and form.before:
            return ()
    return inside
