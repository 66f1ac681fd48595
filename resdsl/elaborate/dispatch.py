"""The functions that read each kind of node.

Bodies contain blocks and blocks have bodies, so reading them is mutually recursive. The functions are registered here
instead of importing each other: each module registers what it reads, and looks up the rest by the kind of node. To find
what runs a `tree.X`, search for `@runs(tree.X`, and for `@evaluates(tree.X` if it is an expression. The modules are
imported by `resdsl.elaborate.networks`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from resdsl.diagnostics.problem import ProblemFound
from resdsl.elaborate import errors
from resdsl.elaborate.building import STEPS_OF_NODE
from resdsl.elaborate.scope import Scope, first_gap
from resdsl.elaborate.values import Value
from resdsl.syntax import tree

R = TypeVar("R", bound=Callable[..., Any])

_RUNNERS: dict[type[tree.Node], Callable[[Any, Scope], None]] = {}
_EVALUATORS: dict[type[tree.Node], Callable[[Any, Scope], Value]] = {}
_MAKES_NODES = (tree.Apply, tree.StageStatement, tree.Residual, tree.Gate, tree.Parallel)


def runs(*kinds: type[tree.Node]) -> Callable[[R], R]:
    """Register the function that runs statements of these kinds."""

    def enter(function: R) -> R:
        _RUNNERS.update(dict.fromkeys(kinds, function))
        return function

    return enter


def evaluates(kind: type[tree.Node]) -> Callable[[R], R]:
    """Register the function that evaluates expressions of this kind."""

    def enter(function: R) -> R:
        _EVALUATORS[kind] = function
        return function

    return enter


def evaluate(node: tree.Expression, scope: Scope) -> Value:
    """The value of an expression.

    Raises:
        ProblemFound: it has no value.
    """
    return _EVALUATORS[type(node)](node, scope)


def run_body(body: tree.StatementList, scope: Scope) -> None:
    """Run the statements of a body in a scope."""
    for statement in body.statements:
        run(statement, scope)


def leave(scope: Scope, body: tree.StatementList, *, parts: bool = False) -> None:
    """Check what must hold at the end of a definition's body, which may yield several values if that is allowed.

    Raises:
        ProblemFound: several parts flow out at once, or the indices of named values have a gap.
    """
    scope.flowing(body, parts=parts)
    for name, flows in scope.flows.items():
        gap = first_gap(flows, name)
        if gap is not None and not scope.building.problems:
            problem = errors.names.GapInNamedValues(name=gap[0], index=gap[1])
            raise scope.refuse(problem, scope.graph.places.get(f"as {gap[0]}", body.span))


def run(statement: tree.Statement, scope: Scope) -> None:
    """Run one statement; a problem is recorded, and nothing flows after it.

    Raises:
        ProblemFound: a limit is reached or a `require` is not met, so there is no point in reading on.
    """
    graph = scope.graph
    around, graph.statement = graph.statement, statement.span
    try:
        scope.building.spend(STEPS_OF_NODE if isinstance(statement, _MAKES_NODES) else 1, statement.span)
        _RUNNERS[type(statement)](statement, scope)
        if scope.building.after_statement is not None and scope.at_top:
            scope.building.after_statement(graph.nodes, graph.entries)
    except ProblemFound as refusal:
        problem = refusal.problem.at(statement.span, scope.chain)
        if isinstance(problem, errors.files.LimitReached | errors.values.RequirementFailed):
            raise ProblemFound(problem) from None
        scope.building.problems.append(problem)
        scope.current = None
    finally:
        graph.statement = around
