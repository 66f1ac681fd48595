"""Text to tokens.

The grammar defines the terminals. What it leaves to code is here: line ends within brackets, and the two meanings of a
bracket.

A word of the language is a keyword only where the grammar allows one; elsewhere it is a name, as in Lark's contextual
lexer. So tokens are cut one by one, each after the parser has read those before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator

from resdsl.diagnostics.problem import Problem, ProblemFound
from resdsl.source import Source, Span
from resdsl.syntax.errors import StrayCharacter, TooDeep, TooLong, UnclosedBracket, UnreadableText
from resdsl.syntax.lalr import Unexpected
from resdsl.syntax.tables import Tables
from resdsl.syntax.token import Token

DEEPEST = 100
"""The deepest nesting of brackets and braces."""
MOST_WORDS = 200_000
"""The most words and signs in a text, including line ends; a network of the paper has three hundred."""
LONGEST_WORD = 10_000
"""The most characters in a name, a number or a string as it is written, not counting quotes."""

_PAIRS = {")": "(", "]": "[", "}": "{"}
_OPENS_CALL = frozenset({"NAME", "RPAR", "RSQB"})
_GROUPING = {"(": "LPAR", "[": "LSQB"}
_APPLYING = {"(": "CALL", "[": "INDEX"}
_ANYWHERE = frozenset({"NEWLINE", *_GROUPING.values()})
"""Terminals that are accepted everywhere; what they mean is decided by the brackets around them."""

Accepted = Callable[[], Container[str]]
"""The terminals that can come next, asked for before each token."""


class Lexer:
    """Cuts texts into tokens.

    Args:
        tables: of the grammar.
    """

    def __init__(self, tables: Tables) -> None:
        fixed, patterns = tables.spelling, tables.patterns
        free = [f"(?P<{name}>{pattern})" for name, pattern in patterns.items() if name not in fixed]
        signs = [pattern for name, pattern in patterns.items() if name in fixed and not fixed[name].isalpha()]
        self._kinds = {spelling: name for name, spelling in fixed.items() if name not in _APPLYING.values()}
        self._patterns = patterns
        self._match = re.compile("|".join((*free, *signs))).match
        self._skip = re.compile(f"(?:{'|'.join(tables.ignored)})*").match

    def tokens(self, source: Source, start: int, end: int, accepted: Accepted) -> Iterator[Token]:
        """The tokens of a stretch of a text.

        Raises:
            ProblemFound: it cannot be cut, its brackets do not match, or it is too long.
            Unexpected: a token cannot come next.
        """
        brackets = OpenBrackets(source, start, end)
        words = 0
        for token in self._cut(source, start, end, accepted):
            words += _words_of(token, source)
            if words > MOST_WORDS:
                reason = f"it has more than {MOST_WORDS:_} words and signs"
                raise ProblemFound(UnreadableText(span=token.span(source), name=source.name, reason=reason))
            kind = brackets.kind(token)
            if kind is not None:
                token.type = kind
                yield token
        brackets.refuse_open()

    def _cut(self, source: Source, start: int, end: int, accepted: Accepted) -> Iterator[Token]:
        at = start
        while found := self._skip(source.text, at, end):
            at = found.end()
            if at == end:
                return
            token = self._token(source, at, end, accepted())
            yield token
            at = token.end

    def _token(self, source: Source, at: int, end: int, accepted: Container[str]) -> Token:
        found = self._match(source.text, at, end)
        if found is None:
            raise ProblemFound(StrayCharacter(span=Span(source, at, at + 1), character=source.text[at]))
        free = found.lastgroup or ""
        token = Token(found[0], self._kinds.get(found[0], free), at)
        if token.type in accepted or token.type in _ANYWHERE:
            return token
        if free in accepted:
            token.type = free
            return token
        return self._beginning(token, accepted)

    def _beginning(self, token: Token, accepted: Container[str]) -> Token:
        """The start of a token, if that can come next: the `x` of `x3` after the block of a stage."""
        for kind, pattern in self._patterns.items():
            if kind in accepted and (found := re.match(pattern, token)):
                return Token(found[0], kind, token.start)
        raise Unexpected(token)


def _words_of(token: Token, source: Source) -> int:
    """How many words a token counts for: an expression within a string is read like any other."""
    quotes = 2 if token.type == "STRING" else 0
    if len(token) > LONGEST_WORD + quotes:
        raise ProblemFound(TooLong(span=token.span(source), length=len(token), limit=LONGEST_WORD))
    return 1 + token.count("{") if token.type == "STRING" else 1


class OpenBrackets:
    """What is open in a stretch of a text, and what came before.

    Line ends within ( ) and [ ] mean nothing, and a bracket that follows a name or another bracket's end opens a call
    or an index.
    """

    def __init__(self, source: Source, start: int, end: int) -> None:
        self._source = source
        self._start = start
        self._end = end
        self._open: list[Token] = []
        self._before = ""

    def kind(self, token: Token) -> str | None:
        """The kind of the next token; None if it means nothing here.

        Raises:
            ProblemFound: it closes what is not open, or opens too many.
        """
        kind = token.type
        if kind == "NEWLINE":
            if self._open and self._open[-1] != "{":
                return None
        elif token in _PAIRS:
            self._close(token)
        elif token in _GROUPING:
            kind = (_APPLYING if self._before in _OPENS_CALL else _GROUPING)[token]
            self._opens(token)
        elif kind == "LBRACE":
            self._opens(token)
        self._before = kind
        return kind

    def refuse_open(self) -> None:
        """Refuse what is still open where the text ends."""
        if self._open:
            raise ProblemFound(self._unmatched(self._open[-1], None))

    def _opens(self, token: Token) -> None:
        self._open.append(token)
        if len(self._open) > DEEPEST:
            raise ProblemFound(TooDeep(span=token.span(self._source), limit=DEEPEST))

    def _close(self, token: Token) -> None:
        opened = self._open[-1] if self._open else None
        if opened != _PAIRS[token]:
            raise ProblemFound(self._unmatched(token, opened))
        self._open.pop()

    def _unmatched(self, token: Token, opened: Token | None) -> Problem:
        """A bracket that is not closed, or one that fails to close what is open."""
        span = token.span(self._source)
        if token == "{":
            from resdsl.syntax.slips import brace_left_open

            span = brace_left_open(self._source, self._start, self._end) or span
        if opened is None or opened == "{":
            return UnclosedBracket(span=span, bracket=str(token))
        if token == "}":
            return UnclosedBracket(span=opened.span(self._source), bracket=str(opened))
        return UnclosedBracket(span=span, bracket=str(token), opened=opened.span(self._source))
