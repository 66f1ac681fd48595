"""The automaton that reads tokens by the tables of the grammar.

LALR(1), as in any textbook: a stack of states, and beside it what was read, a value for each state but the first.
The row of the state on top says what to do with a token: go on to another state, or first put the topmost values
together by a rule of the grammar.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from resdsl.syntax.tables import Row, Rule, Tables
from resdsl.syntax.token import END, Token


class Phrase(NamedTuple):
    """What a rule of the grammar found in a text."""

    rule: str
    parts: list[Phrase | Token]


class Unexpected(Exception):
    """A token cannot come next."""

    def __init__(self, token: Token) -> None:
        super().__init__(token)
        self.token = token


class Automaton:
    """Reads one text.

    Args:
        tables: of the grammar.
        start: the rule of the grammar that the text is to follow.

    Attributes:
        read: what was read and is not yet part of something larger.
    """

    def __init__(self, tables: Tables, start: str) -> None:
        self._tables = tables
        self._end = tables.ends[start]
        self._states = [tables.starts[start]]
        self.read: list[Phrase | Token] = []

    @property
    def row(self) -> Row:
        """What can come next, tokens and rules alike."""
        return self._tables.rows[self._states[-1]]

    def run(self, tokens: Iterable[Token]) -> Phrase:
        """Read all tokens, which are asked for one by one, each when those before it were read.

        Raises:
            Unexpected: one cannot come next, or the text cannot end behind the last.
        """
        self.begin(tokens)
        end = Token("", END, 0)
        if not self._take(end):
            raise Unexpected(end)
        (whole,) = self.read
        assert isinstance(whole, Phrase)
        return whole

    def begin(self, tokens: Iterable[Token]) -> None:
        """Read tokens that more may follow.

        Raises:
            Unexpected: one cannot come next.
        """
        for token in tokens:
            if not self._take(token):
                raise Unexpected(token)

    def accepted(self) -> set[str]:
        """The terminals that can come next. A row alone may promise more than the states below it keep."""
        return {name for name in self.row if name.isupper() and self._advance(self._states.copy(), name)[1]}

    def _take(self, token: Token) -> bool:
        """Go on by one token; False if it cannot come next."""
        rules, is_taken = self._advance(self._states, token.type)
        for rule in rules:
            self._apply(rule)
        if is_taken and token.type != END:
            self.read.append(token)
        return is_taken

    def _advance(self, states: list[int], kind: str) -> tuple[list[Rule], bool]:
        """Change states by one token: the rules that come to an end before it, and whether it can come next."""
        rules: list[Rule] = []
        while kind != END or states[-1] != self._end:
            action = self._tables.rows[states[-1]].get(kind)
            if action is None:
                return rules, False
            if action >= 0:
                states.append(action)
                return rules, True
            rule = self._tables.rules[~action]
            rules.append(rule)
            del states[len(states) - rule.size :]
            states.append(self._tables.rows[states[-1]][rule.symbol])
        return rules, True

    def _apply(self, rule: Rule) -> None:
        """Put the topmost values together by a rule."""
        first = len(self.read) - rule.size
        parts = _joined(self.read[first:])
        del self.read[first:]
        self.read.append(parts[0] if rule.is_wrapper and len(parts) == 1 else Phrase(rule.name, parts))


def _joined(parts: list[Phrase | Token]) -> list[Phrase | Token]:
    """The parts, with what is in them in place of those whose rule has no name in the tree."""
    joined: list[Phrase | Token] = []
    for part in parts:
        if not isinstance(part, Phrase) or part.rule[0] != "_":
            joined.append(part)
        elif joined:
            joined += part.parts
        else:
            joined = part.parts  # Rows of many are made one by one: their list grows, and is never copied.
    return joined
