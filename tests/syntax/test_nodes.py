"""Nodes of the syntax tree: made of their values, never changed, and equal to themselves only."""

from __future__ import annotations

import pickle

import pytest

from resdsl.source import Source, Span
from resdsl.syntax import tree
from tests.syntax.reading import expression_of, outline

SPAN = Span(Source("n.res", "a + b"), 0, 1)


def test_values_come_in_order_or_by_name() -> None:
    value = tree.Nothing(SPAN)
    for argument in (tree.CallArgument(SPAN, "a", value), tree.CallArgument(SPAN, name="a", value=value)):
        assert (argument.span, argument.name, argument.value, argument.slash) == (SPAN, "a", value, False)
        assert list(argument.children()) == ["a", value, False]


def test_a_node_is_equal_to_itself_only() -> None:
    one, other = tree.Nothing(SPAN), tree.Nothing(SPAN)
    assert one != other
    assert len({one, other}) == 2


def test_a_node_is_replaced_and_not_changed() -> None:
    sum_ = expression_of("a + b")
    assert isinstance(sum_, tree.Binary)
    with pytest.raises(AttributeError, match="Binary is frozen"):
        sum_.operator = "-"  # type: ignore[misc]
    changed = sum_.replace(operator="-")
    assert (outline(sum_), outline(changed)) == ("(+ a b)", "(- a b)")
    assert changed.left is sum_.left


def test_a_node_can_be_kept() -> None:
    kept = pickle.loads(pickle.dumps(expression_of("[x for x in 1..3 if x > 1]")))
    assert outline(kept) == outline(expression_of("[x for x in 1..3 if x > 1]"))
