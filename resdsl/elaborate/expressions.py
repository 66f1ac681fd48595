"""Evaluates expressions."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any, cast

from resdsl.elaborate import errors
from resdsl.elaborate.dispatch import evaluate, evaluates
from resdsl.elaborate.scope import NamedValues, Scope
from resdsl.elaborate.values import Bound, Dims, Value, describe, holds_flow, interpolated, key
from resdsl.ir.names import LONGEST_TEXT
from resdsl.syntax import tree

MOST_BITS = 4096
"""An integer of a network needs 60 at the very most."""


def truth(node: tree.Expression, scope: Scope) -> bool:
    """The value of a condition; raises ProblemFound if it is not a boolean."""
    value = evaluate(node, scope)
    if isinstance(value, bool):
        return value
    raise scope.refuse(errors.values.WrongType(found_value=describe(value), wanted="true or false"), node.span)


def whole(node: tree.Expression, scope: Scope, least: int = 0) -> int:
    """The value of an expression that must be an integer of at least `least`."""
    value = evaluate(node, scope)
    if type(value) is int and value >= least:
        return value
    wanted = "an integer" if least == 0 else f"an integer of at least {least}"
    raise scope.refuse(errors.values.WrongType(found_value=describe(value), wanted=wanted), node.span)


def text(node: tree.StringLiteral, scope: Scope) -> str:
    """A string with its expressions filled in."""
    made = "".join(part if isinstance(part, str) else _interpolated(part, scope) for part in node.parts)
    if len(made) > LONGEST_TEXT:
        raise scope.refuse(errors.files.LimitReached(what="characters in a string", limit=LONGEST_TEXT), node.span)
    return made


def _interpolated(node: tree.Expression, scope: Scope) -> str:
    value = evaluate(node, scope)
    scope.building.spend_on(value, node.span)
    if holds_flow(value):
        raise scope.refuse(
            errors.values.WrongType(found_value=describe(value), wanted="a value of the language"), node.span
        )
    return interpolated(value)


def items(node: tree.Expression, scope: Scope) -> tuple[Value, ...]:
    """The items of an expression that must be a list."""
    value = evaluate(node, scope)
    if isinstance(value, tuple) and not isinstance(value, Dims):
        return value
    raise scope.refuse(errors.values.WrongType(found_value=describe(value), wanted="a list or a range"), node.span)


def bindings(
    targets: tuple[tree.LoopTarget, ...], iterable: tree.Expression, scope: Scope
) -> Iterator[dict[str, Value]]:
    """What a loop binds in each turn: `for x in xs`, `for i, x in xs`, `for (a, b) in pairs`."""
    for index, item in enumerate(items(iterable, scope)):
        scope.building.spend(1 + len(scope.names) // 64, iterable.span)
        bound: dict[str, Value] = {}
        for target, value in zip(targets, (item,) if len(targets) == 1 else (index, item), strict=True):
            _bind(target, value, bound, scope)
        yield bound


def _bind(target: tree.LoopTarget, value: Value, bound: dict[str, Value], scope: Scope) -> None:
    if target.name is not None:
        if target.name in bound or target.name in scope.names:
            raise scope.refuse(errors.names.NameGivenTwice(name=target.name), target.span)
        bound[target.name] = value
        return
    if not isinstance(value, tuple) or isinstance(value, Dims) or len(value) != len(target.parts):
        raise scope.refuse(
            errors.values.WrongType(
                found_value=describe(value), wanted=f"a list of {len(target.parts)} items to unpack"
            ),
            target.span,
        )
    for part, item in zip(target.parts, value, strict=True):
        _bind(part, item, bound, scope)


# -------------------------------------------------------------------------------------- evaluators


@evaluates(tree.Known)
def _known(node: tree.Known, scope: Scope) -> Value:
    return cast(Value, node.value)


@evaluates(tree.Number)
def _number(node: tree.Number, scope: Scope) -> Value:
    return node.value


@evaluates(tree.DimsLiteral)
def _dims(node: tree.DimsLiteral, scope: Scope) -> Value:
    return Dims(node.sizes)


@evaluates(tree.Boolean)
def _boolean(node: tree.Boolean, scope: Scope) -> Value:
    return node.value


@evaluates(tree.Nothing)
def _nothing(node: tree.Nothing, scope: Scope) -> Value:
    return None


@evaluates(tree.Name)
def _name(node: tree.Name, scope: Scope) -> Value:
    return scope.find(node)


@evaluates(tree.Items)
def _items(node: tree.Items, scope: Scope) -> Value:
    return counted(tuple(evaluate(item, scope) for item in node.items), node, scope)


def counted(value: Value, node: tree.Expression, scope: Scope) -> Value:
    """A new list, whose items count as steps."""
    scope.building.spend_on(value, node.span)
    return value


@evaluates(tree.Comprehension)
def _comprehension(node: tree.Comprehension, scope: Scope) -> Value:
    made: list[Value] = []
    for names in bindings(node.targets, node.iterable, scope):
        inner = scope.inner(**names)
        if node.condition is None or truth(node.condition, inner):
            made.append(evaluate(node.item, inner))
            scope.building.spend_on(made[-1], node.item.span)
    return tuple(made)


@evaluates(tree.Conditional)
def _conditional(node: tree.Conditional, scope: Scope) -> Value:
    return evaluate(node.yes if truth(node.condition, scope) else node.no, scope)


@evaluates(tree.Logic)
def _logic(node: tree.Logic, scope: Scope) -> Value:
    left = truth(node.left, scope)
    if left is (node.operator == "or"):
        return left
    return truth(node.right, scope)


@evaluates(tree.Not)
def _not(node: tree.Not, scope: Scope) -> Value:
    return not truth(node.operand, scope)


@evaluates(tree.Range)
def _range(node: tree.Range, scope: Scope) -> Value:
    start, stop = _bound_of(node.start, scope), _bound_of(node.stop, scope)
    scope.building.spend(max(0, stop - start), node.span)
    return tuple(range(start, stop))


def _bound_of(node: tree.Expression, scope: Scope) -> int:
    value = evaluate(node, scope)
    if type(value) is int:
        return value
    raise scope.refuse(errors.values.WrongType(found_value=describe(value), wanted="an integer"), node.span)


@evaluates(tree.Negative)
def _negative(node: tree.Negative, scope: Scope) -> Value:
    value = evaluate(node.operand, scope)
    if type(value) is int or type(value) is float:
        return 0 - value
    raise scope.refuse(errors.values.WrongType(found_value=describe(value), wanted="a number"), node.operand.span)


@evaluates(tree.Index)
def _index(node: tree.Index, scope: Scope) -> Value:
    index = evaluate(node.index, scope)
    named = _named_values(node.target, scope)
    if isinstance(named, dict) and type(index) is int and index in named:
        return scope.listed(named[index], node.span.text, node.span)
    target = _indexed(node.target, index, scope)
    if isinstance(index, bool) or not isinstance(index, int):
        raise scope.refuse(errors.values.WrongType(found_value=describe(index), wanted="an integer"), node.index.span)
    if not isinstance(target, tuple):
        raise scope.refuse(
            errors.values.WrongType(found_value=describe(target), wanted="a list or dims"), node.target.span
        )
    if not 0 <= index < len(target):
        raise scope.refuse(
            errors.values.IndexOutside(index=index, length=len(target), listed=node.target.span.text), node.index.span
        )
    return target[index]


def _indexed(node: tree.Expression, index: Value, scope: Scope) -> Value:
    """The value that is indexed; a list of a parameter is marked as read at that index only."""
    if not isinstance(node, tree.Name) or len(node.parts) > 1:
        return evaluate(node, scope)
    name = node.parts[0]
    read = scope.tracked.get(name)
    if name in scope.names and read is not None and type(index) is int:
        read.add(index)
        return scope.names[name]
    return evaluate(node, scope)


def _named_values(node: tree.Expression, scope: Scope) -> NamedValues | None:
    """What `as y[i]` or `as y[i][j]` named so far, also while the lists are still growing; None for anything else."""
    if isinstance(node, tree.Name):
        return None if len(node.parts) > 1 or node.parts[0] in scope.names else scope.flows.get(node.parts[0])
    if not isinstance(node, tree.Index):
        return None
    named = _named_values(node.target, scope)
    index = evaluate(node.index, scope) if isinstance(named, dict) else None
    return named.get(index) if isinstance(named, dict) and type(index) is int else None


@evaluates(tree.StringLiteral)
def _text(node: tree.StringLiteral, scope: Scope) -> Value:
    return text(node, scope)


# -------------------------------------------------------------------------------------- arithmetic


def _divide(a: int | float, b: int | float) -> int | float:
    """The quotient of two numbers: an integer if the division is exact, so that nothing is rounded."""
    if isinstance(a, int) and isinstance(b, int) and a % b == 0:
        return a // b
    return a / b


def _power(a: int | float, b: int | float) -> int | float:
    if isinstance(a, int) and isinstance(b, int) and a.bit_length() * abs(b) > MOST_BITS:
        raise OverflowError
    return cast(int | float, a**b)


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": _power,
}
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@evaluates(tree.Binary)
def _binary(node: tree.Binary, scope: Scope) -> Value:
    left, right = evaluate(node.left, scope), evaluate(node.right, scope)
    if node.operator in ("==", "!="):
        scope.building.spend_on(left, node.span)
        return same(left, right) == (node.operator == "==")
    if not (_is_number(left) and _is_number(right)):
        return _other_operands(node, left, right, scope)
    if node.operator in _ORDER:
        return _ORDER[node.operator](left, right)
    return _calculated(node, cast(int | float, left), cast(int | float, right), scope)


def _calculated(node: tree.Binary, left: int | float, right: int | float, scope: Scope) -> Value:
    try:
        value: int | float | complex = _ARITHMETIC[node.operator](left, right)
    except ZeroDivisionError:
        raise scope.refuse(errors.values.NoResult(reason="this is a division by zero"), node.right.span) from None
    except OverflowError:
        raise scope.refuse(errors.values.NoResult(reason="this number is too large"), node.span) from None
    if isinstance(value, complex) or value != value or value in (float("inf"), float("-inf")):
        raise scope.refuse(errors.values.NoResult(reason="this has no finite real value"), node.span)
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise scope.refuse(errors.values.NoResult(reason="this number is too large"), node.span)
    # There is one zero, so that equal values are the same value.
    return type(value)(0) if value == 0 else value


def _other_operands(node: tree.Binary, left: Value, right: Value, scope: Scope) -> Value:
    """`+` for two lists or two strings; other values are refused."""
    if node.operator == "+" and isinstance(left, str) and isinstance(right, str):
        if len(left) + len(right) > LONGEST_TEXT:
            raise scope.refuse(errors.files.LimitReached(what="characters in a string", limit=LONGEST_TEXT), node.span)
        return left + right
    if node.operator == "+" and _is_list(left) and _is_list(right):
        joined = cast(tuple[Value, ...], left) + cast(tuple[Value, ...], right)
        scope.building.spend(len(joined), node.span)
        return joined
    wrong, operand = (left, node.left) if not _is_number(left) else (right, node.right)
    raise scope.refuse(errors.values.WrongOperand(operator=node.operator, found_value=describe(wrong)), operand.span)


def same(left: Value, right: Value) -> bool:
    """Equality in the language: dims of equal sizes equal an integer, but a boolean never equals a number."""
    if isinstance(left, Dims) != isinstance(right, Dims):
        dims, other = (left, right) if isinstance(left, Dims) else (right, left)
        return type(other) is int and all(size == other for size in cast(Dims, dims))
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    if isinstance(left, Bound) and isinstance(right, Bound):
        return key(left) == key(right)
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


def _is_number(value: Value) -> bool:
    return type(value) is int or type(value) is float


def _is_list(value: Value) -> bool:
    return isinstance(value, tuple) and not isinstance(value, Dims)
