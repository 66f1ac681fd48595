"""No module of the compiler comes back to itself by way of what it imports.

Imports within functions and under TYPE_CHECKING count too, and so do modules that are imported by a name in a string:
a circle that Python happens to get through still means that its modules can only be understood together.
"""

from __future__ import annotations

import ast
from collections.abc import Set
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.test_layers import MODULES, PACKAGE


def test_no_module_imports_itself_by_way_of_others() -> None:
    texts = {module_at(path): path.read_text(encoding="utf-8") for path in MODULES}
    assert circle(texts) == []


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ({"resdsl.a": "import resdsl.b", "resdsl.b": "from resdsl.a import f"}, {"resdsl.a", "resdsl.b"}),
        ({"resdsl.a": "from resdsl import b", "resdsl.b": "def f():\n    import resdsl.a"}, {"resdsl.a", "resdsl.b"}),
        (
            {"resdsl.a": "if TYPE_CHECKING:\n    from resdsl.b import B", "resdsl.b": "from resdsl import a"},
            {"resdsl.a", "resdsl.b"},
        ),
        (
            {"resdsl.a": "import resdsl.b", "resdsl.b": "import resdsl.c", "resdsl.c": "import resdsl.a"},
            {"resdsl.a", "resdsl.b", "resdsl.c"},
        ),
        ({"resdsl.a": "f = import_module('resdsl.b').f", "resdsl.b": "import resdsl.a"}, {"resdsl.a", "resdsl.b"}),
        ({"resdsl.p": "from resdsl.p import m", "resdsl.p.m": "from resdsl.p import f"}, {"resdsl.p", "resdsl.p.m"}),
        ({"resdsl.a": "from resdsl.a import f"}, {"resdsl.a"}),
        ({"resdsl.p": "from resdsl.p import m", "resdsl.p.m": "", "resdsl.a": "import resdsl.p"}, set()),
        ({"resdsl.p": "", "resdsl.p.m": "from resdsl.p import n", "resdsl.p.n": "import resdsl.p"}, set()),
    ],
)
def test_a_circle_is_found(texts: dict[str, str], found: set[str]) -> None:
    assert set(circle(texts)) == found


def module_at(path: Path) -> str:
    """The dotted name of a module; a package's `__init__` has the package's own."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def circle(texts: dict[str, str]) -> list[str]:
    """The modules of a circle of imports, each imported by the next; empty where there is none."""
    try:
        own = texts.keys()
        reached = {name: imported(text, own) | named(text, own - {name}) for name, text in texts.items()}
        TopologicalSorter(reached).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def imported(text: str, modules: Set[str]) -> set[str]:
    """Those of the modules that a text imports, wherever the import stands in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                found.update(alias.name for alias in names)
            case ast.ImportFrom(module=str(package), names=names):
                inner = (f"{package}.{alias.name}" for alias in names)
                found.update(module if module in modules else package for module in inner)
    return found & modules


def named(text: str, modules: Set[str]) -> set[str]:
    """Those of the modules whose names a text has as strings, for `import_module` or a table of loaders."""
    constants = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
    return {value for value in constants if isinstance(value, str) and "." in value} & modules
