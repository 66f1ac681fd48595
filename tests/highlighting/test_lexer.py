"""The lexer for Pygments: every text comes back whole, and its tokens are what they mean."""

from __future__ import annotations

import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from pygments.token import Comment, Error, Keyword, Name, Operator, Whitespace

from resdsl.highlighting.lexer import ResdslLexer
from tests.docs.markdown import ROOT
from tests.highlighting.showcase import SHOWCASE, SPECS
from tests.printer.drawing import Draw
from tests.syntax.reading import lexed

GOLDEN = Path(__file__).with_name("showcase.tokens")


def tokens_of(text: str) -> list[tuple[Any, str]]:
    """The tokens of a text, which together are the text."""
    tokens = [(kind, word) for _, kind, word in ResdslLexer().get_tokens_unprocessed(text)]
    assert "".join(word for _, word in tokens) == text
    return tokens


def kinds_of(text: str) -> dict[str, Any]:
    """The kind of each word of a text in which no word stands twice."""
    return {word: kind for kind, word in tokens_of(text) if kind is not Whitespace}


@pytest.mark.parametrize("path", SPECS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_specs_have_no_errors(path: Path) -> None:
    assert [word for kind, word in tokens_of(path.read_text(encoding="utf-8")) if kind is Error] == []


def test_random_texts_have_no_errors() -> None:
    for seed in range(40):
        text = Draw(seed, comments=0.2).text()
        assert [word for kind, word in tokens_of(text) if kind is Error] == []


def test_the_showcase(update_golden: bool) -> None:
    tokens = tokens_of(SHOWCASE.read_text(encoding="utf-8"))
    text = "".join(f"{str(kind)[6:]:22} {word}\n" for kind, word in tokens if kind is not Whitespace)
    if update_golden:
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_keywords_are_those_of_the_compiler(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    strings = [range(token.start, token.end) for token in lexed(text) if token.type == "STRING"]
    found = [
        (at, word)
        for at, kind, word in ResdslLexer().get_tokens_unprocessed(text)
        if (kind in Keyword or kind is Operator.Word) and not any(at in each for each in strings)
    ]
    assert found == [(token.start, token) for token in lexed(text) if token.type != "NAME" and token.isalpha()]


@pytest.mark.parametrize(
    ("text", "word", "kind"),
    [
        ("block keep { }", "keep", Name.Class),
        ("network n { keep 3; over }", "over", Name.Function),
        ("network n { conv out=8, name=3 }", "name", Name.Attribute),
        ("network n { as x }", "x", Name.Variable),
        ("network n { stage s: x x 3 }", "s", Name.Label),
        ("network n { stage s: basic(8) x3 }", "x", Keyword),
        ("network n { stage s: [3x3, 8] x 3 }", "x", Keyword),
        ("network n { output: fc 10 }", "output", Name.Label),
        ("network n { pool after bn1: relu }", "pool", Name.Label),
        ("network n { dropout drop }", "drop", Name),
        ("network n { parallel concat { } { } }", "concat", Name.Builtin),
        ("network n { my_op 3 }", "my_op", Name.Function),
        ("network n { avgpool global }", "global", Name.Builtin.Pseudo),
        ("network n { identity }", "identity", Name.Builtin),
        ("sweep s { over network = [a] }", "network", Keyword),
    ],
)
def test_a_word_is_what_its_place_makes_it(text: str, word: str, kind: object) -> None:
    assert kinds_of(text)[word] is kind


@pytest.mark.parametrize(
    "text", ["", "\n", "#", '"', '"{', "network n {", "network n { conv(", "stage a:", "a.b.c", '"\\']
)
def test_texts_that_are_being_written(text: str) -> None:
    assert Error not in [kind for kind, _ in tokens_of(text)]


@pytest.mark.parametrize("character", "§$&?@^`|~!\\é\0")
def test_other_characters_are_errors(character: str) -> None:
    assert (Error, character) in tokens_of(f"network n {{ conv {character} }}")
    assert tokens_of(f"# {character}") == [(Comment.Single, f"# {character}")]


def test_the_entry_point_is_the_lexer() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ((name, value),) = project["entry-points"]["pygments.lexers"].items()
    assert EntryPoint(name, value, "pygments.lexers").load() is ResdslLexer
