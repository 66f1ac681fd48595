"""Syntax trees as text: what is read again is the same tree, without a look at where it came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from resdsl.printer.expressions import expression_text
from resdsl.printer.formatting import format_text
from resdsl.printer.statements import statements_text, text_of
from resdsl.source import Source, Span
from resdsl.syntax import tree
from tests.printer.drawing import Draw
from tests.printer.test_formatting import SHIPPED
from tests.syntax.reading import expression_of, file_of, outline_of

NOWHERE = Span(Source("nowhere", ""), 0, 0)


def displaced(found: Any) -> Any:
    """A tree without its places."""
    if isinstance(found, tree.Node):
        fields = {name: displaced(getattr(found, name)) for name in found._fields[1:]}
        return found.replace(span=NOWHERE, **fields)
    return tuple(map(displaced, found)) if isinstance(found, tuple) else found


def written(text: str) -> str:
    """The text that the tree of a text has, which is read as the same tree."""
    items = file_of(text).items
    again = text_of(displaced(items))
    assert outline_of(file_of(again).items) == outline_of(items)
    assert format_text(again) == again
    return again


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_shipped_specs_are_written_as_the_same_trees(path: Path) -> None:
    written(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("seed", range(60))
def test_drawn_texts_are_written_as_the_same_trees(seed: int) -> None:
    written(Draw(seed, 0).text())


@pytest.mark.parametrize(
    "text",
    [
        *("64", "21_797_672", "0.2", "3.66G", "250M", "11.70M", "1500M", "4T", "2.0", "1.50k", "1e-5", "1e9", "15e-1"),
        *("(a + b) * c", "a - (b - c)", "-(a + b) ** 2", "(-a) ** -b", "(a or b) and not (c and d)", "(a == b) == c"),
        *("(a..b)[0]", "(if a then b else c) + 1", "if a then b else if c then d else e", "not (not a)", "2 ** 3 ** 4"),
        *('"a{i + 1}b{{c}}"', r'"\"quoted\"\n\t\\"', "[[x, y] for x, (y, z) in a if b]", "f(/2, a=g.h())"),
    ],
)
def test_expression_is_written_as_the_same_tree(text: str) -> None:
    again = expression_text(displaced(expression_of(text)))
    assert outline_of(expression_of(again)) == outline_of(expression_of(text))


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("((a) + (b * c))", "a + b * c"),
        ("21797672", "21_797_672"),
        ("1024", "1024"),
        ("0.250", "0.250"),
        ("3660.0M", "3.6600G"),
        ("- 1 .. n", "-1..n"),
    ],
)
def test_expression_has_no_more_signs_than_it_needs(text: str, canonical: str) -> None:
    assert expression_text(expression_of(text)) == canonical


def test_text_that_nobody_wrote_is_laid_out() -> None:
    assert written(
        "network n(a=1){input 3x8x8;conv 3x3,8;norm;act;as y;stage l:basic(8) x 2;fc 1}; network m=n(a=2)"
    ) == (
        "network n(a = 1) {\n  input 3x8x8\n  conv 3x3, 8; norm; act; as y\n  stage l: basic(8) x 2\n  fc 1\n}\n\n"
        "network m = n(a = 2)\n"
    )


def test_statements_are_written_without_what_they_stand_in() -> None:
    (block,) = file_of("block b { residual { conv 3x3, 8; norm }; act }").items
    assert isinstance(block, tree.Definition)
    assert statements_text(block.body.statements) == "residual {\n  conv 3x3, 8; norm\n}\nact\n"


def test_labels_that_would_be_words_of_the_language_are_in_quotes() -> None:
    label = tree.PathLabel(NOWHERE, tree.Word(NOWHERE, "input"), None)
    numbered = tree.PathLabel(NOWHERE, tree.Word(NOWHERE, "features.0"), None)
    op = tree.Name(NOWHERE, ("relu",))
    applied = [tree.Apply(NOWHERE, each, op, (), None) for each in (label, numbered)]
    assert statements_text(applied) == '"input": relu\n"features.0": relu\n'


def test_values_that_no_text_has_are_refused() -> None:
    with pytest.raises(ValueError, match="Known has no text"):
        expression_text(tree.Known(NOWHERE, 3))
    items = tree.Items(NOWHERE, ())
    with pytest.raises(ValueError, match="the shape of the input rgb"):
        statements_text([tree.Input(NOWHERE, tree.Word(NOWHERE, "rgb"), items)])
