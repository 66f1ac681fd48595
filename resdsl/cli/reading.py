"""Loads the networks that a command line refers to."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resdsl import api, settings
from resdsl.catalogue import locate
from resdsl.cli.messages import warn
from resdsl.diagnostics.problem import once
from resdsl.diagnostics.spec_error import SpecError
from resdsl.source import Source, Unreadable, decode, read_bounded, read_source, unreadable

if TYPE_CHECKING:
    from resdsl.compiler import Built, Spec
    from resdsl.elaborate.binding import Override
    from resdsl.recipes.recipe import Recipe


def read_source_of(spec: str, network: str | None) -> tuple[Source, str | None]:
    """The text of a spec, and the name of the requested network in it, if there is one.

    Raises:
        SpecError: there is no such spec, or it cannot be read.
    """
    try:
        if spec == "-":
            return _standard_input(), network
        located = locate(spec, network)
        return read_source(located.path, located.name), located.network
    except Unreadable as error:
        from resdsl.syntax.errors import UnreadableText

        name = "the standard input" if spec == "-" else spec
        raise SpecError([UnreadableText(name=name, reason=str(error))]) from None


def _standard_input() -> Source:
    """The text from the standard input; if that is a file, its path is known as well."""
    try:
        data = read_bounded(sys.stdin.buffer)
    except OSError as error:
        raise unreadable(error) from None
    return Source("<stdin>", decode(data), Path(), Path("/dev/stdin"))


def overrides_of(values: Mapping[str, str]) -> dict[str, Override]:
    """The values of `--set` and `--input`, under these names in messages.

    Raises:
        SpecError: a value is not a valid expression.
    """
    return settings.overrides_of(values, {name: _wording(name) for name in values})


def _wording(name: str) -> str:
    """The option that gives a setting, for messages."""
    first, _, of_input = name.partition(".")
    return f"--input {of_input}".rstrip() if first == "input" else f"--set {name}"


def load_net(spec: str, network: str | None, values: Mapping[str, str], import_path: Sequence[str]) -> api.Net:
    """The network that a command line refers to.

    Raises:
        SpecError: with all problems found.
        resdsl.ir.json.InvalidJson: a JSON file does not contain a valid network.
    """
    source, chosen = read_source_of(spec, network)
    return api.build(source, chosen, overrides_of(values), tuple(map(Path, import_path)))


def load_nets(
    specs: Sequence[str], network: str | None, values: Mapping[str, str], import_path: Sequence[str]
) -> list[api.Net]:
    """The network of each spec, after printing their warnings; raises the errors of `load_net`."""
    nets = [load_net(spec, network, values, import_path) for spec in specs]
    warn(once(warning for net in nets for warning in net.warnings))
    return nets


def read_text(source: Source, import_path: Sequence[str]) -> Spec:
    """The definitions of a text.

    Raises:
        SpecError: with all problems found.
    """
    from resdsl.compiler import read_spec

    return read_spec(source, tuple(map(Path, import_path)))


def read_json(source: Source, values: Mapping[str, str]) -> Built:
    """The network of a JSON file, with the results of its `expect` lines.

    Raises:
        SpecError: values are given, which a network in JSON cannot take.
        resdsl.ir.json.InvalidJson: the file does not contain a valid network.
    """
    from resdsl.compiler import Built

    net = api.from_json(source.text, overrides_of(values))
    return Built(net.ir, net.checks, net.warnings)


def recipe_of(name: str, *, steps: int | None, responses: bool) -> Recipe:
    """The recipe of `--recipe` or `--train`, changed by `--steps` and `--responses`.

    Raises:
        resdsl.recipes.reading.NotARecipe: there is no such recipe, or its file is not valid.
    """
    from resdsl.recipes.reading import recipe

    changes: dict[str, Any] = {} if steps is None else {"steps": steps}
    return recipe(name, **changes, **({"responses": True} if responses else {}))
