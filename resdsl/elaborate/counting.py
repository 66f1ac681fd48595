"""How many blocks a network has, before any of them is built.

Only for texts that ask for `block_count`, as stochastic depth does: its rates depend on blocks that
come later.
"""

from __future__ import annotations

from collections.abc import Iterable

from resdsl.diagnostics.problem import Refusal
from resdsl.elaborate import errors
from resdsl.elaborate.dispatch import evaluate
from resdsl.elaborate.expressions import bindings, names_of, truth
from resdsl.elaborate.paths import path_of
from resdsl.elaborate.scope import Scope
from resdsl.elaborate.stages import stage_count
from resdsl.syntax import tree


def mentions(nodes: Iterable[tree.Node], name: str) -> bool:
    """Whether a name occurs anywhere in these trees."""
    return any(found.parts[0] == name for node in nodes for found in names_of(node))


def count_blocks(body: tree.Body, scope: Scope) -> int:
    """Blocks of all stages at the top of a network, its variants' changes included.

    Raises:
        Refusal: the number depends on what flows, which is not known before the blocks are built.
    """
    return _count(body.statements, scope.inner())


def _count(statements: Iterable[tree.Statement], scope: Scope) -> int:
    return sum(_count_statement(statement, scope) for statement in statements)


def _count_statement(node: tree.Statement, scope: Scope) -> int:
    match node:
        case tree.Let():
            scope.names[node.name.text] = evaluate(node.value, scope)
            return 0
        case tree.If():
            body = node.yes if truth(node.condition, scope) else node.no
            return _count(body.statements, scope.inner()) if body else 0
        case tree.For():
            return sum(
                _count(node.body.statements, scope.inner(**names))
                for names in bindings(node.targets, node.iterable, scope)
            )
        case tree.Residual() | tree.Gate():
            return _count(node.body.statements, scope.inner())
        case tree.Parallel():
            return sum(_count(branch.statements, scope.inner()) for branch in node.branches)
        case tree.Stage():
            return _count_stage(node, scope)
    return 0


def _count_stage(node: tree.Stage, scope: Scope) -> int:
    path = path_of(node.label, scope)
    overlays = scope.overlays
    count: int | None = None
    added = 0
    if overlays is not None and path is not None:
        for difference in overlays.differences[overlays.level :]:
            if path in difference.dropped:
                count = 0
            elif path in difference.replaced:
                change = difference.replaced[path]
                count = stage_count(change.node, change.scope) if isinstance(change.node, tree.Stage) else 0
            for change in difference.after.get(path, ()):
                if isinstance(change.node, tree.Stage):
                    added += stage_count(change.node, change.scope)
    return (_own_count(node, scope) if count is None else count) + added


def _own_count(node: tree.Stage, scope: Scope) -> int:
    try:
        return stage_count(node, scope)
    except Refusal as refusal:
        if isinstance(refusal.problem, errors.NoInput):
            problem = errors.CountDependsOnFlow()
            raise scope.refuse(problem, node.count.span if node.count else node.span) from None
        raise
