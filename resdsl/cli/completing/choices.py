"""What can stand at each option and argument, by its name in the commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import click
from click.shell_completion import CompletionItem

from resdsl.cli.completing.specs import NamedSpec, library_names, shipped_names

_PLAIN = r"[\w.,\[\]-]+"
"""Values that need no quotes in a shell."""

Item: TypeAlias = "CompletionItem[str]"
Choices: TypeAlias = Callable[[click.Context, str], Iterable[Item]]
"""What can stand for a word of which the beginning is there, in a command line that was read as far as that."""


def _words(names: Iterable[str], beginning: str, before: str = "") -> list[Item]:
    """Those of some names that begin so, behind what stands before them in the same word."""
    return [CompletionItem(before + name) for name in names if name.startswith(beginning)]


def _of(names: Callable[[], Iterable[str]]) -> Choices:
    return lambda _context, word: _words(names(), word)


def _listed(names: Callable[[], Iterable[str]]) -> Choices:
    """Names with commas between them, each at most once."""

    def choices(_context: click.Context, word: str) -> list[Item]:
        before, comma, beginning = word.rpartition(",")
        given = before.split(",")
        return _words((name for name in names() if name not in given), beginning, before + comma)

    return choices


def _shells_own(kind: str) -> Choices:
    """Files or folders, which the shell completes best."""
    return lambda _context, word: [CompletionItem(word, type=kind)]


def _or_files(names: Callable[[], Iterable[str]], *endings: str) -> Choices:
    """Names, and files with these endings; with neither, what the shell finds."""

    def choices(_context: click.Context, word: str) -> list[Item]:
        found = [*_words(names(), word), *_words(_files(word, endings), word)]
        return [*found, *_words(_folders(word), word)] if found else [CompletionItem(word, type="file")]

    return choices


def _files(word: str, endings: tuple[str, ...]) -> Iterator[str]:
    return (each for each in _inside(word) if each.endswith(endings) and not Path(each).is_dir())


def _folders(word: str) -> Iterator[str]:
    return (f"{each}/" for each in _inside(word) if Path(each).is_dir() and not Path(each).name.startswith("."))


def _inside(word: str) -> list[str]:
    """What is in the folder that a path begins with."""
    folder, slash, _ = word.rpartition("/")
    place = Path(folder + slash or ".")
    return sorted(f"{folder}{slash}{path.name}" for path in place.iterdir()) if place.is_dir() else []


# ------------------------------------------------------------------------------------------------- of a spec


def _spec(context: click.Context, which: str = "") -> NamedSpec | None:
    """The spec that the command line names: the last of several, or the one of the side `a` or `b`."""
    # Where the value of an option is missing, as it is here, click leaves arguments unread.
    read = [context.params.get(name) for name in ("spec", "before", "after")]
    names = [each for each in (*read, *(context.params.get("specs") or ()), *context.args) if each]
    if not names:
        return None
    is_first = which == "a" or any(parameter.name == "spec" for parameter in context.command.params)
    return NamedSpec(names[0 if is_first else -1], context.params.get("network"))


def _defined(kind: str, which: str = "") -> Choices:
    """The names of definitions of a kind in the spec."""

    def choices(context: click.Context, word: str) -> list[Item]:
        spec = _spec(context, which)
        return _words(spec.defined(kind), word) if spec else []

    return choices


def _parts(context: click.Context, word: str) -> list[Item]:
    """Parts of a network that its text names: stages, and the blocks and shortcuts of the file."""
    spec = _spec(context)
    kinds = ("stage", "block", "shortcut")
    return _words((name for kind in kinds for name in spec.defined(kind)), word) if spec else []


def _settings(which: str = "") -> Choices:
    """`NAME=VALUE`: parameters and settings, then the values that they can be given."""

    def choices(context: click.Context, word: str) -> list[Item]:
        from resdsl.elaborate.scope import SETTINGS

        spec = _spec(context, which)
        parameters = spec.parameters() if spec else {}
        name, equals, value = word.partition("=")
        if equals:
            return _words(_values(name, parameters.get(name, ""), spec), value, name + equals)
        return _words((f"{each}=" for each in dict.fromkeys((*parameters, *SETTINGS))), word)

    return choices


def _values(name: str, default: str, spec: NamedSpec | None) -> list[str]:
    """What a parameter or setting can be, as far as its name and its default tell."""
    from resdsl.elaborate.scope import SETTINGS
    from resdsl.elaborate.settings import plays
    from resdsl.ops.registry import ops

    kind = "shortcut" if name == "shortcut" else "block"
    library = library_names(kind)
    own = spec.defined(kind) if spec else []
    if name == "shortcut":
        return [*library, *own, "none"]
    if name in SETTINGS:
        return [*(op for op, made in ops().items() if plays(made, name)), *own, "none"]
    if default in ("true", "false"):
        return ["true", "false"]
    if default.partition("(")[0] in {*library, *own}:
        return [*library, *own]
    written = default.replace(", ", ",")
    return [written] if re.fullmatch(_PLAIN, written) else []


# --------------------------------------------------------------------------------------------- names of ours


def _targets() -> Iterable[str]:
    from resdsl.targets import own_targets

    return own_targets()


def _ops() -> Iterable[str]:
    from resdsl.ops.registry import ops

    return ops()


def _blocks() -> Iterable[str]:
    return [*library_names("block"), *library_names("shortcut")]


def _codes() -> Iterable[str]:
    from resdsl.explanations.explanation import CASES

    return sorted({path.stem for path in CASES.glob("RES*.txt")})


def _columns() -> Iterable[str]:
    from resdsl.report.columns import COLUMNS, PRESETS

    return (*PRESETS, *COLUMNS)


def _figures() -> Iterable[str]:
    from resdsl.elaborate.expectations import QUANTITIES

    return QUANTITIES


def _devices() -> Iterable[str]:
    from resdsl.analysis.devices import DEVICES

    return DEVICES


def _conventions() -> Iterable[str]:
    from resdsl.analysis.conventions.known import CONVENTIONS

    return CONVENTIONS


def _themes() -> Iterable[str]:
    from resdsl.draw.themes import THEMES

    return THEMES


def _annotations() -> Iterable[str]:
    from resdsl.draw.options import ANNOTATIONS

    return ANNOTATIONS


def _recipes() -> Iterable[str]:
    from resdsl.resources import shipped_recipes

    return [path.stem for path in shipped_recipes()]


def _renames() -> Iterable[str]:
    from resdsl.weights.renaming import shipped_tables

    return shipped_tables()


_SPECS = _or_files(shipped_names, ".res", ".json")
_RECIPES = _or_files(_recipes, ".toml", ".json")

CHOICES: Mapping[str, Choices] = {
    # specs, and what is in them
    **dict.fromkeys(("spec", "specs", "before", "after"), _SPECS),
    "network": _defined("network"),
    "network_a": _defined("network", "a"),
    "network_b": _defined("network", "b"),
    **dict.fromkeys(("settings", "over", "together"), _settings()),
    "settings_a": _settings("a"),
    "settings_b": _settings("b"),
    "sweep": _defined("sweep"),
    "sweep name": _defined("sweep"),
    "show path": _parts,
    # names of ours
    "target": _of(_targets),
    "kinds": _listed(_targets),
    "ops names": _of(_ops),
    "blocks names": _of(_blocks),
    "list names": _of(shipped_names),
    "block": _of(_blocks),
    "codes": _of(_codes),
    "columns": _listed(_columns),
    "pareto": _listed(_figures),
    "sort": _of(_figures),
    "edf": _of(_figures),
    "device": _of(_devices),
    "convention": _of(_conventions),
    "rename": _or_files(_renames, ".txt"),
    "style": _or_files(_themes, ".toml", ".json"),
    "annotate": _listed(_annotations),
    **dict.fromkeys(("recipe_name", "recipe name", "other"), _RECIPES),
    # files
    "paths": _or_files(tuple, ".res"),
    **dict.fromkeys(
        ("output", "weights", "plot", "sheet", "confusion", "weights file", "lift model", "weights_out", "folders"),
        _shells_own("file"),
    ),
    **dict.fromkeys(("run", "data", "import_path"), _shells_own("dir")),
}
"""By the name of the parameter; by that of the command before it where the name alone means several things."""


def choices_of(command: str, parameter: str) -> Choices | None:
    """What can stand at a parameter of a command; None if nothing is known."""
    return CHOICES.get(f"{command} {parameter}") or CHOICES.get(parameter)
