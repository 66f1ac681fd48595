"""Texts drawn from the grammar, with comments at every place that it allows."""

from __future__ import annotations

import random
from collections import defaultdict
from functools import cache

from lark import Lark
from lark.grammar import NonTerminal, Symbol

from resdsl.diagnostics.spec_error import SpecError
from resdsl.resources import grammar_text
from resdsl.source import Source
from resdsl.syntax.parser import parse
from resdsl.syntax.tables import load_tables

_SPELLINGS = {
    "NAME": ("a", "conv", "width", "norm", "x", "basic", "a_rather_long_name_of_a_parameter"),
    "NUMBER": ("1", "64", "0.2", "1_000", "3.66G", "1e-5"),
    "DIMS": ("3x3", "1x1", "3x224x224"),
    "STRING": ('"layer{i + 1}"', '"conv2_x"', '"a # is no comment"', r'"a \"quoted\" word"'),
}
_DEEPEST = 9
_ITEMS = ("import_", "network", "network", "variant", "block", "block", "shortcut", "sweep")
_APART = ("", " ", "  ", "   ")
_CLOSED = {"(": ")", "[": "]"}


@cache
def _rules() -> dict[str, list[tuple[Symbol, ...]]]:
    lark = Lark(grammar_text(), parser="lalr", start="file", maybe_placeholders=False)
    rules: dict[str, list[tuple[Symbol, ...]]] = defaultdict(list)
    for rule in lark.rules:
        rules[str(rule.origin.name)].append(tuple(rule.expansion))
    return dict(rules)


@cache
def _spelling() -> dict[str, str]:
    return load_tables().spelling


@cache
def _heights() -> dict[str, int]:
    """How deep the smallest tree of each rule is, not counting rules that make nothing of their own."""
    heights: dict[str, int] = {}
    before: dict[str, int] | None = None
    while heights != before:
        before = heights.copy()
        for name, expansions in _rules().items():
            reached = [height for each in expansions if (height := _height(each, heights)) is not None]
            if reached:
                heights[name] = min(reached) + (not name.startswith("_"))
    return heights


def _height(expansion: tuple[Symbol, ...], heights: dict[str, int]) -> int | None:
    inner = [heights.get(str(symbol.name)) for symbol in expansion if isinstance(symbol, NonTerminal)]
    return None if None in inner else max((height for height in inner if height is not None), default=0)


class Draw:
    """Draws texts.

    Args:
        seed: the same one draws the same text.
        comments: how many of the places that allow a comment have one, from 0 to 1.
    """

    def __init__(self, seed: int, comments: float) -> None:
        self._dice = random.Random(seed)
        self._share = comments
        self._comments = 0

    def text(self) -> str:
        """A text that can be read."""
        items: list[str] = []
        while len(items) < 2:
            item = self._spaced(self._words(self._dice.choice(_ITEMS), 0))
            if can_be_read(item):
                items.append(item + self._line_end())
        return self._line_end() + "".join(items)

    def _words(self, rule: str, depth: int) -> list[str]:
        if rule == "body" and depth < 6:
            return self._body(depth)
        expansions = _rules()[rule]
        near = [each for each in expansions if (_height(each, _heights()) or 0) <= _DEEPEST - depth]
        least = min(expansions, key=lambda each: _height(each, _heights()) or 0)
        words: list[str] = []
        for symbol in self._dice.choice(near or [least]):
            name = str(symbol.name)
            if isinstance(symbol, NonTerminal):
                words += self._words(name, depth + (not name.startswith("_")))
            else:
                words.append("\n" if name == "NEWLINE" else self._word(name))
        return words

    def _body(self, depth: int) -> list[str]:
        """A body of some statements, since the grammar's own chance of many is small."""
        words = ["{", *self._dice.choice(([], [], ["\n"]))]
        for _ in range(self._dice.randrange(5)):
            words += [*self._words("_statement", depth + 1), self._dice.choice((";", "\n", "\n", "\n"))]
        return [*words, "}"]

    def _word(self, terminal: str) -> str:
        return _spelling().get(terminal) or self._dice.choice(_SPELLINGS[terminal])

    # --------------------------------------------------------------------------------- between words

    def _spaced(self, words: list[str]) -> str:
        text = ""
        opened: list[str] = []
        for before, word in zip(["", *words], words, strict=False):
            if word == "\n":
                text += self._line_end()
                continue
            text += self._within() if opened and opened[-1] in _CLOSED else self._dice.choice(_APART)
            if text[-1:].isalnum() or before in ("-", "/", "*", "<", ">", "=") or text[-1:] in ("_", "."):
                text += " "
            text += word
            if word in ("(", "[", "{"):
                opened.append(word)
            elif word in (")", "]", "}"):
                opened.pop()
        return text

    def _within(self) -> str:
        """What may stand between two words within brackets."""
        if self._dice.random() < self._share:
            return self._dice.choice(("", "\n", "\n\n  ", "  ")) + self._comment() + "\n" + self._dice.choice(_APART)
        return self._dice.choice((*_APART, *_APART, "\n", "\n   ", "\n\n"))

    def _line_end(self) -> str:
        comment = self._comment() if self._dice.random() < self._share else ""
        return self._dice.choice(_APART) + comment + "\n"

    def _comment(self) -> str:
        self._comments += 1
        return f"# remark {self._comments}{self._dice.choice(('', ' ', '; conv (', ' #'))}"


def can_be_read(text: str) -> bool:
    """Whether the form of a text is right; what the grammar allows may be cut otherwise, since a bracket that follows a
    name opens a call.
    """
    try:
        parse(Source("drawn.res", text))
    except SpecError:
        return False
    return True
