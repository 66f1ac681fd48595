"""Applies ops and blocks: to the value that flows, in a statement, and to named values, in an expression."""

from __future__ import annotations

from dataclasses import replace

from resdsl.diagnostics.problem import ProblemFound
from resdsl.elaborate import errors
from resdsl.elaborate.calls import GivenArguments, check_op_arguments, make_op, partial, read_arguments
from resdsl.elaborate.definitions import call_definition
from resdsl.elaborate.dispatch import evaluate, evaluates, run, runs
from resdsl.elaborate.expressions import counted
from resdsl.elaborate.graph import Joins
from resdsl.elaborate.linking import Callee
from resdsl.elaborate.paths import check_shape, path_of, refuse_clash
from resdsl.elaborate.scope import FUNCTIONS, Scope
from resdsl.elaborate.settings import plays, where_given
from resdsl.elaborate.statement_cache import remembering
from resdsl.elaborate.values import Bound, Flow, Function, Value, describe, kind_of
from resdsl.ops.base import Op
from resdsl.source import Span
from resdsl.syntax import tree


@runs(tree.Apply)
@remembering
def _apply(node: tree.Apply, scope: Scope) -> None:
    target = _callee(node.target, scope)
    if target is None:
        check_shape(node.shape, scope)
        return
    path = path_of(node.label, scope)
    if path is None:
        path = _own_path(node.target, target, scope)
    if scope.overlays is not None:
        scope.overlays.place(path, scope, lambda: _apply_at(node, target, path, scope))
    else:
        _apply_at(node, target, path, scope)
    check_shape(node.shape, scope)


def _apply_at(node: tree.Apply, target: Bound, path: str, scope: Scope) -> None:
    given = read_arguments(target, node.arguments, scope, node.span)
    flow = scope.flowing(node)
    refuse_clash(path, node, scope, shared=node.shared)
    if isinstance(target.target, Callee):
        if flow is not None:
            _let_flow(_called(target, given, flow, path, scope), scope)
        return
    if flow is None:
        check_op_arguments(target.target, given, scope)
        return
    outputs = applied(target.target, given, (flow,), path, scope)
    _let_flow(outputs, scope)


def _callee(name: tree.Name, scope: Scope) -> Bound | None:
    """The op or block that a statement applies; None if a setting is `none`."""
    value = scope.find(name)
    if isinstance(value, Bound) and not (isinstance(value.target, Callee) and value.target.kind == "shortcut"):
        if _is_setting(name.text, scope):
            _refuse_as_setting(name, value, scope)
        return value
    if value is None and name.text in ("norm", "act", *scope.names):
        return None
    if _is_setting(name.text, scope):
        raise wrong_setting(name, value, scope)
    raise scope.refuse(errors.values.NotApplicable(name=name.text, what=kind_of(value)), name.span)


def _is_setting(name: str, scope: Scope) -> bool:
    """Whether the name is `norm` or `act` and means the setting, even if a parameter declares it."""
    if name not in ("norm", "act"):
        return False
    return name not in scope.names or scope.names[name] is getattr(scope.settings, name)


def _refuse_as_setting(name: tree.Name, value: Bound, scope: Scope) -> None:
    op = value.target
    fits = isinstance(op, Callee) or plays(op, name.text)
    if not fits:
        raise wrong_setting(name, value, scope)


def wrong_setting(name: tree.Name, value: Value, scope: Scope) -> ProblemFound:
    """Report a wrong setting where it is first used, not everywhere."""
    for problem in scope.building.problems:
        if isinstance(problem, errors.arguments.WrongSetting) and problem.name == name.text:
            return ProblemFound(problem)
    wanted = "a norm such as bn, or none" if name.text == "norm" else "an activation such as relu, or none"
    return wrongly_set(name.text, value, wanted, name.span, scope)


def wrongly_set(name: str, value: Value, wanted: str, used: Span, scope: Scope) -> ProblemFound:
    """The problem of a setting with a wrong value, reported where it was given, or else where it is used."""
    place = where_given(name, value, scope.building)
    problem = errors.arguments.WrongSetting(
        name=name, found_value=describe(value), wanted=wanted, used=used if place is not None else None
    )
    return scope.refuse(problem, place or used)


def _own_path(name: tree.Name, target: Bound, scope: Scope) -> str:
    """The path of a node without a label.

    A norm or an activation that comes from a setting is named after the role it plays, so that paths
    do not move with a setting; `norm` is always `bn1`, `bn2`, ...
    """
    written = name.parts[-1]
    if written == "norm" and _is_setting(written, scope):
        return scope.graph.fresh("bn", from_one=True)
    if isinstance(target.target, Callee) or written == "act":
        return scope.graph.fresh(written, from_one=False)
    return scope.graph.fresh(target.target.kind(), from_one=target.target.numbered)


def _called(target: Bound, given: GivenArguments, flow: Flow, path: str, scope: Scope) -> tuple[Flow, ...]:
    """What a block yields; nothing if there is a problem in it."""
    built = call_definition(target, given, scope, flow)
    if built.body is None:
        return (flow,) if built.empty else ()
    scope.graph.places[path] = given.call
    flows = scope.graph.call(built, flow, path, scope.role, given.flows)
    count = len(flows) - len(built.taps)
    for name, tapped in zip(built.taps, flows[count:], strict=True):
        tap = tree.TapStatement(given.call, tree.Word(given.call, name), None)
        run(tap, replace(scope, current=tapped, parts=()))
    return flows[:count]


def applied(
    op: type[Op], given: GivenArguments, inputs: tuple[Flow, ...], path: str, scope: Scope, joins: Joins | None = None
) -> tuple[Flow, ...]:
    """Add one op to the graph, and return what it yields."""
    made = make_op(op, given, tuple(flow.shape for flow in inputs), scope)
    scope.graph.places[path] = given.call
    return scope.graph.apply(made, inputs, path, scope.role, joins, given.like)


def _let_flow(outputs: tuple[Flow, ...], scope: Scope) -> None:
    """Go on with what an op or a block yields: with several values, until `as` names them."""
    if len(outputs) > 1:
        scope.several(outputs)
    else:
        scope.current = outputs[0] if outputs else None


# --------------------------------------------------------------------------------- as expressions


@evaluates(tree.CallExpression)
def _call(node: tree.CallExpression, scope: Scope) -> Value:
    target = scope.find(node.target)
    if isinstance(target, Function):
        try:
            return counted(FUNCTIONS[target.name](node, scope), node, scope)
        except OverflowError:
            raise scope.refuse(errors.values.NoResult(reason="this number is too large"), node.span) from None
    if not isinstance(target, Bound):
        raise scope.refuse(errors.values.NotCallable(name=node.target.text, what=kind_of(target)), node.target.span)
    read = node.replace(arguments=tuple(_read(argument, scope) for argument in node.arguments))
    if _takes_flows(read, scope):
        return _apply_to_flows(target, read, scope)
    return counted(partial(target, read.arguments, scope, node.span), node, scope)


def _read(argument: tree.CallArgument, scope: Scope) -> tree.CallArgument:
    """The argument with its value, since evaluating `add(a, b)` twice would add two nodes."""
    return argument.replace(value=tree.Known(argument.value.span, evaluate(argument.value, scope)))


def _takes_flows(node: tree.CallExpression, scope: Scope) -> bool:
    """Whether the first argument is a value of the network, or a list of them."""
    if not node.arguments or node.arguments[0].name is not None:
        return False
    first = evaluate(node.arguments[0].value, scope)
    return isinstance(first, Flow) or (isinstance(first, tuple) and any(isinstance(item, Flow) for item in first))


def _apply_to_flows(target: Bound, node: tree.CallExpression, scope: Scope) -> Value:
    """`add(a, b)`, `concat(y, last)`: an op or a block applied to named values."""
    inputs, rest = _split_flows(node, scope, most=1 if isinstance(target.target, Callee) else None)
    given = read_arguments(target, rest, scope, node.span)
    if isinstance(target.target, Callee):
        if len(inputs) != 1:
            raise scope.refuse(errors.flow.WrongInputCount(op=target.name, found_count=len(inputs)), node.span)
        path = scope.graph.fresh(node.target.parts[-1], from_one=False)
        flows = _called(target, given, inputs[0], path, scope)
        if not flows:
            raise ProblemFound(scope.building.problems[-1])
        return flows if len(flows) > 1 else flows[0]
    made = make_op(target.target, given, tuple(flow.shape for flow in inputs), scope)
    path = _own_path(node.target, target, scope)
    scope.graph.places[path] = node.span
    outputs = scope.graph.apply(made, inputs, path, scope.role, like=given.like)
    return outputs if len(outputs) > 1 else outputs[0]


def _split_flows(
    node: tree.CallExpression, scope: Scope, most: int | None = None
) -> tuple[tuple[Flow, ...], tuple[tree.CallArgument, ...]]:
    """The leading arguments that are values of the network, at most so many, with lists expanded; and the others."""
    flows: list[Flow] = []
    for index, argument in enumerate(node.arguments[:most]):
        value = evaluate(argument.value, scope) if argument.name is None else None
        if isinstance(value, Flow):
            flows.append(value)
        elif isinstance(value, tuple) and value and all(isinstance(item, Flow) for item in value):
            scope.building.spend(len(value), argument.span)
            flows += [item for item in value if isinstance(item, Flow)]
        else:
            return tuple(flows), node.arguments[index:]
    return tuple(flows), node.arguments[len(node.arguments[:most]) :]
