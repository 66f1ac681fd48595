"""The blocks and shortcuts of the standard library, of which no name is known here: they are read from its texts."""

from __future__ import annotations

from functools import cache

from resdsl.resources import spec_folder
from resdsl.source import read_source
from resdsl.syntax import tree
from resdsl.syntax.mentions import walk
from resdsl.syntax.parser import parse


@cache
def standard_definitions(kind: str) -> tuple[tree.Definition, ...]:
    """The definitions of one kind, `block` or `shortcut`, in the order of their files."""
    files = sorted((spec_folder() / "std").glob("*.res"))
    items = [item for path in files for item in parse(read_source(path)).items]
    return tuple(item for item in items if isinstance(item, tree.Definition) and item.kind == kind)


def ops_in(definition: tree.Definition) -> frozenset[str]:
    """The names of what a definition applies or calls."""
    calls = (node for node in walk(definition) if isinstance(node, tree.Apply | tree.CallExpression))
    return frozenset(node.target.text for node in calls)


def is_conditional(definition: tree.Definition) -> bool:
    """Whether all that a definition does depends on a condition."""
    return all(isinstance(statement, tree.If) for statement in definition.body.statements)
