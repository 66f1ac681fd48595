"""Where branches split and meet: residuals and their shortcuts, gates, and parallel branches."""

from __future__ import annotations

from dataclasses import replace

from resdsl.diagnostics.problem import Problem, ProblemFound
from resdsl.elaborate import errors
from resdsl.elaborate.apply import applied, wrongly_set
from resdsl.elaborate.branch_cache import run_branch
from resdsl.elaborate.calls import GivenArguments
from resdsl.elaborate.definitions import call_shortcut
from resdsl.elaborate.dispatch import runs
from resdsl.elaborate.graph import Joins, stride_between
from resdsl.elaborate.linking import Callee
from resdsl.elaborate.paths import check_shape, head_of, refuse_clash
from resdsl.elaborate.scope import Scope, Unset
from resdsl.elaborate.settings import fitting, where_given
from resdsl.elaborate.values import Bound, Flow, Value, describe, show
from resdsl.ir.names import is_path
from resdsl.ir.network import Role
from resdsl.ops.base import Op
from resdsl.ops.join import Add, Mul, spreads
from resdsl.ops.registry import op_named
from resdsl.syntax import tree

JOINS = ("add", "concat", "mul")
"""The ops with which `parallel` can join its branches."""


@runs(tree.Residual)
def _residual(node: tree.Residual, scope: Scope) -> None:
    flowing = scope.flowing(node)
    # The strides of a body are counted from its entry, so they are known even after an op whose strides are not.
    entry = (
        replace(flowing, strides=(1,) * (len(flowing.shape) - 1)) if flowing and flowing.strides is None else flowing
    )
    start = len(scope.graph.nodes)
    exit_ = _branch(node.body, scope, entry, scope.role)
    if flowing is None or entry is None or exit_ is None:
        scope.current = None
        return
    beside = entry if node.identity else _shortcut(node, entry, exit_, start, scope)
    if beside is not None and beside.shape != exit_.shape:
        raise scope.refuse(_does_not_fit(node, beside, exit_, scope), head_of(node))
    scope.current = exit_ if beside is None else _join(Add, (exit_, beside), "residual", node, scope)
    if flowing.strides is None:
        scope.current = replace(scope.current, strides=None)
    check_shape(node.shape, scope)


def _shortcut(node: tree.Residual, entry: Flow, exit_: Flow, start: int, scope: Scope) -> Flow | None:
    """What is added to the body: the result of the shortcut in force; None if that is `none`.

    Args:
        node: the residual.
        entry: what flows into it.
        exit_: what its body yields.
        start: how many nodes the graph had before the body.
        scope: where it is.
    """
    setting = scope.settings.shortcut
    if setting is None:
        return None
    stride = stride_between(entry, exit_)
    if isinstance(setting, Unset):
        if entry.shape != exit_.shape or stride not in (1, None):
            raise scope.refuse(
                errors.flow.NoShortcut(
                    entering=entry.shape, leaving=exit_.shape, known=fitting("shortcut", scope.module)
                ),
                head_of(node),
            )
        return entry
    if not (isinstance(setting, Bound) and isinstance(setting.target, Callee) and setting.target.kind == "shortcut"):
        wanted = ", ".join((*fitting("shortcut", scope.module), "or none"))
        raise wrongly_set("shortcut", setting, wanted, head_of(node), scope)
    if stride is None:
        raise scope.refuse(errors.flow.UnknownStride(), head_of(node))
    path, before = _place_of(setting, node, scope)
    try:
        built = call_shortcut(setting, entry, exit_, node, scope)
    except ProblemFound as refusal:
        problem = refusal.problem
        if isinstance(problem, errors.arguments.MissingArgument):
            problem = replace(problem, span=where_given("shortcut", setting, scope.building) or problem.span)
        raise ProblemFound(problem) from None
    if built.body is None:
        if built.empty:
            return entry
        raise ProblemFound(scope.building.problems[-1])
    role: Role = "shortcut" if scope.role == "main" else scope.role
    path = scope.graph.fresh(path, from_one=False)
    refuse_clash(path, node, scope)
    yielded = scope.graph.call(built, entry, path, role)[0]
    if before:
        scope.graph.nodes.insert(start, scope.graph.nodes.pop())
    return yielded


def _place_of(setting: Bound, node: tree.Residual, scope: Scope) -> tuple[str, bool]:
    """The path of a shortcut, and whether it comes before the body in the state."""
    assert isinstance(setting.target, Callee)
    own = {name: value for name, value in setting.given if name not in setting.target.parameter_names}
    path, before = own.get("path", "downsample"), own.get("before", False)
    span = where_given("shortcut", setting, scope.building) or head_of(node)
    if not isinstance(path, str):
        raise scope.refuse(_wrong_argument("path", path, "a string", setting), span)
    if not isinstance(before, bool):
        raise scope.refuse(_wrong_argument("before", before, "true or false", setting), span)
    if not is_path(path):
        raise scope.refuse(errors.networks.BadPath(path=path), span)
    return path, before


def _wrong_argument(name: str, value: Value, wanted: str, setting: Bound) -> Problem:
    return errors.arguments.WrongArgument(name=name, found_value=describe(value), wanted=wanted, callee=setting.name)


def _does_not_fit(node: tree.Residual, beside: Flow, exit_: Flow, scope: Scope) -> Problem:
    """The problem of a sum whose sides differ, with the shortcut that yields one of them."""
    setting = scope.settings.shortcut
    if node.identity or not isinstance(setting, Bound):
        return errors.flow.SumDoesNotFit(beside=beside.shape, body=exit_.shape)
    return errors.flow.SumDoesNotFit(
        beside=beside.shape,
        body=exit_.shape,
        shortcut=setting.name,
        given=where_given("shortcut", setting, scope.building),
    )


@runs(tree.Gate)
def _gate(node: tree.Gate, scope: Scope) -> None:
    entry = scope.flowing(node)
    exit_ = _branch(node.body, scope, entry, "gate" if scope.role == "main" else scope.role)
    if entry is None or exit_ is None:
        scope.current = None
        return
    if not spreads(exit_.shape, entry.shape):
        wanted = f"{show(entry)}, or 1 on some of its axes"
        reason = f"the body of this gate yields {show(exit_)}; to multiply what flows in, it must yield {wanted}"
        raise scope.refuse(errors.flow.DoesNotFit(reason=reason, shapes=()), head_of(node))
    scope.current = _join(Mul, (entry, exit_), "gate", node, scope)
    check_shape(node.shape, scope)


@runs(tree.Parallel)
def _parallel(node: tree.Parallel, scope: Scope) -> None:
    if node.join.text not in JOINS:
        raise scope.refuse(errors.names.UnknownName(name=node.join.text, known=JOINS), node.join.span)
    entry = scope.flowing(node)
    exits = [_branch(branch, scope, entry, scope.role) for branch in node.branches]
    flows = tuple(flow for flow in exits if flow is not None)
    if len(flows) < len(exits):
        scope.current = None
        return
    scope.current = _join(op_named(node.join.text), flows, "parallel", node, scope)
    check_shape(node.shape, scope)


def _branch(body: tree.StatementList, scope: Scope, entry: Flow | None, role: Role) -> Flow | None:
    """Run a body that begins at `entry`, in the graph of the scope, and return what it yields."""
    inside = replace(scope.inner(), current=entry, role=role, channels=entry.shape[0] if entry else scope.channels)
    run_branch(body, inside)
    return inside.flowing(body)


def _join(op: type[Op], flows: tuple[Flow, ...], joins: Joins, node: tree.Node, scope: Scope) -> Flow:
    given = GivenArguments({}, {}, {}, head_of(node))
    path = scope.graph.fresh(op.kind(), from_one=op.numbered)
    return applied(op, given, flows, path, scope, joins)[0]
