"""Names in the code are found once: a class has one home, and a package says what its room is for."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

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


def name_of(package: Path) -> str:
    return package.parent.relative_to(PACKAGE.parent).as_posix()


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
