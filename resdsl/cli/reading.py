"""From the name of a spec on the command line to a text that was read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.catalogue import locate
from resdsl.compiler import read_spec
from resdsl.diagnostics.problem import SpecError
from resdsl.source import Source, Unreadable, decode, read_source
from resdsl.syntax.errors import UnreadableText

if TYPE_CHECKING:
    from resdsl.compiler import Spec


def read(spec: str, network: str | None, import_path: tuple[Path, ...]) -> tuple[Spec, str | None]:
    """The text that is meant, and the network of it that is asked for, if one is.

    Raises:
        SpecError: with every problem found.
    """
    try:
        if spec == "-":
            return read_spec(Source("<stdin>", decode(sys.stdin.buffer.read()), Path()), import_path), network
        located = locate(spec, network)
        return read_spec(read_source(located.path, located.name), import_path), located.network
    except Unreadable as error:
        raise SpecError(
            [UnreadableText(name="the standard input" if spec == "-" else spec, reason=str(error))]
        ) from None
