"""Every package says what its room is for."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.test_layers import MODULES, PACKAGE, parsed


def test_every_package_says_what_it_is_for() -> None:
    packages = [path for path in MODULES if path.name == "__init__.py"]
    assert [name_of(path) for path in packages if len(ast.get_docstring(parsed(path)) or "") < 100] == []


def name_of(package: Path) -> str:
    return package.parent.relative_to(PACKAGE.parent).as_posix()
