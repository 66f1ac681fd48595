"""What the settings `shortcut`, `norm` and `act` may hold, and where each was given.

A setting is given in one place and asked for in many, often in a file that its author never saw. So a
value that cannot play its part is told where it was given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from resdsl.elaborate.building import Building
from resdsl.elaborate.linking import Callee, Module
from resdsl.elaborate.scope import SETTINGS
from resdsl.elaborate.values import Value, key
from resdsl.ops.base import Op
from resdsl.ops.registry import ops
from resdsl.source import Span

PARTS = {"shortcut": "shortcut", "norm": "norm", "act": "activation"}
"""What each setting holds, in words."""


def plays(op: type[Op], setting: str) -> bool:
    """Whether an op can be the norm or the activation in force."""
    return op.normalises if setting == "norm" else op.activates


def fitting(setting: str, module: Module) -> tuple[str, ...]:
    """Names that a setting can be given in a file: shortcuts, or ops and the file's own blocks; `none` is left out."""
    if setting == "shortcut":
        return tuple(sorted(_callees(module, module.visible(), "shortcut")))
    own = sorted(_callees(module, module.names, "block"))
    return (*(name for name, op in ops().items() if plays(op, setting)), *own)


def _callees(module: Module, names: Iterable[str], kind: str) -> Iterator[str]:
    for name in names:
        named = module.find(name)
        if isinstance(named, Callee) and named.kind == kind:
            yield name


def set_at(name: str, value: Value, span: Span | None, building: Building) -> None:
    """Remember where a setting was given a value; other names are none of a setting."""
    if name in SETTINGS and span is not None:
        building.settings.setdefault((name, key(value)), span)


def where_given(name: str, value: Value, building: Building) -> Span | None:
    """Where a setting was first given this value; None where no text did."""
    return building.settings.get((name, key(value)))
