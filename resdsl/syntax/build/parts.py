"""Makes the parts of nodes that are not nodes themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from resdsl.source import Span
from resdsl.syntax import tree
from resdsl.syntax.token import Token

Child = Any  # a token or a node: both come in one list, as they stand in the text


class ParameterList(tuple[tree.Parameter, ...]):
    """The parameters of a definition, as the rule of the grammar yields them."""

    __slots__ = ()


class Arguments(tuple[tree.CallArgument, ...]):
    """The arguments of a call, and the part of the text that they take up."""

    span: Span

    def __new__(cls, arguments: Sequence[tree.CallArgument] = (), span: Span | None = None) -> Arguments:
        made = super().__new__(cls, arguments)
        if span is not None:
            made.span = span
        return made


class Arrow(tree.Node):
    """`-> shape`."""

    shape: tree.Expression


class Repeat(tree.Node):
    """`x count`."""

    count: tree.Expression


class Several(tree.Node):
    """`sorted count of`."""

    count: tree.Expression
    is_sorted: bool


class StepClause(tree.Node):
    """`by step`."""

    step: tree.Expression


class SeedClause(tree.Node):
    """`seed number`."""

    number: tree.Number


class LimitClause(tree.Node):
    """`within number`."""

    number: tree.Number


def nodes_of(children: Sequence[Child]) -> list[Any]:
    """The children that are nodes, not tokens."""
    return [child for child in children if not isinstance(child, Token)]


def only(children: Sequence[Child], kind: type[Any]) -> Any:
    """The first child of that kind; None if there is no such child."""
    return next((child for child in children if isinstance(child, kind)), None)


def body_of(children: Sequence[Child]) -> tree.StatementList:
    """The body among the children."""
    return cast(tree.StatementList, only(children, tree.StatementList))


def arrow_of(children: Sequence[Child]) -> tree.Expression | None:
    """The shape that a statement ends with, if it states one."""
    last = children[-1]
    return last.shape if isinstance(last, Arrow) else None


def targets_of(children: Sequence[Child]) -> tuple[tree.LoopTarget, ...]:
    """What a loop binds."""
    return tuple(child for child in children if isinstance(child, tree.LoopTarget))
