"""The location of the grammar, the shipped specifications and recipes.

An installed package contains `grammar/`, `recipes/` and `specs/`; in a clone, they are folders at the top. The package
comes first, so that an installed copy never reads from the folder it is started in.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


@cache
def grammar_text() -> str:
    """The grammar of the language, in Lark's notation."""
    return (_folder("grammar", "*.lark") / "resdsl.lark").read_text(encoding="utf-8")


@cache
def spec_folder() -> Path:
    """The folder of the shipped specifications; the standard library is its subfolder `std`."""
    return _folder("specs", "*.res")


@cache
def shipped_specs() -> tuple[Path, ...]:
    """The shipped specifications, by name; the standard library is not among them."""
    return tuple(sorted(spec_folder().glob("*.res"), key=lambda path: path.name))


@cache
def zoo_specs() -> tuple[Path, ...]:
    """The shipped specifications of networks outside the residual family, by name."""
    return tuple(sorted((spec_folder() / "zoo").glob("*.res"), key=lambda path: path.name))


@cache
def shipped_studies() -> tuple[Path, ...]:
    """The shipped sweeps, by name."""
    return tuple(sorted((spec_folder() / "studies").glob("*.res"), key=lambda path: path.name))


@cache
def shipped_recipes() -> tuple[Path, ...]:
    """The shipped recipes of training, by name."""
    return tuple(sorted(_folder("recipes", "*.toml").glob("*.toml"), key=lambda path: path.name))


def _folder(name: str, files: str) -> Path:
    """The first folder of this name that holds such files: the package may have a module of the same name."""
    for parent in (_PACKAGE, _PACKAGE.parent):
        if any((parent / name).glob(files)):
            return parent / name
    raise FileNotFoundError(f"this installation of resdsl is incomplete: the folder {name!r} is missing")
