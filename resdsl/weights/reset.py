"""Modules to initialise from the seed instead of a file, such as a head for other classes."""

from __future__ import annotations

from collections.abc import Collection

from resdsl.diagnostics.suggest import did_you_mean
from resdsl.refusal import Refused


class InvalidReset(Refused):
    """A module cannot be reset, for example because the network does not have it."""


def reset_prefixes(reset: tuple[str, ...], names: Collection[str]) -> tuple[str, ...]:
    """The prefixes of the names of all tensors in these modules, for `str.startswith`.

    Only whole components count: `layer4.0.conv1.weight` belongs to `layer4` and `layer4.0`, but `fc2.weight` does not
    belong to `fc`.

    Args:
        reset: paths of modules.
        names: full names of all tensors of the network.

    Raises:
        InvalidReset: a path is empty, listed twice, or not that of a module with tensors.
    """
    for position, path in enumerate(reset):
        if not path:
            raise InvalidReset("the path of a module to reset is empty")
        if path in reset[:position]:
            raise InvalidReset(f"`{path}` is listed twice in the modules to reset")
        if not any(name.startswith(f"{path}.") for name in names):
            raise InvalidReset(f"`{path}` cannot be reset: {_why(path, names)}")
    return tuple(f"{path}." for path in reset)


def _why(path: str, names: Collection[str]) -> str:
    if path in names:
        return f"it is a tensor, not a module; reset the module `{path.rpartition('.')[0]}` instead"
    hint = did_you_mean(path, _modules(names))
    return "the network has no such module with weights" + (f"; {hint}" if hint else "")


def _modules(names: Collection[str]) -> set[str]:
    """All modules that contain tensors, directly or in their submodules."""
    paths: set[str] = set()
    for name in names:
        parts = name.split(".")
        paths.update(".".join(parts[:count]) for count in range(1, len(parts)))
    return paths
