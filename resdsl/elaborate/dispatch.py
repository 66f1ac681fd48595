"""Which function reads which kind of node.

Bodies hold blocks and blocks have bodies, so that reading is mutual by nature. The functions meet here
instead of importing each other: each module enters what it reads, and asks for the rest by the node.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from resdsl.diagnostics.problem import ProblemFound
from resdsl.elaborate import errors
from resdsl.elaborate.building import STEPS_OF_NODE
from resdsl.elaborate.scope import Scope
from resdsl.elaborate.values import Value
from resdsl.syntax import tree

R = TypeVar("R", bound=Callable[..., Any])

_RUNNERS: dict[type[tree.Node], Callable[[Any, Scope], None]] = {}
_EVALUATORS: dict[type[tree.Node], Callable[[Any, Scope], Value]] = {}
_MAKES_NODES = (tree.Apply, tree.StageStatement, tree.Residual, tree.Gate, tree.Parallel)


def runs(*kinds: type[tree.Node]) -> Callable[[R], R]:
    """Enters the function that runs statements of these kinds."""

    def enter(function: R) -> R:
        _RUNNERS.update(dict.fromkeys(kinds, function))
        return function

    return enter


def evaluates(kind: type[tree.Node]) -> Callable[[R], R]:
    """Enters the function that evaluates expressions of this kind."""

    def enter(function: R) -> R:
        _EVALUATORS[kind] = function
        return function

    return enter


def evaluate(node: tree.Expression, scope: Scope) -> Value:
    """The value of an expression.

    Raises:
        ProblemFound: it has none.
    """
    return _EVALUATORS[type(node)](node, scope)


def run_body(body: tree.StatementList, scope: Scope) -> None:
    """Run the statements of a body in a scope."""
    for statement in body.statements:
        run(statement, scope)


def leave(scope: Scope, body: tree.StatementList) -> None:
    """What must hold at the end of a definition's body.

    Raises:
        ProblemFound: several parts flow out at once, or values named with an index leave one out.
    """
    scope.flowing(body)
    for name, flows in scope.flows.items():
        missing = next((i for i in range(len(flows)) if i not in flows), None) if isinstance(flows, dict) else None
        if missing is not None and not scope.building.problems:
            problem = errors.names.GapInNamedValues(name=name, index=missing)
            raise scope.refuse(problem, scope.graph.places.get(f"as {name}", body.span))


def run(statement: tree.Statement, scope: Scope) -> None:
    """Run one statement; a problem is recorded and hides what flows.

    Raises:
        ProblemFound: a limit is reached, or a `require` does not hold, so that to read on would mean nothing.
    """
    try:
        scope.building.spend(STEPS_OF_NODE if isinstance(statement, _MAKES_NODES) else 1, statement.span)
        _RUNNERS[type(statement)](statement, scope)
    except ProblemFound as refusal:
        problem = refusal.problem.at(statement.span, scope.chain)
        if isinstance(problem, errors.files.LimitReached | errors.values.RequirementFailed):
            raise ProblemFound(problem) from None
        scope.building.problems.append(problem)
        scope.current = None
