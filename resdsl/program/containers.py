"""Modules that are called together, because PyTorch has them in an `nn.Sequential`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from resdsl.ir.network import INPUT, Node
from resdsl.ops.forms import TorchExpression, TorchForm, TorchModule

Nodes = tuple[Node, ...]


def containers(nodes: Nodes, forms: Mapping[str, TorchForm], outputs: Collection[str]) -> dict[str, Nodes]:
    """The containers of a graph that are called as a whole, such as `features` for `features.0` to `features.9`.

    Args:
        nodes: the nodes of the graph.
        forms: the form of each layer, by name; a layer that is an expression has no module.
        outputs: values that are read from outside.

    Returns:
        The nodes of each container, by the name of its first node.
    """
    groups: dict[str, list[Node]] = {}
    for node in nodes:
        groups.setdefault(node.path.partition(".")[0], []).append(node)
    places = {node.name: place for place, node in enumerate(nodes)}
    readers = Counter([*(value for node in nodes for value in node.inputs), *outputs])
    found: dict[str, Nodes] = {}
    for key, group in groups.items():
        if [node.path for node in group] != [f"{key}.{index}" for index in range(len(group))]:
            continue
        start = places[group[0].name]
        together = list(nodes[start : start + len(group)]) == group
        if together and _is_chain(group, forms, readers):
            found[group[0].name] = tuple(group)
    return found


def is_row(nodes: Nodes, forms: Mapping[str, TorchForm], output: str) -> bool:
    """Whether a whole graph is one `nn.Sequential`: modules `0`, `1`, ..., each reading the one before."""
    before = INPUT
    for position, node in enumerate(nodes):
        form = forms.get(node.name)
        plain = isinstance(form, TorchModule) and form.before is None
        if not plain or node.path != str(position) or node.inputs != (before,):
            return False
        before = node.name
    return bool(nodes) and output == before


def _is_chain(group: Sequence[Node], forms: Mapping[str, TorchForm], readers: Mapping[str, int]) -> bool:
    """Whether each node is a module that reads the one before, and is its only reader."""
    before: Node | None = None
    for node in group:
        form = forms.get(node.name)
        if node.name != node.path or isinstance(form, TorchExpression):
            return False
        if len(node.inputs) != 1 or len(node.shapes) != 1:
            return False
        if before is not None and (node.inputs != (before.name,) or readers[before.name] != 1 or _is_prepared(form)):
            return False
        before = node
    return True


def _is_prepared(form: TorchForm | None) -> bool:
    """Whether an expression is applied to the input of a module, which a container cannot express."""
    return isinstance(form, TorchModule) and form.before is not None
