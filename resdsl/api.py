"""The Python interface: from texts to networks, which have everything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.analysis.expectations import check_expectations, failure
from resdsl.diagnostics.spec_error import SpecError
from resdsl.net import Net
from resdsl.settings import InputSetting, Setting, overrides_of, with_inputs
from resdsl.source import Source

if TYPE_CHECKING:
    from resdsl.elaborate.binding import Override


__all__ = ["Net", "build", "from_json", "is_json", "load", "loads"]


def load(
    spec: str | PathLike[str],
    network: str | None = None,
    *,
    input: InputSetting = None,  # noqa: A002 - the language's own word
    import_path: tuple[str | PathLike[str], ...] = (),
    **values: Setting,
) -> Net:
    """Load a network from a file.

    Args:
        spec: the path of a text, or of JSON made from one, or the name of a shipped network.
        network: the name of the network in the file; by default the one named like the file, or the only one.
        input: an input shape that replaces that of the text, such as `"3x128x128"`; `{"rgb": "3x128x128"}` by name.
        import_path: folders to search for imports, after that of the file.
        values: parameters and settings. A string is an expression of the language (`"A"`, `"3x3"`); numbers,
            booleans and lists are used as they are.

    Raises:
        SpecError: with all problems found.
        resdsl.ir.json.InvalidJson: a JSON file does not contain a valid network.
        TypeError: the language has no type for a value.
    """
    from resdsl.catalogue import locate, read

    place, overrides = locate(str(spec), network), overrides_of(with_inputs(values, input))
    return build(read(place.path, place.name), place.network, overrides, tuple(map(Path, import_path)))


def loads(
    text: str,
    network: str | None = None,
    *,
    input: InputSetting = None,  # noqa: A002 - the language's own word
    **values: Setting,
) -> Net:
    """Load a network from a text; the arguments are those of `load`. A text has no folder of its own to import from.

    Raises:
        SpecError: with all problems found.
    """
    return build(Source("<text>", text), network, overrides_of(with_inputs(values, input)))


def build(
    source: Source,
    network: str | None = None,
    overrides: Mapping[str, Override] | None = None,
    import_path: tuple[Path, ...] = (),
) -> Net:
    """Load a network from a source, which is a text or JSON made from one.

    Raises:
        SpecError: with all problems found.
        resdsl.ir.json.InvalidJson: the source is JSON, but not a valid network.
    """
    if is_json(source):
        return replace(from_json(source.text, overrides), files=(source.path,) if source.path is not None else ())
    from resdsl.compiler import read_spec

    built = read_spec(source, import_path).build(network, overrides)
    return Net(built.network, built.checks, built.warnings, built.files, built.places)


def is_json(source: Source) -> bool:
    """Whether a source is JSON rather than a text of the language."""
    return source.name.endswith(".json") or source.text.lstrip()[:1] == "{"


def from_json(text: str, overrides: Mapping[str, Override] | None = None) -> Net:
    """Load a network written by `Net.to_json`.

    Raises:
        SpecError: values are given, which a network in JSON cannot take; or one of its `expect` lines does not hold.
        resdsl.ir.json.InvalidJson: the text is not a valid network.
    """
    from resdsl.ir.json import from_json as read

    network = read(text)
    for name, override in (overrides or {}).items():
        from resdsl.elaborate.errors.arguments import UnknownArgument

        callee = "a network in JSON is finished and"
        raise SpecError([UnknownArgument(span=override.span, name=name, callee=callee, known=())])
    checks = check_expectations(network)
    if failed := [problem for problem in map(failure, checks) if problem]:
        raise SpecError(failed)
    return Net(network, checks)
