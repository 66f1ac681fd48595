"""The names in a spec that completion offers, read from its text alone.

A file that is being written may not parse. Names of definitions are still found; parameters are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from resdsl.catalogue import locate
from resdsl.diagnostics.spec_error import SpecError
from resdsl.resources import shipped_specs, shipped_studies, spec_folder, zoo_specs
from resdsl.source import read_source
from resdsl.syntax import tree
from resdsl.syntax.parser import parse

_DEFINITION = r"^[ \t]*{kind}[ \t]+([A-Za-z_]\w*)"


def shipped_names() -> list[str]:
    """The shipped networks, then files of several of them, then studies."""
    paths = (*shipped_specs(), *zoo_specs())
    networks = [name for path in paths for name in defined_in(path.read_text(encoding="utf-8"), "network")]
    return list(dict.fromkeys([*networks, *(path.stem for path in (*paths, *shipped_studies()))]))


def library_names(kind: str) -> list[str]:
    """The blocks or the shortcuts of the standard library."""
    paths = sorted((spec_folder() / "std").glob("*.res"))
    return [name for path in paths for name in defined_in(path.read_text(encoding="utf-8"), kind)]


def defined_in(text: str, kind: str) -> list[str]:
    """The names that a text defines with a word such as `network` or `sweep`, in order."""
    return re.findall(_DEFINITION.format(kind=kind), text, re.MULTILINE)


class NamedSpec:
    """The spec that a command line names.

    Args:
        name: a path, or a shipped name.
        network: the network that is chosen, if one is.

    Raises:
        SpecError: there is no such spec.
        Unreadable: it cannot be read.
    """

    def __init__(self, name: str, network: str | None = None) -> None:
        located = locate(name, network)
        self._path = Path(located.path)
        self._source = read_source(self._path)
        self._network = located.network

    def defined(self, kind: str) -> list[str]:
        """The names of its definitions of a kind."""
        return defined_in(self._source.text, kind)

    def parameters(self) -> Mapping[str, str]:
        """The parameters of the network and what they are by default, as it is written; empty without a default.

        Those of the networks that a variant is made from are among them, unless it fixes them.
        """
        found: dict[str, str] = {}
        fixed: set[str] = set()
        for definition in self._bases():
            for parameter in definition.parameters:
                if parameter.name not in fixed:
                    found.setdefault(parameter.name, parameter.default.span.text if parameter.default else "")
            if isinstance(definition, tree.Variant):
                fixed |= {argument.name for argument in definition.arguments if argument.name} - set(found)
        return found

    def _bases(self) -> Iterator[tree.Definition | tree.Variant]:
        """The network, the one that it is made from, and so on."""
        name = self._default()
        met: set[str] = set()
        while name in self._networks and name not in met:
            met.add(name)
            definition = self._networks[name]
            yield definition
            if isinstance(definition, tree.Variant):
                name = definition.base.text

    def _default(self) -> str:
        """The network that is built where none is named."""
        names = [*self._networks]
        return self._network or (self._path.stem if self._path.stem in names else next(iter(names), ""))

    @cached_property
    def _networks(self) -> dict[str, tree.Definition | tree.Variant]:
        try:
            items = parse(self._source).items
        except SpecError:
            return {}
        return {
            item.name.text: item
            for item in items
            if isinstance(item, tree.Variant) or (isinstance(item, tree.Definition) and item.kind == "network")
        }
