"""Names of modules and tensors, of which a layer may have several; the first one is that of the text."""

from __future__ import annotations

from torch import nn


def first_names(module: nn.Module) -> dict[str, str]:
    """The first name of each tensor of a state dict, by all of its names."""
    first: dict[int, str] = {}
    return {name: first.setdefault(id(each), name) for name, each in module.state_dict(keep_vars=True).items()}


def second_names(module: nn.Module) -> dict[str, str]:
    """The further names of modules with tensors, and of tensors that several modules have, each with the first one.

    What is within a module under a second name is not listed again.
    """
    found: dict[str, str] = {}
    first: dict[int, str] = {}
    for path, part in module.named_modules(remove_duplicate=False):
        known = first.setdefault(id(part), path)
        if known != path and not _is_within(path, found) and part.state_dict():
            found[path] = known
    tensors = {name: one for name, one in first_names(module).items() if name != one}
    return {**found, **{name: one for name, one in tensors.items() if not _is_within(name, found)}}


def untrained_tensors(module: nn.Module) -> frozenset[str]:
    """The names of the tensors of a state dict that no training changes: buffers, and parameters that are frozen."""
    return frozenset(name for name, each in module.state_dict(keep_vars=True).items() if not each.requires_grad)


def _is_within(path: str, modules: dict[str, str]) -> bool:
    return any(path.startswith(f"{each}.") for each in modules)
