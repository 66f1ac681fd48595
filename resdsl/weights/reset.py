"""Modules whose weights are not taken from a file but drawn, such as a head for other classes."""

from __future__ import annotations

from collections.abc import Collection

from resdsl.diagnostics.suggest import did_you_mean
from resdsl.refusal import Refused


class InvalidReset(Refused):
    """A module that cannot be reset, for the network has none of this name."""


def reset_prefixes(reset: tuple[str, ...], names: Collection[str]) -> tuple[str, ...]:
    """With what the names of all tensors under these modules begin, for `str.startswith`.

    A tensor lies under a module by whole components: `layer4.0.conv1.weight` lies under `layer4` and
    `layer4.0`, and `fc2.weight` not under `fc`.

    Args:
        reset: paths of modules.
        names: full names of all tensors of the network.

    Raises:
        InvalidReset: a path is empty, given twice, or that of no module with tensors.
    """
    for position, path in enumerate(reset):
        if not path:
            raise InvalidReset("the path of a module to reset is empty")
        if path in reset[:position]:
            raise InvalidReset(f"`{path}` is to be reset twice")
        if not any(name.startswith(f"{path}.") for name in names):
            raise InvalidReset(f"`{path}` cannot be reset: {_why(path, names)}")
    return tuple(f"{path}." for path in reset)


def _why(path: str, names: Collection[str]) -> str:
    if path in names:
        return f"it is a tensor, and what is reset is a module, here `{path.rpartition('.')[0]}`"
    hint = did_you_mean(path, _modules(names))
    return "the network has no module of this name with weights" + (f"; {hint}" if hint else "")


def _modules(names: Collection[str]) -> set[str]:
    """The modules that hold tensors, and all that hold such modules."""
    paths: set[str] = set()
    for name in names:
        parts = name.split(".")
        paths.update(".".join(parts[:count]) for count in range(1, len(parts)))
    return paths
