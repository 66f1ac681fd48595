"""From what a command line says to the networks that are meant."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl import api, settings
from resdsl.catalogue import locate
from resdsl.cli.messages import warn
from resdsl.diagnostics.problem import once
from resdsl.diagnostics.spec_error import SpecError
from resdsl.source import Source, Unreadable, decode, read_bounded, read_source, unreadable

if TYPE_CHECKING:
    from resdsl.compiler import Built, Spec
    from resdsl.elaborate.binding import Override


def read_source_of(spec: str, network: str | None) -> tuple[Source, str | None]:
    """The text of a spec, and the network of it that is asked for, if one is.

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
    """The text that is piped or typed in; where it comes from a file, that is known as its path, too."""
    try:
        data = read_bounded(sys.stdin.buffer)
    except OSError as error:
        raise unreadable(error) from None
    return Source("<stdin>", decode(data), Path(), Path("/dev/stdin"))


def overrides_of(values: Mapping[str, str]) -> dict[str, Override]:
    """Values of `--set` and `--input`; messages call them so.

    Raises:
        SpecError: one is no expression.
    """
    return settings.overrides_of(values, {name: "--input" if name == "input" else f"--set {name}" for name in values})


def load_net(spec: str, network: str | None, values: Mapping[str, str], import_path: Sequence[str]) -> api.Net:
    """The one network that a command line means.

    Raises:
        SpecError: with every problem found.
        resdsl.ir.json.InvalidJson: a file of JSON holds no network.
    """
    source, chosen = read_source_of(spec, network)
    return api.build(source, chosen, overrides_of(values), tuple(map(Path, import_path)))


def load_nets(
    specs: Sequence[str], network: str | None, values: Mapping[str, str], import_path: Sequence[str]
) -> list[api.Net]:
    """The network of each spec; what they warn of is shown. Raises as `load_net` does."""
    nets = [load_net(spec, network, values, import_path) for spec in specs]
    warn(once(warning for net in nets for warning in net.warnings))
    return nets


def read_text(source: Source, import_path: Sequence[str]) -> Spec:
    """The definitions of a text.

    Raises:
        SpecError: with every problem found.
    """
    from resdsl.compiler import read_spec

    return read_spec(source, tuple(map(Path, import_path)))


def read_json(source: Source, values: Mapping[str, str]) -> Built:
    """The network of a JSON file, with what became of the figures in it.

    Raises:
        SpecError: values are given, and a network in JSON is finished.
        resdsl.ir.json.InvalidJson: it holds no network.
    """
    from resdsl.compiler import Built

    net = api.from_json(source.text, overrides_of(values))
    return Built(net.ir, net.checks, net.warnings)
