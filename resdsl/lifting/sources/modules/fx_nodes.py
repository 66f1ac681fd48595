"""What nodes of an exported program say of themselves."""

from __future__ import annotations

import operator

from torch import fx


def is_in_place(node: fx.Node) -> bool:
    """Whether a node changes what it reads."""
    schema = getattr(node.target, "_schema", None)
    return schema is not None and schema.is_mutable


def kind_of(node: fx.Node) -> str:
    """The function that a node calls, without what tells its forms apart."""
    if node.target is operator.getitem:
        return "getitem"
    packet = getattr(node.target, "overloadpacket", node.target)
    name = str(getattr(packet, "__name__", packet))
    return name.removesuffix("_") if is_in_place(node) else name


def scopes_of(node: fx.Node) -> list[str]:
    """The paths of the modules around a call, the outermost first, without the whole."""
    stack = node.meta.get("nn_module_stack") or {}
    return [path for path, _ in stack.values() if path]
