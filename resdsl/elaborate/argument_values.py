"""The values of arguments: those of the language, and for some parameters those that flow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from resdsl.elaborate import errors
from resdsl.elaborate.dispatch import evaluate
from resdsl.elaborate.linking import Callee
from resdsl.elaborate.scope import SETTINGS, Scope
from resdsl.elaborate.values import Bound, Flow, Value, describe, holds_flow
from resdsl.ops.base import Op
from resdsl.syntax import tree


def takes_flow(target: Bound, name: str) -> bool:
    """Whether a parameter can stand for a value of the network: any of a block can, except a setting."""
    return isinstance(target.target, Callee) and target.target.kind == "block" and name not in SETTINGS


def argument_value(argument: tree.CallArgument, scope: Scope, *, flows: bool = False) -> Value:
    """The value of an argument; one that flows means nothing to an op or a setting."""
    value = evaluate(argument.value, scope)
    if holds_flow(value) and not (flows and isinstance(value, Flow)):
        problem = errors.values.WrongType(found_value=describe(value), wanted="a value of the language")
        raise scope.refuse(problem, argument.value.span)
    return value


def map_named(argument: tree.CallArgument, scope: Scope) -> Flow:
    """The map that an argument names, for its spatial sizes."""
    value = evaluate(argument.value, scope)
    if isinstance(value, Flow) and len(value.shape) > 1:
        return value
    problem = errors.values.WrongType(found_value=describe(value), wanted="a map of the network, named with `as`")
    raise scope.refuse(problem, argument.value.span)


def usage_of(target: Callee | type[Op]) -> str | None:
    """An example of a call of an op."""
    if isinstance(target, Callee):
        return None
    from resdsl.ops.signature import example

    usage = example(target)
    if hasattr(target, "whole"):
        return f"{usage}, or {target.kind()} global for the whole map"
    return f"from {usage}" if usage.endswith(")") else usage


def names_of_arguments(
    arguments: Iterable[tree.CallArgument], free: Iterable[str]
) -> Iterator[tuple[str | None, tree.CallArgument]]:
    """Arguments with the parameters that they are for: one without a name is for the first that is free, if any is.

    Args:
        arguments: as they are written.
        free: the parameters without a value, in order.
    """
    left = list(free)
    for argument in arguments:
        name = argument.name or next(iter(left), None)
        if name in left:
            left.remove(name)
        yield name, argument
