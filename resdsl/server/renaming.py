"""Gives a name of a text another one, wherever it stands, or says why not."""

from __future__ import annotations

import re
from collections.abc import Iterable

from resdsl.elaborate.linking import Module, SweepDefinition
from resdsl.elaborate.names import RESERVED
from resdsl.elaborate.scope import FUNCTIONS, SETTINGS
from resdsl.elaborate.stages import REPEAT_NAMES
from resdsl.ops.registry import ops
from resdsl.refusal import Refused
from resdsl.resources import spec_folder
from resdsl.server.open_text import OpenText
from resdsl.server.symbols import Symbol, bound_names, declarations, references, sweep_over
from resdsl.source import Span
from resdsl.syntax import tree
from resdsl.syntax.parser import keywords

_OF_THE_LANGUAGE = (*SETTINGS, "stride", "input", "path")
"""Parameters whose name is what stages, networks and calls know them by."""


class NotRenamed(Refused):
    """A name cannot be replaced by another."""


def refuse_renaming(symbol: Symbol) -> None:
    """Refuse a name that others depend on.

    Raises:
        NotRenamed: it is one of the standard library, a path, or one that the language knows.
    """
    path = symbol.module.source.path
    if symbol.kind == "path":
        raise NotRenamed("a path is the name of modules in files of weights, and is not renamed from here")
    if path is not None and path.is_relative_to(spec_folder() / "std"):
        raise NotRenamed(f"`{symbol.name}` belongs to the standard library")
    if symbol.kind == "parameter" and symbol.name in _OF_THE_LANGUAGE:
        raise NotRenamed(f"`{symbol.name}` is known to the language by this name")
    if not declarations(symbol):
        raise NotRenamed(f"`{symbol.name}` is not defined here")


def refuse_half_known(texts: Iterable[OpenText]) -> None:
    """Refuse while not every place of a name can be known.

    Raises:
        NotRenamed: one of the texts that may have the name cannot be read.
    """
    for text in texts:
        if not text.is_linked:
            name = text.path.name if text.path is not None else "this text"
            raise NotRenamed(f"{name} has an error that hides where the name stands; mend it first")


def renamed(symbol: Symbol, name: str, modules: Iterable[Module]) -> list[Span]:
    """The places where the new name goes.

    Raises:
        NotRenamed: it is no name, it is taken, or the old one must stay.
    """
    refuse_renaming(symbol)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise NotRenamed(f"`{name}` is not a name: it must be letters, digits and `_`, and begin with no digit")
    if name in _words(symbol):
        raise NotRenamed(f"`{name}` is a word of the language")
    modules = list(modules)
    sweep = sweep_over(symbol, modules) if symbol.kind == "parameter" else None
    if sweep is not None:
        raise NotRenamed(
            f"the sweep `{sweep}` names `{symbol.name}` too, perhaps of several networks; rename it by hand"
        )
    if name != symbol.name and name in _taken(symbol, modules):
        raise NotRenamed(f"`{name}` is taken")
    return references(symbol, modules)


def _words(symbol: Symbol) -> set[str]:
    """The words of the language that a name cannot be; a sweep may be called like a function."""
    words = {*keywords(), *RESERVED, *ops(), *REPEAT_NAMES}
    is_sweep = symbol.kind == "definition" and isinstance(symbol.module.names.get(symbol.name), SweepDefinition)
    return words if is_sweep else words | {*FUNCTIONS}


def _taken(symbol: Symbol, modules: list[Module]) -> set[str]:
    """The names that would mean something else, or mean the symbol where they do not yet."""
    taken = set(symbol.module.visible())
    owners: list[tree.Item] = [symbol.owner] if symbol.owner is not None else []
    if symbol.kind == "definition":
        owners = [item for module in modules for item in module.file.items]
    for owner in owners:
        taken.update(bound for bound, _ in bound_names(owner))
        if isinstance(owner, tree.Definition | tree.Variant):
            taken.update(parameter.name for parameter in owner.parameters)
    return taken
