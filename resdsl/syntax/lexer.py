"""What the grammar leaves to a post-lexer: line ends within brackets, and two readings of a bracket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lark import Token
from lark.lark import PostLex

DEEPEST = 100
"""Brackets and braces within each other."""
MOST_WORDS = 200_000
"""Words and signs of a text, line ends included; a network of the paper has three hundred."""
LONGEST_WORD = 10_000
"""Characters of a name, a number or a string as it is written, its quotes aside."""

_PAIRS = {")": "(", "]": "[", "}": "{"}
_OPENS_CALL = frozenset({"NAME", "RPAR", "RSQB"})
_GROUPING = {"(": "LPAR", "[": "LSQB"}
_APPLYING = {"(": "CALL", "[": "INDEX"}


class BracketError(Exception):
    """A bracket is not matched, or nested too deeply (`deep`); `opened` is what it fails to close."""

    def __init__(self, token: Token, deep: bool = False, opened: Token | None = None) -> None:
        super().__init__(token)
        self.token = token
        self.deep = deep
        self.opened = opened


class TooManyWords(Exception):
    """A text has more words than are read."""

    def __init__(self, token: Token) -> None:
        super().__init__(token)
        self.token = token


class LongWord(Exception):
    """A word is longer than `LONGEST_WORD`."""

    def __init__(self, token: Token) -> None:
        super().__init__(token)
        self.token = token


class BracketFilter(PostLex):
    """Drops line ends within ( ) and [ ], tells a call from a group and an index from a list."""

    always_accept = ("NEWLINE", "LPAR", "LSQB")

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """Pass tokens on.

        Raises:
            BracketError: as said there.
            TooManyWords: there are more than `MOST_WORDS`.
            LongWord: one is longer than `LONGEST_WORD`.
        """
        state, words = _State(), 0
        for token in stream:
            words += _words_of(token)
            if words > MOST_WORDS:
                raise TooManyWords(token)
            kind = state.read(token)
            if kind is None:
                continue
            yield token if kind == token.type else Token.new_borrow_pos(kind, token.value, token)
        if state.open:
            raise BracketError(state.open[-1])


def _words_of(token: Token) -> int:
    """How many words a token counts for: every expression within a string is read like one that stands outside."""
    quotes = 2 if token.type == "STRING" else 0
    if len(token) > LONGEST_WORD + quotes:
        raise LongWord(token)
    return 1 + token.count("{") if token.type == "STRING" else 1


@dataclass
class _State:
    """What is open, and what came before."""

    open: list[Token] = field(default_factory=list)
    before: str = ""

    def read(self, token: Token) -> str | None:
        """The kind of the token, None if it means nothing where it stands."""
        kind: str = token.type
        if kind == "NEWLINE":
            if self.open and self.open[-1] != "{":
                return None
        elif token in _PAIRS:
            self._close(token)
        elif token in _GROUPING:
            kind = (_APPLYING if self.before in _OPENS_CALL else _GROUPING)[token]
            self._open(token)
        elif kind == "LBRACE":
            self._open(token)
        self.before = kind
        return kind

    def _open(self, token: Token) -> None:
        self.open.append(token)
        if len(self.open) > DEEPEST:
            raise BracketError(token, deep=True)

    def _close(self, token: Token) -> None:
        if not self.open or self.open[-1] != _PAIRS[token]:
            raise BracketError(token, opened=self.open[-1] if self.open else None)
        self.open.pop()
