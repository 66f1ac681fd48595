"""Names in the code are found once: a class has one home, and a package says what its room is for."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

from tests.test_layers import MODULES, PACKAGE, parsed

VAGUE = {"said", "told", "shown", "seen", "placed", "laid", "asked", "heard"}


def test_every_package_says_what_it_is_for() -> None:
    packages = [path for path in MODULES if path.name == "__init__.py"]
    assert [name_of(path) for path in packages if len(ast.get_docstring(parsed(path)) or "") < 100] == []


def test_no_two_classes_share_a_name() -> None:
    classes = Counter(name for path in MODULES for name in public_classes(parsed(path)))
    assert [name for name, times in classes.items() if times > 1] == []


def test_no_name_says_how_it_came_about() -> None:
    """Such words mean several things each; a name says what the thing is."""
    names = {(name_of(path), name) for path in MODULES for name in names_in(parsed(path))}
    assert [each for each in sorted(names) if {*each[1].strip("_").lower().split("_")} & VAGUE] == []


def test_what_docstrings_name_exists() -> None:
    written = {(name_of(path), name) for path in MODULES for name in dotted(parsed(path))}
    assert len(written) > 50
    assert [each for each in sorted(written) if not exists(each[1])] == []


@pytest.mark.parametrize("name", ["resdsl.draw.options.Look", "resdsl.draw.nothing", "resdsl.api.Net.nothing"])
def test_what_does_not_exist_is_found(name: str) -> None:
    assert list(dotted(ast.parse(f'"""See `{name}`."""'))) == [name]
    assert not exists(name)


def name_of(package: Path) -> str:
    return package.parent.relative_to(PACKAGE.parent).as_posix()


def dotted(module: ast.Module) -> Iterator[str]:
    """The names of ours, with their modules, in the docstrings of a module."""
    for node in ast.walk(module):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield from re.findall(r"\bresdsl(?:\.\w+)+", ast.get_docstring(node) or "")


def exists(name: str) -> bool:
    """Whether a dotted name leads to a module, or to something in one."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        with suppress(ImportError):
            found: object = import_module(".".join(parts[:count]))
            return all((found := getattr(found, part, None)) is not None for part in parts[count:])
    return False


def names_in(module: ast.Module) -> Iterator[str]:
    """All names that a module defines or uses, those of arguments and attributes too."""
    for node in ast.walk(module):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case _:
                pass


def public_classes(module: ast.Module) -> list[str]:
    """Names of the classes that a module defines, wherever they stand in it; those with an underscore are its own."""
    names = (node.name for node in ast.walk(module) if isinstance(node, ast.ClassDef))
    return [name for name in names if not name.startswith("_")]
