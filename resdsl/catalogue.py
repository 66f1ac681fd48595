"""From what a user calls a spec to the file that holds it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from resdsl.diagnostics.spec_error import SpecError
from resdsl.resources import shipped_specs, shipped_studies
from resdsl.source import Source, Unreadable, is_there, read_source


@dataclass(frozen=True, slots=True)
class Located:
    """A file, what messages call it, and the network in it that is meant (None: the file's own)."""

    path: Path
    name: str
    network: str | None


def locate(spec: str, network: str | None = None) -> Located:
    """Find a spec.

    A path has a separator or ends in `.res` or `.json`; anything else is the name of a shipped network or
    study.

    Raises:
        SpecError: it is neither a path nor a shipped network.
    """
    if "/" in spec or "\\" in spec or spec.endswith((".res", ".json")):
        return Located(Path(spec), spec, network)
    for path in shipped_specs():
        if path.stem == spec:
            return Located(path, f"specs/{path.name}", network)
    for path in shipped_specs():
        if spec in networks_of(path):
            return Located(path, f"specs/{path.name}", network or spec)
    for path in shipped_studies():
        if path.stem == spec:
            return Located(path, f"specs/studies/{path.name}", network)
    if is_there(Path(spec)):
        return Located(Path(spec), spec, network)
    from resdsl.elaborate.errors.files import NoSuchSpec

    names = (name for path in shipped_specs() for name in networks_of(path))
    studies = (path.stem for path in shipped_studies())
    raise SpecError([NoSuchSpec(name=spec, known=(*names, *studies))])


def networks_of(path: Path) -> tuple[str, ...]:
    """Names of the networks of a shipped file, in order."""
    from resdsl.syntax import tree
    from resdsl.syntax.parser import parse

    file = parse(read_source(path))
    return tuple(
        item.name.text
        for item in file.items
        if isinstance(item, tree.Variant) or (isinstance(item, tree.Definition) and item.kind == "network")
    )


def read(path: Path, name: str) -> Source:
    """The text of a file.

    Raises:
        SpecError: it cannot be read.
    """
    try:
        return read_source(path, name)
    except Unreadable as error:
        from resdsl.syntax.errors import UnreadableText

        raise SpecError([UnreadableText(name=name, reason=str(error))]) from None
