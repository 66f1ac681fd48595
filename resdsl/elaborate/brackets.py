"""Brackets, which are blocks without a name: rows of convolutions in the arguments of a stage, as in Table 1."""

from __future__ import annotations

from typing import NamedTuple

from resdsl.elaborate import errors
from resdsl.elaborate.dispatch import evaluate
from resdsl.elaborate.linking import Callee
from resdsl.elaborate.scope import Scope
from resdsl.elaborate.values import Bound, Dims, Value, describe, key
from resdsl.ops.registry import op_named
from resdsl.source import Span
from resdsl.syntax import tree


class StageStride(NamedTuple):
    """The stride of the stage that a bracket stands in.

    Attributes:
        value: the stride, if it has one.
        span: its place.
        is_repeated: whether the stage says how often it repeats the bracket.
    """

    value: Value
    span: Span | None
    is_repeated: bool


def bracket_block(node: tree.Bracket, stride: StageStride, scope: Scope) -> Bound:
    """The block that a bracket means.

    Rows are convolutions with `norm` after each and `act` between them; the shortcut is added, and `act` follows the
    sum. The stage's stride applies to the first row whose kernel is larger than 1x1.
    """
    rows = [_row(row, scope) for row in node.rows]
    _refuse_strides_of_rows(node, rows, stride, scope)
    strided = None if stride.value is None else _strided_row(rows, stride, scope)
    cache_key = (node, tuple(tuple((name, key(value)) for name, value, _ in row) for row in rows), strided)
    callee = scope.building.session.brackets.get(cache_key)
    if callee is None:
        callee = scope.building.session.brackets[cache_key] = _as_block(node, rows, strided, scope)
    return Bound(callee)


def is_one(value: Value) -> bool:
    """Whether it is a stride of one along each axis."""
    return all(size == 1 for size in value) if isinstance(value, Dims) else value == 1


_Row = list[tuple[str | None, Value, tree.CallArgument]]


def _row(row: tree.BracketRow, scope: Scope) -> _Row:
    read: _Row = []
    for argument in row.arguments:
        value = evaluate(argument.value, scope)
        if isinstance(value, Bound):
            wanted = "an argument of the row's convolution, such as 3x3 or 64"
            raise scope.refuse(errors.values.WrongType(found_value=describe(value), wanted=wanted), argument.value.span)
        read.append((argument.name, value, argument))
    return read


def _argument_of(row: _Row, wanted: str) -> tuple[Value, tree.CallArgument] | None:
    """The value of a parameter of a row's convolution, and the argument that gives it."""
    free = list(op_named("conv").parameters())
    for written, value, argument in row:
        name = written or next(iter(free), None)
        if name == wanted:
            return value, argument
        if name in free:
            free.remove(name)
    return None


def _refuse_strides_of_rows(node: tree.Bracket, rows: list[_Row], stride: StageStride, scope: Scope) -> None:
    for row in rows:
        found = _argument_of(row, "stride")
        if found is None:
            continue
        if stride.value is not None:
            raise scope.refuse(errors.strides.StrideInRow(), found[1].span)
        if stride.is_repeated:
            raise scope.refuse(errors.strides.StrideOfRepeats(block=" ".join(node.span.text.split())), found[1].span)


def _strided_row(rows: list[_Row], stride: StageStride, scope: Scope) -> int | None:
    for index, row in enumerate(rows):
        found = _argument_of(row, "kernel")
        kernel = found[0] if found else 1
        if any(size != 1 for size in (kernel if isinstance(kernel, Dims) else (kernel,))):
            return index
    if is_one(stride.value):
        return None
    raise scope.refuse(errors.strides.NoRowForStride(), stride.span)


def _as_block(node: tree.Bracket, rows: list[_Row], strided: int | None, scope: Scope) -> Callee:
    statements: list[tree.Statement] = []
    for index, (row, written) in enumerate(zip(rows, node.rows, strict=True)):
        arguments = [
            tree.CallArgument(argument.span, name, tree.Known(argument.span, value)) for name, value, argument in row
        ]
        if index == strided:
            stride = tree.Name(node.span, ("stride",))
            arguments.append(tree.CallArgument(node.span, "stride", stride, slash=True))
        statements.append(tree.Apply(written.span, None, tree.Name(written.span, ("conv",)), tuple(arguments), None))
        statements.append(_word(written.span, "norm"))
        if index + 1 < len(rows):
            statements.append(_word(written.span, "act"))
    body = tree.Residual(node.span, False, tree.StatementList(node.span, tuple(statements)), None)
    parameters = () if strided is None else (tree.Parameter(node.span, "stride", None),)
    name = " ".join(node.span.text.split())
    return Callee(
        "bracket", name, parameters, tree.StatementList(node.span, (body, _word(node.span, "act"))), scope.module
    )


def _word(span: Span, name: str) -> tree.Apply:
    return tree.Apply(span, None, tree.Name(span, (name,)), (), None)
