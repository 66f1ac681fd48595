"""Names in the code are found once: a class has one home, and a package says what its room is for."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

from tests.test_layers import MODULES, PACKAGE, parsed


def test_every_package_says_what_it_is_for() -> None:
    packages = [path for path in MODULES if path.name == "__init__.py"]
    assert [name_of(path) for path in packages if len(ast.get_docstring(parsed(path)) or "") < 100] == []


def test_no_two_classes_share_a_name() -> None:
    classes = Counter(name for path in MODULES for name in public_classes(parsed(path)))
    assert [name for name, times in classes.items() if times > 1] == []


def name_of(package: Path) -> str:
    return package.parent.relative_to(PACKAGE.parent).as_posix()


def public_classes(module: ast.Module) -> list[str]:
    """Names of the classes that a module defines, wherever they stand in it; those with an underscore are its own."""
    names = (node.name for node in ast.walk(module) if isinstance(node, ast.ClassDef))
    return [name for name in names if not name.startswith("_")]
