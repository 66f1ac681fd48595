"""Conditions, loops and names."""

from __future__ import annotations

from typing import Any

from resdsl.elaborate import errors
from resdsl.elaborate.dispatch import evaluate, run_body, runs
from resdsl.elaborate.expressions import bindings, text, truth, whole
from resdsl.elaborate.paths import check_shape
from resdsl.elaborate.scope import NamedValues, Scope
from resdsl.elaborate.values import Flow, describe, holds_flow, show
from resdsl.syntax import tree
from resdsl.syntax.mentions import names_in


@runs(tree.If)
def _if(node: tree.If, scope: Scope) -> None:
    body = node.yes if truth(node.condition, scope) else node.no
    if body is not None:
        _run_inner(body, scope.inner(), scope)


@runs(tree.For)
def _for(node: tree.For, scope: Scope) -> None:
    for names in bindings(node.targets, node.iterable, scope):
        _run_inner(node.body, scope.inner(**names), scope)


def _run_inner(body: tree.StatementList, inside: Scope, scope: Scope) -> None:
    run_body(body, inside)
    scope.current = inside.current
    scope.parts = inside.parts
    if inside.channels is not None and scope.channels is None:
        scope.channels = inside.channels


@runs(tree.Let)
def _let(node: tree.Let, scope: Scope) -> None:
    if node.name.text in scope.names or node.name.text in scope.flows:
        raise scope.refuse(errors.names.NameGivenTwice(name=node.name.text), node.name.span)
    value = evaluate(node.value, scope)
    if holds_flow(value):
        raise scope.refuse(errors.flow.FlowAsValue(name=node.name.text), node.value.span)
    scope.names[node.name.text] = value


@runs(tree.Require)
def _require(node: tree.Require, scope: Scope) -> None:
    if truth(node.condition, scope):
        return
    wording = text(node.message, scope) if node.message else None
    mentioned = sorted({name.parts[0] for name in names_in(node.condition)})
    values = {name: scope.names[name] for name in mentioned if name in scope.names}
    visible = ", ".join(f"{name} = {show(value)}" for name, value in values.items())
    raise scope.refuse(
        errors.values.RequirementFailed(condition=node.condition.span.text, wording=wording, values=visible),
        node.condition.span,
    )


@runs(tree.As)
def _as(node: tree.As, scope: Scope) -> None:
    name = node.name.text
    flow = scope.flowing(node, parts=True)
    if name in scope.names:
        raise scope.refuse(errors.names.NameGivenTwice(name=name), node.name.span)
    at: dict[Any, NamedValues] = scope.flows
    key: str | int = name
    for place, index in enumerate(node.indices):
        scope.graph.places.setdefault(f"as {_indexed_name(name, node, place, scope)}", node.span)
        inner = at.setdefault(key, {})
        if isinstance(inner, Flow):
            raise scope.refuse(errors.names.NameGivenTwice(name=_indexed_name(name, node, place, scope)), node.span)
        at, key = inner, whole(index, scope)
    if key in at:
        raise scope.refuse(
            errors.names.NameGivenTwice(name=_indexed_name(name, node, len(node.indices), scope)),
            node.span if node.indices else node.name.span,
        )
    if flow is not None:
        at[key] = dict(enumerate(scope.parted)) if scope.parted else flow
        scope.parts = ()


def _indexed_name(name: str, node: tree.As, levels: int, scope: Scope) -> str:
    """A name with its first indices: `x[0]` of `as x[0][1]`."""
    return name + "".join(f"[{whole(index, scope)}]" for index in node.indices[:levels])


@runs(tree.From)
def _from(node: tree.From, scope: Scope) -> None:
    value = evaluate(node.value, scope)
    flows = [item for item in value if isinstance(item, Flow)] if isinstance(value, tuple) else []
    if len(flows) > 1 and isinstance(value, tuple) and len(flows) == len(value):
        scope.several(flows)
        return
    if not isinstance(value, Flow):
        problem = errors.values.WrongType(found_value=describe(value), wanted="a value of the network, named with `as`")
        raise scope.refuse(problem, node.value.span)
    scope.current = value
    check_shape(node.shape, scope)
