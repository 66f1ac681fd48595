"""Arguments of a module of PyTorch, of the shapes that are given for its inputs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Any

import torch
from torch import nn

from resdsl.lifting.refusals import NotLifted
from resdsl.printable import some

_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_NAMED = (*_POSITIONAL, Parameter.KEYWORD_ONLY)


@dataclass(frozen=True)
class ModuleArguments:
    """The arguments of one call, by name; that of a module whose input has no name is called "".

    Attributes:
        positional: those that are given by their places, in order.
        by_keyword: those that are given by their names.
        names: the names of all of them, in order.
    """

    positional: tuple[torch.Tensor, ...]
    by_keyword: dict[str, torch.Tensor]
    names: tuple[str, ...]

    @property
    def by_name(self) -> dict[str, torch.Tensor]:
        """All of them."""
        return dict(zip(self.names, (*self.positional, *self.by_keyword.values()), strict=True))


@contextlib.contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """A module in evaluation mode; each of its parts has its own mode again afterwards."""
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        yield
    finally:
        for part, training in modes.items():
            part.training = training


def arguments_of(module: nn.Module, sizes: Mapping[str, Sequence[int]], fill: Any) -> ModuleArguments:
    """The arguments of a module for one sample.

    Args:
        module: the module.
        sizes: their shapes, without the batch, by name; under "" that of the only one.
        fill: makes a tensor of sizes.

    Raises:
        NotLifted: a shape is missing, or is of no argument.
    """
    taken = signature(module.forward).parameters
    names = [name for name, each in taken.items() if each.kind in _NAMED]
    needed = [name for name in names if taken[name].default is Parameter.empty]
    if not sizes:
        _refuse_none(needed)
    if "" in sizes:
        sizes = {_only(names, needed, sizes): sizes[""]}
    any_name = any(each.kind is Parameter.VAR_KEYWORD for each in taken.values())
    unknown = [] if any_name else [name for name in sizes if name and name not in names]
    if unknown:
        raise NotLifted(f"the module takes no `{unknown[0]}`; it takes {some(names) or 'nothing by name'}")
    missing = [name for name in needed if name not in sizes]
    if missing:
        raise NotLifted(f"the shape of the input `{missing[0]}` is missing: give it, as in `--input {missing[0]}=64`")
    order = [*[name for name in names if name in sizes], *[name for name in sizes if name not in names]]
    made = {name: fill(1, *sizes[name]) for name in order}
    places = _by_place(order, names, taken)
    named = {name: made[name] for name in order if name not in places}
    return ModuleArguments(tuple([made[name] for name in places]), named, tuple(order))


def _by_place(order: Sequence[str], names: Sequence[str], taken: Mapping[str, Parameter]) -> list[str]:
    """The arguments that can be given by their places: those before the first one that is left out."""
    found = []
    for given, name in zip(order, names, strict=False):
        if given != name or taken[name].kind not in _POSITIONAL:
            break
        found.append(name)
    return found or [name for name in order if not name]


def _only(names: Sequence[str], needed: Sequence[str], sizes: Mapping[str, Sequence[int]]) -> str:
    """The name of the only input."""
    if len(needed) > 1 or len(sizes) > 1:
        wanted = needed if len(needed) > 1 else names
        shape = "x".join(map(str, sizes[""]))
        hint = " ".join(f"--input {name}={'x'.join(map(str, sizes.get(name, ()))) or shape}" for name in wanted)
        raise NotLifted(f"the module takes {', '.join(wanted)}: give shapes with their names, as in `{hint}`")
    return next(iter([*needed, *names]), "")


def _refuse_none(needed: Sequence[str]) -> None:
    if len(needed) > 1:
        hint = " ".join(f"--input {name}=3x224x224" for name in needed)
        raise NotLifted(f"a module does not tell the shapes of its inputs: give them, as in `{hint}`")
    raise NotLifted("a module does not tell the shape of its input: give it, as in `--input 3x224x224`")
