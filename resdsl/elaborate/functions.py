"""The built-in functions of the language."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeAlias, cast

from resdsl.elaborate import errors
from resdsl.elaborate.dispatch import evaluate
from resdsl.elaborate.expressions import whole
from resdsl.elaborate.scope import FUNCTIONS, Scope
from resdsl.elaborate.values import Dims, Flow, Value, describe
from resdsl.syntax import tree

Builtin: TypeAlias = Callable[[tree.CallExpression, Scope], Value]
Number: TypeAlias = "int | float"


def _positional(node: tree.CallExpression, scope: Scope, *counts: int) -> list[Value]:
    """The values of the arguments, which must be positional; `counts` lists how many there may be."""
    for argument in node.arguments:
        if argument.name is not None:
            what = f"the function `{node.target.text}`"
            raise scope.refuse(
                errors.arguments.UnknownArgument(name=argument.name, callee=what, known=()), argument.name_span
            )
    if counts and len(node.arguments) not in counts:
        wanted = " or ".join(map(str, counts))
        raise scope.refuse(
            errors.arguments.WrongArgumentCount(
                callee=node.target.text, wanted=wanted, found_count=len(node.arguments)
            ),
            node.span,
        )
    return [evaluate(argument.value, scope) for argument in node.arguments]


def _numbers(values: Sequence[Value], node: tree.CallExpression, scope: Scope) -> list[Number]:
    for index, value in enumerate(values):
        if type(value) not in (int, float):
            span = node.arguments[min(index, len(node.arguments) - 1)].span
            raise scope.refuse(errors.values.WrongType(found_value=describe(value), wanted="a number"), span)
    return cast(list[Number], list(values))


def _list(value: Value, node: tree.CallExpression, scope: Scope, position: int = 0) -> tuple[Value, ...]:
    if isinstance(value, tuple) and not isinstance(value, Dims):
        scope.building.spend(len(value), node.span)
        return value
    raise scope.refuse(
        errors.values.WrongType(found_value=describe(value), wanted="a list"), node.arguments[position].span
    )


def _extreme(choose: Callable[[list[Number]], Number]) -> Builtin:
    """`min` and `max`, of several numbers or of one list."""

    def call(node: tree.CallExpression, scope: Scope) -> Value:
        values: Sequence[Value] = _positional(node, scope)
        if not values:
            raise scope.refuse(errors.values.NoResult(reason=f"`{node.target.text}` needs an argument"), node.span)
        if len(values) == 1:
            values = _list(values[0], node, scope)
        if not values:
            raise scope.refuse(
                errors.values.NoResult(reason=f"`{node.target.text}` of an empty list has no value"), node.span
            )
        return choose(_numbers(values, node, scope))

    return call


def _real(function: Callable[[float], Number]) -> Builtin:
    """A function of one number."""

    def call(node: tree.CallExpression, scope: Scope) -> Value:
        (x,) = _numbers(_positional(node, scope, 1), node, scope)
        try:
            return function(x)
        except (ValueError, OverflowError):
            reason = f"`{node.target.text}` of {x} has no finite real value"
            raise scope.refuse(errors.values.NoResult(reason=reason), node.span) from None

    return call


def _round(node: tree.CallExpression, scope: Scope) -> Value:
    """Round to the nearest integer, or multiple of `to`; halves go to the even neighbour."""
    step = 1
    plain = tuple(argument for argument in node.arguments if argument.name != "to")
    for argument in node.arguments:
        if argument.name == "to":
            step = whole(argument.value, scope, least=1)
    call = tree.CallExpression(node.span, node.target, plain)
    (x,) = _numbers(_positional(call, scope, 1), call, scope)
    return round(x / step) * step if isinstance(x, float) else _nearest(x, step)


def _nearest(x: int, step: int) -> int:
    quotient, rest = divmod(x, step)
    up = 2 * rest > step or (2 * rest == step and quotient % 2 == 1)
    return (quotient + up) * step


def _divisible(node: tree.CallExpression, scope: Scope) -> Value:
    """A multiple of the divisor near x, at least the divisor itself and never below 0.9 x.

    Networks of the MobileNet family round their widths by it (Sandler et al., arXiv 1801.04381).
    """
    (x, _) = _numbers(_positional(node, scope, 2), node, scope)
    divisor, exact = whole(node.arguments[1].value, scope, least=1), Fraction(x)
    nearest = max(divisor, math.floor(exact / divisor + Fraction(1, 2)) * divisor)
    # Of a float, the product is a float too, as MobileNets have it: nine tenths of 20 / 3 are 6, and not a hair more.
    least = 0.9 * x if isinstance(x, float) else exact * 9 / 10
    return nearest + divisor if nearest < least else nearest


def _sum(node: tree.CallExpression, scope: Scope) -> Value:
    (values,) = _positional(node, scope, 1)
    total = sum(_numbers(_list(values, node, scope), node, scope))
    if total in (math.inf, -math.inf):
        raise scope.refuse(errors.values.NoResult(reason="this number is too large"), node.span)
    return total


def _prod(node: tree.CallExpression, scope: Scope) -> Value:
    """The product of the items of a list, or of the sizes of dims."""
    (value,) = _positional(node, scope, 1)
    items = tuple(value) if isinstance(value, Dims) else _list(value, node, scope)
    product = math.prod(_numbers(items, node, scope))
    if product in (math.inf, -math.inf):
        raise scope.refuse(errors.values.NoResult(reason="this number is too large"), node.span)
    return product


def _conditions(holds: Callable[[Sequence[bool]], bool]) -> Builtin:
    """`all` and `any`, of a list of conditions."""

    def call(node: tree.CallExpression, scope: Scope) -> Value:
        (value,) = _positional(node, scope, 1)
        conditions = _list(value, node, scope)
        for item in conditions:
            if not isinstance(item, bool):
                problem = errors.values.WrongType(found_value=describe(item), wanted="true or false")
                raise scope.refuse(problem, node.arguments[0].span)
        return holds(cast(Sequence[bool], conditions))

    return call


def _len(node: tree.CallExpression, scope: Scope) -> Value:
    before = dict(scope.tracked)
    (value,) = _positional(node, scope, 1)
    if isinstance(node.arguments[0].value, tree.Name):
        scope.tracked.update(before)
    if isinstance(value, tuple | str):
        return len(value)
    raise scope.refuse(errors.values.WrongType(found_value=describe(value), wanted="a list"), node.arguments[0].span)


def _zip(node: tree.CallExpression, scope: Scope) -> Value:
    """Lists combined item by item; their lengths must agree."""
    values = _positional(node, scope)
    lists = [_list(value, node, scope, index) for index, value in enumerate(values)]
    lengths = [len(one) for one in lists]
    if len(set(lengths)) > 1:
        raise scope.refuse(errors.values.LengthsDiffer(lengths=tuple(lengths)), node.span)
    return tuple(zip(*lists, strict=True))


def _dims(node: tree.CallExpression, scope: Scope) -> Value:
    sizes = _positional(node, scope)
    for argument, size in zip(node.arguments, sizes, strict=True):
        if type(size) is not int or size < 0:
            raise scope.refuse(errors.values.WrongType(found_value=describe(size), wanted="an integer"), argument.span)
    if not sizes:
        raise scope.refuse(
            errors.arguments.WrongArgumentCount(callee="dims", wanted="at least 1", found_count=0), node.span
        )
    return Dims(cast(list[int], sizes))


def _shape(node: tree.CallExpression, scope: Scope) -> Value:
    """The shape of a named value: channels, then sizes."""
    (value,) = _positional(node, scope, 1)
    if isinstance(value, Flow):
        return Dims(value.shape)
    wanted = "a value of the network, named with `as`"
    raise scope.refuse(errors.values.WrongType(found_value=describe(value), wanted=wanted), node.arguments[0].span)


FUNCTIONS.update(
    {
        "min": _extreme(min),
        "max": _extreme(max),
        "floor": _real(math.floor),
        "ceil": _real(math.ceil),
        "round": _round,
        "divisible": _divisible,
        "log": _real(math.log),
        "log2": _real(math.log2),
        "exp": _real(math.exp),
        "sqrt": _real(math.sqrt),
        "abs": _real(abs),
        "sum": _sum,
        "prod": _prod,
        "all": _conditions(all),
        "any": _conditions(any),
        "len": _len,
        "zip": _zip,
        "dims": _dims,
        "shape": _shape,
    }
)
