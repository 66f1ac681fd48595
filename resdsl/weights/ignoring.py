"""What a weight file has beyond the network and may be left out, such as the classifier of a backbone."""

from __future__ import annotations

from collections.abc import Collection

from resdsl.diagnostics.suggest import did_you_mean
from resdsl.refusal import Refused


class InvalidIgnore(Refused):
    """A part of a weight file cannot be ignored, for example because the file does not have it."""


def ignored_names(ignore: tuple[str, ...], names: Collection[str], own: Collection[str]) -> set[str]:
    """The tensors of a file under these paths that the network does not have.

    Only whole components count, as for `resdsl.weights.reset.reset_prefixes`; a path may also be that of a tensor.

    Args:
        ignore: paths of modules or tensors.
        names: full names of all tensors of the file.
        own: full names of all tensors of the network.

    Raises:
        InvalidIgnore: a path is empty, listed twice, or names nothing in the file that the network does not have.
    """
    found: set[str] = set()
    for position, path in enumerate(ignore):
        if not path:
            raise InvalidIgnore("the path of a module to ignore is empty")
        if path in ignore[:position]:
            raise InvalidIgnore(f"`{path}` is listed twice in the modules to ignore")
        under = {name for name in names if covers(path, name)}
        if not under - set(own):
            raise InvalidIgnore(f"`{path}` cannot be ignored: {_why(path, names, own)}")
        found |= under - set(own)
    return found


def covers(path: str, name: str) -> bool:
    """Whether a tensor has this name or lies in the module of this name."""
    return name == path or name.startswith(f"{path}.")


def _why(path: str, names: Collection[str], own: Collection[str]) -> str:
    if any(covers(path, name) for name in names):
        return "the network has everything that the file has under it; to draw it from the seed, reset it"
    parts = [name.split(".") for name in names if name not in own]
    known = {".".join(each[: count + 1]) for each in parts for count in range(max(1, len(each) - 1))}
    hint = did_you_mean(path, known)
    return "the file has nothing of this name" + (f"; {hint}" if hint else "")
