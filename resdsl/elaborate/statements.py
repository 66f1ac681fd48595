"""Statements to nodes: what may stand in any body.

Each statement takes what flows (`scope.current`) and leaves what flows after it. A problem ends its
statement, is recorded, and hides what flows from then on; the statements after it are still read, so
that independent mistakes are told in one run and each is told once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from resdsl.diagnostics.problem import Refusal
from resdsl.elaborate import errors
from resdsl.elaborate.calls import Given, call_definition, check_op_arguments, make_op, read_arguments
from resdsl.elaborate.expressions import bindings, evaluate, names_in, text, truth, whole
from resdsl.elaborate.graph import Joins
from resdsl.elaborate.library import Callee
from resdsl.elaborate.scope import Scope, Unset
from resdsl.elaborate.session import STEPS_OF_NODE
from resdsl.elaborate.values import Bound, Dims, Flow, Value, kind_of, show, told
from resdsl.ir.network import Role
from resdsl.ops.base import Op
from resdsl.ops.join import Add, Mul
from resdsl.ops.registry import op_named
from resdsl.source import Span
from resdsl.syntax import tree

JOINS = ("add", "concat", "mul")
"""Ops by which `parallel` may join its branches."""


_MAKES_NODES = (tree.Apply, tree.Stage, tree.Residual, tree.Gate, tree.Parallel)


def run_body(body: tree.Body, scope: Scope) -> None:
    """Run the statements of a body in a scope."""
    for statement in body.statements:
        run(statement, scope)


def run(statement: tree.Statement, scope: Scope) -> None:
    """Run one statement; a problem is recorded and hides what flows.

    Raises:
        Refusal: a limit is reached, or a `require` does not hold, so that to read on would mean nothing.
    """
    try:
        scope.session.spend(STEPS_OF_NODE if isinstance(statement, _MAKES_NODES) else 1, statement.span)
        _RUNNERS[type(statement)](statement, scope)
    except Refusal as refusal:
        problem = refusal.problem.at(statement.span, scope.chain)
        if isinstance(problem, errors.LimitReached | errors.RequirementFailed):
            raise Refusal(problem) from None
        scope.session.problems.append(problem)
        scope.current = None


# ------------------------------------------------------------------------------------------ calls


def _apply(node: tree.Apply, scope: Scope) -> None:
    target = _callee(node.target, scope)
    if target is None:
        return
    path = path_of(node.label, scope)
    if path is None:
        path = _own_path(node, target, scope)
    if scope.overlays is not None:
        scope.overlays.place(path, node, scope, lambda: _apply_at(node, target, path, scope))
    else:
        _apply_at(node, target, path, scope)
    check_shape(node.shape, scope)


def _apply_at(node: tree.Apply, target: Bound, path: str, scope: Scope) -> None:
    given = read_arguments(target, node.arguments, scope, node.span)
    flow = scope.flowing(node)
    refuse_clash(path, node, scope)
    if isinstance(target.target, Callee):
        if flow is not None:
            scope.current = _called(target, given, flow, path, scope)
        return
    if flow is None:
        check_op_arguments(target.target, given, scope)
        return
    outputs = _applied(target.target, given, (flow,), path, scope)
    scope.current = outputs[0] if len(outputs) == 1 else _several(outputs, scope)


def _callee(name: tree.Name, scope: Scope) -> Bound | None:
    """The op or block that a statement applies; None where a setting says `none`."""
    value = scope.find(name)
    if isinstance(value, Bound) and not (isinstance(value.target, Callee) and value.target.kind == "shortcut"):
        if _is_setting(name.text, scope):
            _refuse_as_setting(name, value, scope)
        return value
    if value is None and name.text in ("norm", "act", *scope.names):
        return None
    if _is_setting(name.text, scope):
        raise _wrong_setting(name, value, scope)
    raise scope.refuse(errors.NotApplicable(name=name.text, what=kind_of(value)), name.span)


def _is_setting(name: str, scope: Scope) -> bool:
    """Whether the name is `norm` or `act` and stands for the setting, also where a parameter declares it."""
    if name not in ("norm", "act"):
        return False
    return name not in scope.names or scope.names[name] is getattr(scope.settings, name)


def _refuse_as_setting(name: tree.Name, value: Bound, scope: Scope) -> None:
    op = value.target
    fits = isinstance(op, Callee) or (op.normalises if name.text == "norm" else op.activates)
    if not fits:
        raise _wrong_setting(name, value, scope)


def _wrong_setting(name: tree.Name, value: Value, scope: Scope) -> Refusal:
    """The setting is told where it is asked for first, and not everywhere."""
    for problem in scope.session.problems:
        if isinstance(problem, errors.WrongSetting) and problem.name == name.text:
            return Refusal(problem)
    wanted = "a norm such as bn, or none" if name.text == "norm" else "an activation such as relu, or none"
    return scope.refuse(errors.WrongSetting(name=name.text, found_value=told(value), wanted=wanted), name.span)


def _own_path(node: tree.Apply, target: Bound, scope: Scope) -> str:
    """The path of what bears no label.

    A norm or an activation that comes from a setting is named after the role it plays, so that paths
    do not move with a setting; `norm` is always `bn1`, `bn2`, ...
    """
    written = node.target.parts[-1]
    if written == "norm" and _is_setting(written, scope):
        return scope.graph.fresh("bn", from_one=True)
    if isinstance(target.target, Callee) or written == "act":
        return scope.graph.fresh(written, from_one=False)
    return scope.graph.fresh(target.target.kind(), from_one=target.target.numbered)


def path_of(label: tree.Label | None, scope: Scope) -> str | None:
    """The path that a label gives; None without a label."""
    if label is None:
        return None
    path = label.name.text if isinstance(label.name, tree.Word) else text(label.name, scope)
    parts = path.split(".")
    if all(part.isascii() and (part.isidentifier() or part.isdigit()) for part in parts) and path != "input":
        return path
    raise scope.refuse(errors.BadPath(path=path), label.span)


def refuse_clash(path: str, node: tree.Node, scope: Scope) -> None:
    """Refuse a path that is in use."""
    other = scope.graph.clashes(path)
    if other is not None:
        raise scope.refuse(errors.PathTaken(path=path, other=other), node.span)


def _called(target: Bound, given: Given, flow: Flow, path: str, scope: Scope) -> Flow | None:
    built = call_definition(target, given, scope, flow.shape)
    if built.body is None:
        return flow if built.empty else None
    scope.graph.places[path] = given.call
    return scope.graph.call(built, flow, path, scope.role)


def _applied(
    op: type[Op], given: Given, inputs: tuple[Flow, ...], path: str, scope: Scope, joins: Joins | None = None
) -> tuple[Flow, ...]:
    made = make_op(op, given, tuple(flow.shape for flow in inputs), scope)
    scope.graph.places[path] = given.call
    return scope.graph.apply(made, inputs, path, scope.role, joins)


def _several(outputs: tuple[Flow, ...], scope: Scope) -> Flow:
    """What flows after an op of several outputs: all of them, until `as` names them."""
    scope.parts = outputs
    return outputs[0]


def apply_to_flows(target: Bound, node: tree.Call, scope: Scope) -> Value:
    """`add(a, b)`, `concat(y, last)`: an op or a block applied to named values."""
    inputs, rest = _split_flows(node, scope)
    given = read_arguments(target, rest, scope, node.span)
    if isinstance(target.target, Callee):
        if len(inputs) != 1:
            raise scope.refuse(errors.WrongInputCount(op=target.name, found_count=len(inputs)), node.span)
        path = scope.graph.fresh(node.target.parts[-1], from_one=False)
        flow = _called(target, given, inputs[0], path, scope)
        if flow is None:
            raise Refusal(scope.session.problems[-1])
        return flow
    made = make_op(target.target, given, tuple(flow.shape for flow in inputs), scope)
    path = scope.graph.fresh(target.target.kind(), from_one=target.target.numbered)
    scope.graph.places[path] = node.span
    outputs = scope.graph.apply(made, inputs, path, scope.role)
    return outputs if len(outputs) > 1 else outputs[0]


def _split_flows(node: tree.Call, scope: Scope) -> tuple[tuple[Flow, ...], tuple[tree.Argument, ...]]:
    """The leading arguments that are values of the network, lists taken as their elements, and the others."""
    flows: list[Flow] = []
    for index, argument in enumerate(node.arguments):
        value = evaluate(argument.value, scope) if argument.name is None else None
        if isinstance(value, Flow):
            flows.append(value)
        elif isinstance(value, tuple) and value and all(isinstance(item, Flow) for item in value):
            flows += [item for item in value if isinstance(item, Flow)]
        else:
            return tuple(flows), node.arguments[index:]
    return tuple(flows), ()


# ------------------------------------------------------------------------------ joins of branches


def _residual(node: tree.Residual, scope: Scope) -> None:
    entry = scope.flowing(node)
    exit_ = _branch(node.body, scope, entry, scope.role)
    if entry is None or exit_ is None:
        scope.current = None
        return
    beside = entry if node.identity else _shortcut(node, entry, exit_, scope)
    if beside is not None and beside.shape != exit_.shape:
        raise scope.refuse(errors.SumDoesNotFit(beside=beside.shape, body=exit_.shape), _head(node))
    scope.current = exit_ if beside is None else _join(Add, (exit_, beside), "residual", node, scope)
    check_shape(node.shape, scope)


def _shortcut(node: tree.Residual, entry: Flow, exit_: Flow, scope: Scope) -> Flow | None:
    """What is added to the body: the shortcut in force beside it; None where that is `none`."""
    setting = scope.settings.shortcut
    if setting is None:
        return None
    stride = _stride_between(entry, exit_)
    changes = entry.shape[0] != exit_.shape[0] or stride != 1
    if isinstance(setting, Unset):
        if changes:
            raise scope.refuse(errors.NoShortcut(entering=entry.shape, leaving=exit_.shape), _head(node))
        return entry
    if not (isinstance(setting, Bound) and isinstance(setting.target, Callee) and setting.target.kind == "shortcut"):
        problem = errors.WrongSetting(
            name="shortcut", found_value=told(setting), wanted="a shortcut such as B, or none"
        )
        raise scope.refuse(problem, _head(node))
    if stride is None:
        raise scope.refuse(errors.UnknownStride(), _head(node))
    extra: dict[str, Value] = {"out": exit_.shape[0], "stride": stride, "changes": changes}
    built = call_definition(setting, Given({**dict(setting.given)}, {}, {}, _head(node)), scope, entry.shape, extra)
    if built.body is None:
        if built.empty:
            return entry
        raise Refusal(scope.session.problems[-1])
    role: Role = "shortcut" if scope.role == "main" else scope.role
    return scope.graph.call(built, entry, scope.graph.fresh("downsample", from_one=False), role)


def _stride_between(entry: Flow, exit_: Flow) -> Value:
    """The product of the strides from one flow to the other: an integer where all axes agree; None if unknown."""
    if entry.strides is None or exit_.strides is None or len(entry.strides) != len(exit_.strides):
        return None
    ratios = [b // a for a, b in zip(entry.strides, exit_.strides, strict=True)]
    if len(set(ratios)) == 1:
        return ratios[0]
    return Dims(ratios)


def _gate(node: tree.Gate, scope: Scope) -> None:
    entry = scope.flowing(node)
    exit_ = _branch(node.body, scope, entry, "gate" if scope.role == "main" else scope.role)
    if entry is None or exit_ is None:
        scope.current = None
        return
    scope.current = _join(Mul, (entry, exit_), "gate", node, scope)
    check_shape(node.shape, scope)


def _parallel(node: tree.Parallel, scope: Scope) -> None:
    if node.join.text not in JOINS:
        raise scope.refuse(errors.UnknownName(name=node.join.text, known=JOINS), node.join.span)
    entry = scope.flowing(node)
    exits = [_branch(branch, scope, entry, scope.role) for branch in node.branches]
    flows = tuple(flow for flow in exits if flow is not None)
    if len(flows) < len(exits):
        scope.current = None
        return
    scope.current = _join(op_named(node.join.text), flows, "parallel", node, scope)
    check_shape(node.shape, scope)


def _branch(body: tree.Body, scope: Scope, entry: Flow | None, role: Role) -> Flow | None:
    """Run a body that begins at `entry`, in the graph of the scope; what it yields."""
    inside = replace(scope.inner(), current=entry, role=role, channels=entry.shape[0] if entry else scope.channels)
    run_body(body, inside)
    return inside.current


def _join(op: type[Op], flows: tuple[Flow, ...], joins: Joins, node: tree.Node, scope: Scope) -> Flow:
    given = Given({}, {}, {}, _head(node))
    path = scope.graph.fresh(op.kind(), from_one=op.numbered)
    return _applied(op, given, flows, path, scope, joins)[0]


def _head(node: tree.Node) -> Span:
    """The first word of a statement, for problems of the whole of it; a bracket is its own first word."""
    if node.span.text.startswith("["):
        return node.span
    word = node.span.text.split(None, 1)[0]
    return Span(node.span.source, node.span.start, node.span.start + len(word))


# ---------------------------------------------------------------------------- control and naming


def _if(node: tree.If, scope: Scope) -> None:
    body = node.yes if truth(node.condition, scope) else node.no
    if body is not None:
        _run_inner(body, scope.inner(), scope)


def _for(node: tree.For, scope: Scope) -> None:
    for names in bindings(node.targets, node.iterable, scope):
        _run_inner(node.body, scope.inner(**names), scope)


def _run_inner(body: tree.Body, inside: Scope, scope: Scope) -> None:
    run_body(body, inside)
    scope.current = inside.current
    scope.parts = inside.parts
    if inside.channels is not None and scope.channels is None:
        scope.channels = inside.channels


def _let(node: tree.Let, scope: Scope) -> None:
    if node.name.text in scope.names or node.name.text in scope.flows:
        raise scope.refuse(errors.NameGivenTwice(name=node.name.text), node.name.span)
    value = evaluate(node.value, scope)
    if isinstance(value, Flow):
        raise scope.refuse(errors.FlowAsValue(name=node.name.text), node.value.span)
    scope.names[node.name.text] = value


def _require(node: tree.Require, scope: Scope) -> None:
    if truth(node.condition, scope):
        return
    said = text(node.message, scope) if node.message else None
    mentioned = sorted({name.parts[0] for name in names_in(node.condition)})
    values = {name: scope.names[name] for name in mentioned if name in scope.names}
    shown = ", ".join(f"{name} = {show(value)}" for name, value in values.items())
    raise scope.refuse(
        errors.RequirementFailed(condition=node.condition.span.text, said=said, values=shown), node.condition.span
    )


def _as(node: tree.As, scope: Scope) -> None:
    name = node.name.text
    flow = scope.flowing(node)
    if name in scope.names:
        raise scope.refuse(errors.NameGivenTwice(name=name), node.name.span)
    if node.index is None:
        if name in scope.flows:
            raise scope.refuse(errors.NameGivenTwice(name=name), node.name.span)
        if flow is not None:
            parts = scope.parts if scope.parts and scope.parts[0] is flow else None
            scope.flows[name] = dict(enumerate(parts)) if parts else flow
        return
    index = whole(node.index, scope)
    named = scope.flows.setdefault(name, {})
    if isinstance(named, Flow) or index in named:
        raise scope.refuse(errors.NameGivenTwice(name=f"{name}[{index}]"), node.span)
    if flow is not None:
        named[index] = flow


def _from(node: tree.From, scope: Scope) -> None:
    value = evaluate(node.value, scope)
    if not isinstance(value, Flow):
        problem = errors.WrongType(found_value=told(value), wanted="a value of the network, named with `as`")
        raise scope.refuse(problem, node.value.span)
    scope.current = value
    check_shape(node.shape, scope)


def check_shape(node: tree.Expression | None, scope: Scope) -> None:
    """Check a shape statement, `-> 64x56x56`, against what flows."""
    if node is None or scope.current is None:
        return
    if not scope.session.as_written or (scope.overlays is not None and scope.overlays.changed):
        scope.session.unchecked.append(node.span)
        return
    stated = evaluate(node, scope)
    shape = tuple(stated) if isinstance(stated, Dims) else (stated,)
    if shape != scope.current.shape:
        raise scope.refuse(errors.ShapeDiffers(stated=show(stated), actual=scope.current.shape), node.span)


def _stage(node: tree.Stage, scope: Scope) -> None:
    from resdsl.elaborate.stages import run_stage

    run_stage(node, scope)


def _of_networks(node: tree.Statement, scope: Scope) -> None:
    from resdsl.elaborate.networks import run_network_statement

    run_network_statement(node, scope)


_RUNNERS: dict[type[tree.Node], Callable[[Any, Scope], None]] = {
    tree.Apply: _apply,
    tree.Stage: _stage,
    tree.Residual: _residual,
    tree.Gate: _gate,
    tree.Parallel: _parallel,
    tree.If: _if,
    tree.For: _for,
    tree.Let: _let,
    tree.Require: _require,
    tree.As: _as,
    tree.From: _from,
    tree.Input: _of_networks,
    tree.Expect: _of_networks,
    tree.Tap: _of_networks,
    tree.Drop: _of_networks,
}
