"""Conditions on integers, compiled once and asked for every draw.

Most draws of a sample fail its `when`, and the evaluator of the language takes much longer to find that out than this:
functions made of functions, without scopes and places. They know a part of the language only, where it means what it
means in Python: integers and lists of them, sums and products, comparisons, ranges of literals, and lists made of
lists. Anything else, also an error, is left to the evaluator.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from resdsl.elaborate.values import Dims, Value
from resdsl.syntax import tree

Names = dict[str, Any]
Compiled = Callable[[Names], Any]
_LONGEST_RANGE = 1000
_LARGEST = 1 << 32
"""Integers that are larger are left to the evaluator, which has a limit for what is computed from them."""
_MOST_OPERATIONS = 60


class _Unknown(Exception):
    """The condition uses something that is not known here."""


_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
}
_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_FUNCTIONS: dict[str, tuple[str, Callable[[Any], Any], str]] = {
    "all": ("conditions", all, "condition"),
    "any": ("conditions", any, "condition"),
    "sum": ("integers", sum, "integer"),
    "min": ("integers", min, "integer"),
    "max": ("integers", max, "integer"),
    "len": ("integers", len, "integer"),
}
"""What each function takes, what it is in Python, and what it yields."""


class QuickCondition:
    """A condition, compiled for names whose values are of certain kinds.

    Args:
        node: the condition.
        values: the first values of the names it may use; later ones may be of other kinds.
    """

    def __init__(self, node: tree.Expression, values: Mapping[str, Value]) -> None:
        self._kinds: dict[str, str] = {}
        self._operations = 0
        self._compiled: Compiled | None = None
        try:
            self._kinds = {name: _kind(value) for name, value in values.items() if _is_integral(value)}
            kind, compiled = self._read(node, self._kinds)
            self._compiled = compiled if kind == "condition" else None
        except _Unknown:
            pass

    def holds(self, values: Mapping[str, Value]) -> bool | None:
        """Whether it holds; None if the evaluator has to say so."""
        if self._compiled is None:
            return None
        for name, kind in self._kinds.items():
            value = values.get(name)
            if not _is_integral(value) or _kind(value) != kind:
                return None
        try:
            return bool(self._compiled(dict(values)))
        except (ArithmeticError, IndexError, ValueError):
            return None

    def _read(self, node: tree.Expression, kinds: Mapping[str, str]) -> tuple[str, Compiled]:
        self._operations += 1
        if self._operations > _MOST_OPERATIONS:
            raise _Unknown
        match node:
            case tree.Number(value=int() as number) if abs(number) < _LARGEST:
                return "integer", lambda _: number
            case tree.Name(parts=(name,)) if name in kinds:
                return kinds[name], operator.itemgetter(name)
            case tree.Binary():
                return self._binary(node, kinds)
            case tree.Logic():
                left, right = self._of("condition", node.left, kinds), self._of("condition", node.right, kinds)
                if node.operator == "and":
                    return "condition", lambda names: left(names) and right(names)
                return "condition", lambda names: left(names) or right(names)
            case tree.Not():
                inner = self._of("condition", node.operand, kinds)
                return "condition", lambda names: not inner(names)
            case tree.Index():
                items, index = self._of("integers", node.target, kinds), self._of("integer", node.index, kinds)
                return "integer", lambda names: _item(items(names), index(names))
            case tree.Range(start=tree.Number(value=int() as start), stop=tree.Number(value=int() as stop)):
                if stop - start > _LONGEST_RANGE or stop >= _LARGEST:
                    raise _Unknown
                return "integers", lambda _: range(start, stop)
            case tree.Comprehension(targets=(tree.LoopTarget(name=str() as name),), condition=None):
                return self._comprehension(node, name, kinds)
            case tree.CallExpression(target=tree.Name(text=name), arguments=(only,)) if name in _FUNCTIONS:
                takes, function, yields = _FUNCTIONS[name]
                if only.name is not None:
                    raise _Unknown
                argument = self._of(takes, only.value, kinds)
                return yields, lambda names: function(argument(names))
        raise _Unknown

    def _of(self, kind: str, node: tree.Expression, kinds: Mapping[str, str]) -> Compiled:
        found, compiled = self._read(node, kinds)
        if found != kind:
            raise _Unknown
        return compiled

    def _binary(self, node: tree.Binary, kinds: Mapping[str, str]) -> tuple[str, Compiled]:
        left, right = self._of("integer", node.left, kinds), self._of("integer", node.right, kinds)
        if node.operator in _ARITHMETIC:
            calculate = _ARITHMETIC[node.operator]
            return "integer", lambda names: calculate(left(names), right(names))
        if node.operator in _COMPARISONS:
            compare = _COMPARISONS[node.operator]
            return "condition", lambda names: compare(left(names), right(names))
        raise _Unknown

    def _comprehension(self, node: tree.Comprehension, name: str, kinds: Mapping[str, str]) -> tuple[str, Compiled]:
        if name in kinds:
            raise _Unknown
        over = self._of("integers", node.iterable, kinds)
        kind, item = self._read(node.item, {**kinds, name: "integer"})
        if kind not in ("integer", "condition"):
            raise _Unknown

        def items(names: Names) -> list[Any]:
            # All of them are computed, as by the evaluator: an error in one is an error, whatever the others are.
            return [*_each(over(names), name, names, item)]

        return f"{kind}s", items


def _each(over: Any, name: str, names: Names, item: Compiled) -> Iterator[Any]:
    for value in over:
        names[name] = value
        yield item(names)
    names.pop(name, None)


def _item(items: Any, index: int) -> Any:
    if index < 0:
        raise IndexError
    return items[index]


def _is_integral(value: object) -> bool:
    if type(value) is int:
        return abs(value) < _LARGEST
    return type(value) is tuple and not isinstance(value, Dims) and all(_is_small(item) for item in value)


def _is_small(value: object) -> bool:
    return type(value) is int and abs(value) < _LARGEST


def _kind(value: object) -> str:
    return "integer" if type(value) is int else "integers"
