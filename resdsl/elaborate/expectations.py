"""What a text states about its network, in the form that the IR has for it."""

from __future__ import annotations

from typing import cast

from resdsl.elaborate import errors
from resdsl.elaborate.binding import Level, Top
from resdsl.elaborate.building import Building
from resdsl.elaborate.cache import StatedShape
from resdsl.elaborate.dispatch import evaluate
from resdsl.elaborate.expressions import truth
from resdsl.elaborate.scope import Scope
from resdsl.elaborate.values import describe
from resdsl.ir.network import Expectation, Place, Quantity
from resdsl.source import Span
from resdsl.syntax import tree

QUANTITIES = ("depth", "params", "macs", "flops", "activations")
"""The quantities that `expect` knows."""
_OF_THE_INPUT = ("macs", "flops", "activations")
_ANOTHER_INPUT = "the input is not the one in the text"


def expectations(top: Top, building: Building) -> list[Expectation]:
    """Everything the text states, with the reason for what is not checked."""
    made = []
    changed_by = next((level.difference.name for level in top.levels if level.difference), None)
    for node, scope in top.checks:
        skipped = f"the variant `{changed_by}` changes the network" if changed_by else None
        made.append(_expectation(node, scope, top.levels[-1], skipped, building))
    for index, level in reversed(list(enumerate(top.levels))):
        outer = next((other.difference.name for other in top.levels[:index] if other.difference), None)
        for node, scope in level.difference.checks if level.difference else ():
            skipped = f"the variant `{outer}` changes the network" if outer else None
            made.append(_expectation(node, scope, level, skipped, building))
    reason = f"the variant `{changed_by}` changes the network" if building.has_own_input else _ANOTHER_INPUT
    met: dict[tuple[int, int, int], StatedShape] = {}
    for stated in building.shapes:
        met.setdefault((id(stated.span.source), stated.span.start, stated.checked), stated)
    made += [_shape_statement(stated, reason) for stated in met.values()]
    building.stated += [stated.span for stated in met.values()]
    return made


def _expectation(node: tree.Expect, scope: Scope, level: Level, skipped: str | None, building: Building) -> Expectation:
    quantity = cast(Quantity, node.quantity.text)
    value = evaluate(node.value, scope)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise scope.refuse(errors.values.WrongType(found_value=describe(value), wanted="a number"), node.value.span)
    reason = skipped or _reason_to_skip(node, quantity, scope, level, building)
    exact = node.relation != "=" or not isinstance(node.value, tree.Number)
    building.stated.append(node.span)
    return Expectation(
        text=" ".join(node.span.text.split()),
        quantity=quantity,
        relation=node.relation,
        value=value,
        tolerance=0 if exact else cast(tree.Number, node.value).slack,
        place=_place(node.span),
        skipped=reason,
    )


def _reason_to_skip(node: tree.Expect, quantity: str, scope: Scope, level: Level, building: Building) -> str | None:
    if node.when is not None:
        default = level.has_own_arguments and building.has_own_input
        inside = scope.inner(default=default)
        if not truth(node.when, inside):
            return f"its condition is false: {' '.join(node.when.span.text.split())}"
    if quantity in _OF_THE_INPUT and not building.has_own_input:
        return _ANOTHER_INPUT
    return None


def _shape_statement(stated: StatedShape, reason: str) -> Expectation:
    return Expectation(
        text=f"-> {stated.span.text}",
        quantity="shape",
        relation="=",
        value=stated.shape,
        place=_place(stated.span),
        skipped=None if stated.checked else reason,
    )


def _place(span: Span) -> Place:
    position = span.position
    return Place(
        file=span.source.name.replace("\\", "/").rsplit("/", 1)[-1], line=position.line, column=position.column
    )
