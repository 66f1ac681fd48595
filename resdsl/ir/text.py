"""Values and definitions as the language writes them: what tables, figures and docstrings call them."""

from __future__ import annotations

from resdsl.ir.network import DimsValue, ListValue, Origin, Reference, Value


def said(value: Value) -> str:
    """A value of the language as it is written there; strings stand bare."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, DimsValue):
        return "x".join(map(str, value.dims))
    if isinstance(value, ListValue):
        return f"[{', '.join(map(said, value.items))}]"
    if isinstance(value, Reference):
        inner = ", ".join(f"{each.name} = {said(each.value)}" for each in value.arguments)
        return f"{value.name}({inner})" if inner else value.name
    return str(value)


def call(origin: Origin, shown: frozenset[str] | None = None) -> str:
    """A use of a definition: `basic(64, /2)`.

    Args:
        origin: the definition and its arguments.
        shown: names of the arguments that are worth saying; all, if that is None. A stride of one never is.
    """
    parts = []
    for index, each in enumerate(origin.arguments):
        if shown is not None and each.name not in shown:
            continue
        if each.name == "stride":
            parts += [] if each.value == 1 else [f"/{said(each.value)}"]
        else:
            parts.append(said(each.value) if index == 0 else f"{each.name}={said(each.value)}")
    return f"{origin.name}({', '.join(parts)})" if parts else origin.name
