"""What can be wrong with the meaning of a text: each module has the problems of one subject.

A module is imported when the first of its problems is met: most texts have none, and all of them take long to import.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resdsl.elaborate.errors import (
        arguments,
        drawing,
        files,
        flow,
        names,
        networks,
        solving,
        strides,
        sweeps,
        values as values,
    )

__all__ = ["arguments", "drawing", "files", "flow", "names", "networks", "solving", "strides", "sweeps", "values"]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
