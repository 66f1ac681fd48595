"""The modules of a generated class, as the tree formed by the paths of its nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from resdsl.backends.torch.names import check_path
from resdsl.ir.network import Node
from resdsl.ops.forms import TorchExpression, TorchForm


@dataclass
class Member:
    """A module of the class, a container of modules, or a parameter of the class itself.

    Attributes:
        key: its name in its parent.
        node: the node that first calls it; None for a container.
        inner: the contents of a container, or the modules within that of a node.
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
        access: for every path, the expression by which the class accesses the module or the parameter; for the first
            of several modules computed by one call, that of their container.
        parameters: the paths of parameters that are in no module of their own.
    """

    tree: dict[str, Member]
    access: dict[str, str]
    parameters: tuple[str, ...] = ()

    @property
    def base(self) -> str:
        """What the class is derived from: a container if a module has a name that no attribute can have."""
        return "nn.Module" if all(member.is_attribute for member in self.tree.values()) else "nn.ModuleDict"

    def held(self, path: str, made: str) -> tuple[str, str]:
        """The statement that makes a parameter, given the expression for it: what it begins with, and the rest."""
        owner, _, name = path.rpartition(".")
        if not owner and name.isidentifier():
            return f"self.{name} = ", made
        module = f'self.get_submodule("{owner}")' if owner else "self"
        return "", f'{module}.register_parameter("{name}", {made})'


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
    parameters: list[str] = []
    for node in nodes:
        parts = check_path(node.path)
        form = forms.get(node.name)
        if node.path in access or (isinstance(form, TorchExpression) and form.holds is None):
            continue
        held = tree
        for part in parts[:-1]:
            held = held.setdefault(part, Member(part)).inner
        if isinstance(form, TorchExpression):
            parameters.append(node.path)
            plain = node.path.isidentifier()
            access[node.path] = f"self.{node.path}" if plain else f'self.get_parameter("{node.path}")'
            continue
        held[parts[-1]] = Member(parts[-1], node)
        access[node.path] = _accessed(tree, parts)
    for first_name, chain in containers.items():
        member = tree[chain[0].path.partition(".")[0]]
        member.chain = chain
        access[first_name] = member.target
    return Members(tree, access, tuple(parameters))


def _accessed(tree: Mapping[str, Member], path: tuple[str, ...]) -> str:
    """The expression for a module; type checkers do not know that items of a ModuleDict can be one."""
    first = tree[path[0]]
    if len(path) == 1:
        return first.target
    if len(path) == 2 and first.node is None:
        return f'{first.target}["{path[1]}"]'
    return f'{first.target}.get_submodule("{".".join(path[1:])}")'
