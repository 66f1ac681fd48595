"""Texts compiled in memory, for comparison."""

from __future__ import annotations

from resdsl.compiler import read_spec
from resdsl.diagnostics.spec_error import SpecError
from resdsl.ir.network import Network
from resdsl.source import Source


def compiled(text: str) -> Network | None:
    """The last network of a text; None if the text has problems."""
    try:
        return network_of(text)
    except SpecError:
        return None


def network_of(text: str) -> Network:
    """The last network of a text.

    Raises:
        SpecError: the text has problems.
    """
    spec = read_spec(Source("<lifted>", text))
    return spec.build(spec.networks[-1]).network
