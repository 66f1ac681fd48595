"""The names that a syntax tree uses, and those that it binds."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from resdsl.syntax import tree


@lru_cache(maxsize=4096)
def names_of(node: tree.Node) -> tuple[tree.Name, ...]:
    """All names in a syntax tree; found once for each tree, however many networks are built from it."""
    return tuple(names_in(node))


def names_in(node: object) -> Iterator[tree.Name]:
    """All names in a syntax tree or a tuple of trees."""
    if isinstance(node, tree.Name):
        yield node
        return
    if isinstance(node, tree.StatementList):
        # Statements are asked again and again: by the check of names, by what is remembered, and while a text is typed.
        for statement in node.statements:
            yield from names_of(statement)
        return
    for part in _parts(node):
        yield from names_in(part)


def names_bound_in(node: object) -> Iterator[str]:
    """All names that a tree binds, by `let`, `as`, named inputs, loops and comprehensions."""
    match node:
        case tree.Let() | tree.As():
            yield node.name.text
        case tree.Input(name=tree.Word() as name):
            yield name.text
        case tree.LoopTarget() if node.name is not None:
            yield node.name
        case tree.StatementList():
            for statement in node.statements:
                yield from _bound_by(statement)
            return
    for part in _parts(node):
        yield from names_bound_in(part)


@lru_cache(maxsize=4096)
def _bound_by(node: tree.Node) -> tuple[str, ...]:
    return tuple(names_bound_in(node))


def applied_in(node: object) -> Iterator[tree.Name]:
    """The names of ops and blocks that a tree applies."""
    if isinstance(node, tree.Apply | tree.Unit):
        yield node.target
    for part in _parts(node):
        yield from applied_in(part)


def walk(node: tree.Node) -> Iterator[tree.Node]:
    """A node and all nodes in it, in the order of the text."""
    yield node
    for part in node.children():
        yield from _walk_part(part)


def _walk_part(part: object) -> Iterator[tree.Node]:
    if isinstance(part, tuple):
        for each in part:
            yield from _walk_part(each)
    elif isinstance(part, tree.Node):
        yield from walk(part)


def _parts(node: object) -> Iterator[object]:
    if isinstance(node, tuple):
        yield from node
    elif isinstance(node, tree.Node):
        yield from node.children()
