"""Finds the file of a spec by its path or its shipped name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from resdsl.diagnostics.spec_error import SpecError
from resdsl.resources import shipped_specs, shipped_studies, spec_folder, zoo_specs
from resdsl.source import Source, Unreadable, is_there, read_source


@dataclass(frozen=True, slots=True)
class Located:
    """A file, its name for messages, and the selected network in it (None for the default)."""

    path: Path
    name: str
    network: str | None


def locate(spec: str, network: str | None = None) -> Located:
    """Find a spec.

    A path has a separator or ends in `.res` or `.json`; anything else is the name of a shipped network or study.

    Raises:
        SpecError: the name is neither a path nor that of a shipped network or study.
    """
    if "/" in spec or "\\" in spec or spec.endswith((".res", ".json")):
        return Located(Path(spec), spec, network)
    for specs in (shipped_specs(), zoo_specs()):
        for path in specs:
            if path.stem == spec:
                return Located(path, name_of(path), network)
        for path in specs:
            if spec in networks_of(path):
                return Located(path, name_of(path), network or spec)
    for path in shipped_studies():
        if path.stem == spec:
            return Located(path, name_of(path), network)
    if spec and is_there(Path(spec)):
        return Located(Path(spec), spec, network)
    from resdsl.elaborate.errors.files import NoSuchSpec

    names = (name for path in (*shipped_specs(), *zoo_specs()) for name in networks_of(path))
    studies = (path.stem for path in shipped_studies())
    file = next((f"{spec}{suffix}" for suffix in (".res", ".json") if spec and is_there(Path(f"{spec}{suffix}"))), None)
    raise SpecError([NoSuchSpec(name=spec, known=(*names, *studies), file=file)])


def name_of(path: Path) -> str:
    """The name of a shipped file in messages, such as `specs/zoo/vgg.res`."""
    return f"specs/{path.relative_to(spec_folder()).as_posix()}"


def networks_of(path: Path) -> tuple[str, ...]:
    """The names of the networks in a shipped file, in order."""
    from resdsl.syntax import tree
    from resdsl.syntax.parser import parse

    file = parse(read_source(path))
    return tuple(
        item.name.text
        for item in file.items
        if isinstance(item, tree.Variant) or (isinstance(item, tree.Definition) and item.kind == "network")
    )


def read(path: Path, name: str) -> Source:
    """Read the text of a file.

    Raises:
        SpecError: the file cannot be read.
    """
    try:
        return read_source(path, name)
    except Unreadable as error:
        from resdsl.syntax.errors import UnreadableText

        raise SpecError([UnreadableText(name=name, reason=str(error))]) from None
