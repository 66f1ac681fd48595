"""Calls: matches arguments to the parameters of ops and definitions, and runs the bodies of definitions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from resdsl.diagnostics.problem import Problem
from resdsl.elaborate import errors
from resdsl.elaborate.argument_values import argument_value, map_named, names_of_arguments, takes_flow, usage_of
from resdsl.elaborate.linking import Callee
from resdsl.elaborate.scope import SETTINGS, Scope
from resdsl.elaborate.settings import set_at
from resdsl.elaborate.values import Bound, Dims, Flow, Value, describe
from resdsl.ops.base import Op, Shapes
from resdsl.ops.records import ShapeError
from resdsl.records.checks import A_LIST, Invalid
from resdsl.source import Span
from resdsl.syntax import tree

OF_EVERY_SHORTCUT = ("path", "before")
"""What any shortcut can be given: its path, and whether it comes before the body in the state."""


@dataclass(slots=True)
class GivenArguments:
    """The arguments of one call, by name.

    Attributes:
        values: the values of parameters.
        settings: the values of settings that are not parameters.
        flows: the values of the network that parameters stand for.
        spans: the place of each argument.
        call: the place of the call.
        like: the map whose sizes, and so whose strides, the result has.
    """

    values: dict[str, Value]
    settings: dict[str, Value]
    spans: dict[str, Span]
    call: Span
    flows: dict[str, Flow] = field(default_factory=dict)
    like: Flow | None = None


def read_arguments(target: Bound, arguments: tuple[tree.CallArgument, ...], scope: Scope, call: Span) -> GivenArguments:
    """Evaluate the arguments of a call, and match them to the parameters.

    Raises:
        ProblemFound: an argument is unknown or given twice, or there are too many.
    """
    names = _parameter_names(target)
    values = dict(target.given)
    given = GivenArguments({}, {}, {}, call)
    free = [name for name in names if name not in values]
    for name, argument in names_of_arguments(arguments, free):
        if name is None:
            usage = usage_of(target.target)
            surplus = errors.arguments.TooManyArguments(callee=_described(target), known=names, usage=usage)
            raise scope.refuse(surplus, argument.span)
        if name in given.spans:
            raise scope.refuse(errors.arguments.ArgumentGivenTwice(name=name), argument.span)
        given.spans[name] = argument.span
        if name in names:
            if name == _like(target):
                given.like = map_named(argument, scope)
                given.values[name] = Dims(given.like.shape[1:])
                continue
            value = argument_value(argument, scope, flows=takes_flow(target, name))
            if isinstance(value, Flow):
                given.flows[name] = value
                continue
            given.values[name] = value
            if argument.name is None:
                _refuse_bare(target, name, given.values[name], argument, scope)
            set_at(name, given.values[name], argument.span, scope.building)
        elif name in _own_names(target):
            given.values[name] = argument_value(argument, scope)
        elif name in SETTINGS and isinstance(target.target, Callee):
            given.settings[name] = argument_value(argument, scope)
            set_at(name, given.settings[name], argument.span, scope.building)
        else:
            raise scope.refuse(_unknown(target, argument, name, (*names, *_own_names(target))), argument.name_span)
    values.update(given.values)
    given.values = values
    return given


def _refuse_bare(target: Bound, name: str, value: Value, argument: tree.CallArgument, scope: Scope) -> None:
    """Refuse a bare number that would mean something else in PyTorch's order of arguments."""
    op = target.target
    if isinstance(op, Callee) or name not in op.named_only or type(value) is not int:
        return
    raise scope.refuse(errors.arguments.BareArgument(name=name, callee=op.kind(), value=str(value)), argument.span)


def partial(target: Bound, arguments: tuple[tree.CallArgument, ...], scope: Scope, call: Span) -> Bound:
    """The block, shortcut or op with these arguments bound: `group_norm(32)` as a value."""
    given = read_arguments(target, arguments, scope, call)
    if given.settings:
        name = next(iter(given.settings))
        raise scope.refuse(errors.arguments.SettingBound(name=name), given.spans[name])
    for name, flow in given.flows.items():
        problem = errors.values.WrongType(found_value=describe(flow), wanted="a value of the language")
        raise scope.refuse(problem, given.spans[name])
    return Bound(target.target, tuple(given.values.items()))


def _parameter_names(target: Bound) -> tuple[str, ...]:
    if isinstance(target.target, Callee):
        return target.target.parameter_names
    return target.target.arguments()


def _like(target: Bound) -> str | None:
    """The argument of an op that takes the sizes of a named value."""
    return None if isinstance(target.target, Callee) else target.target.like


def _own_names(target: Bound) -> tuple[str, ...]:
    """The arguments that every shortcut takes, without those that its definition has parameters for."""
    if not isinstance(target.target, Callee) or target.target.kind != "shortcut":
        return ()
    return tuple(name for name in OF_EVERY_SHORTCUT if name not in target.target.parameter_names)


def _described(target: Bound) -> str:
    kind = target.target.kind if isinstance(target.target, Callee) else "op"
    return f"the {kind} `{target.name}`"


def _unknown(target: Bound, argument: tree.CallArgument, name: str, names: tuple[str, ...]) -> Problem:
    if argument.slash:
        return errors.strides.NoStride(callee=_described(target))
    return errors.arguments.UnknownArgument(name=name, callee=_described(target), known=names)


# --------------------------------------------------------------------------------------------- ops


def check_op_arguments(op: type[Op], given: GivenArguments, scope: Scope) -> None:
    """Refuse a call of an op that lacks a required argument, or gives a list as a value."""
    for name in op.required() if op.like not in given.values else ():
        if name not in given.values:
            missing = errors.arguments.MissingArgument(name=name, callee=f"the op `{op.kind()}`", usage=usage_of(op))
            raise scope.refuse(missing, given.call)
    for name, value in given.values.items():
        if isinstance(value, tuple) and not isinstance(value, Dims):
            problem = errors.arguments.WrongArgument(
                name=name, found_value=describe(value), wanted="a single value or dims", callee=op.kind()
            )
            raise scope.refuse(problem, given.spans.get(name, given.call))


def make_op(op: type[Op], given: GivenArguments, shapes: Shapes, scope: Scope) -> tuple[Op, Shapes]:
    """The op of a call and the shapes of its outputs.

    Raises:
        ProblemFound: a value is wrong, or the op does not fit what flows in.
    """
    check_op_arguments(op, given, scope)
    if (op.arity is not None and len(shapes) != op.arity) or (op.arity is None and len(shapes) < 2):
        raise scope.refuse(errors.flow.WrongInputCount(op=op.kind(), found_count=len(shapes)), given.call)
    try:
        made = scope.graph.make(op, given.values, shapes)
    except Invalid as error:
        name = str(error.place[0])
        raise scope.refuse(_invalid(error, name, given, op), given.spans.get(name, given.call)) from None
    except ShapeError as error:
        span = given.spans.get(error.parameter or "", given.call)
        raise scope.refuse(errors.flow.DoesNotFit(reason=error.message, shapes=shapes), span) from None
    _warn_of_gaps(made[0], given, scope)
    return made


def _warn_of_gaps(op: Op, given: GivenArguments, scope: Scope) -> None:
    """Warn about a window whose stride skips part of the input, unless it is a single element, which is intended."""
    kernel, stride = getattr(op, "kernel", ()), getattr(op, "stride", ())
    if any(1 < k < s for k, s in zip(kernel, stride, strict=False)):
        problem = errors.strides.StrideOverKernel(op=op.kind(), kernel=kernel, stride=stride)
        scope.building.warnings.append(problem.at(given.spans.get("stride", given.call), scope.chain))


def _invalid(error: Invalid, name: str, given: GivenArguments, op: type[Op]) -> Problem:
    found = given.values.get(name, error.found)
    wanted = "dims such as 3x3, or an integer" if error.wanted == A_LIST else error.wanted
    return errors.arguments.WrongArgument(
        name=name, found_value=describe(_visible(found)), wanted=wanted, callee=op.kind()
    )


def _visible(found: Any) -> Value:
    return found if isinstance(found, int | float | str | bool | tuple | Bound | None) else str(found)
