"""Values and definitions as the language writes them, for tables, figures and docstrings."""

from __future__ import annotations

from resdsl.ir.network import DimsValue, ListValue, Network, Origin, Reference, Tap, Value
from resdsl.ops.base import show


def input_texts(network: Network) -> list[str]:
    """The shape of each input; with its name where there are several: `rgb 3x224x224`."""
    if len(network.inputs) == 1:
        return [show(network.inputs[0].shape)]
    return [f"{given.name} {show(given.shape)}" for given in network.inputs]


def output_text(tap: Tap) -> str:
    """The name of an output; with a mark where it exists in training only."""
    return f"{tap.name} (training)" if tap.training else tap.name


def value_text(value: Value) -> str:
    """A value as the language writes it; strings have no quotes."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, DimsValue):
        return "x".join(map(str, value.dims))
    if isinstance(value, ListValue):
        return f"[{', '.join(map(value_text, value.items))}]"
    if isinstance(value, Reference):
        inner = ", ".join(f"{each.name} = {value_text(each.value)}" for each in value.arguments)
        return f"{value.name}({inner})" if inner else value.name
    return str(value)


def call(origin: Origin, visible: frozenset[str] | None = None) -> str:
    """A use of a definition: `basic(64, /2)`.

    Args:
        origin: the definition and its arguments.
        visible: the arguments to show; all of them if None. A stride of one is never shown.
    """
    parts = []
    for index, each in enumerate(origin.arguments):
        if visible is not None and each.name not in visible:
            continue
        if each.name == "stride":
            parts += [] if each.value == 1 else [f"/{value_text(each.value)}"]
        else:
            parts.append(value_text(each.value) if index == 0 else f"{each.name}={value_text(each.value)}")
    return f"{origin.name}({', '.join(parts)})" if parts else origin.name
