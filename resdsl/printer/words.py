"""From the tokens of a text to words: what stands before each, and which column it begins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from resdsl.printer.pieces import InnerComment, WordPiece
from resdsl.source import Span
from resdsl.syntax.token import Token

_TIGHT_BEFORE = frozenset({"CALL", "INDEX", "RPAR", "RSQB", "COMMA", "SEMI", "COLON", "DOT", "DOTDOT"})
_TIGHT_AFTER = frozenset({"CALL", "INDEX", "LPAR", "LSQB", "DOT", "DOTDOT"})
_PREFIXES = frozenset({("negative", "MINUS"), ("stride", "SLASH")})
_BREAKS = frozenset({"FOR", "IF", "THEN", "ELSE", "AND", "OR", "PLUS", "MINUS", "STAR"})
"""A line that is too long is broken before these."""

_PRODUCTS = frozenset({"STAR", "SLASH", "DSLASH", "PERCENT", "POWER"})
"""Both `6*n + 2` and `6 * n + 2` are good."""

_COLUMN_BEFORE = {
    ("variant", "EQUAL"): "equal",
    ("let", "EQUAL"): "let",
    ("expect", "WHEN"): "when",
    ("and_", "AND"): "logic",
    ("or_", "OR"): "logic",
}
_COLUMN_BEHIND = {
    ("stage", "COLON"): "unit",
    ("apply", "COLON"): "label",
    ("swept", "NETWORK"): "value",
    ("over", "OVER"): "value",
    ("together", "TOGETHER"): "value",
    ("draw", "DRAW"): "value",
    ("when", "WHEN"): "value",
    ("keep", "KEEP"): "value",
    ("sample", "SAMPLE"): "value",
    ("solve", "SOLVE"): "value",
    ("named", "NAMED"): "value",
}
_COLUMN_OF_RULE = {"title": "title", "repeat": "repeat", "arrow": "arrow", "relation": "relation"}


class Cursor:
    """A place in a text that is read from its beginning to its end.

    Args:
        text: the text.
        comments: all of its comments, in order.

    Attributes:
        end: where the last token ended.
    """

    def __init__(self, text: str, comments: Iterable[Span]) -> None:
        self.end = 0
        self._text = text
        self._comments = [(span.start, span.text.rstrip(" \t\r")) for span in comments][::-1]
        self._is_tight = False
        self._column = ""

    def begin_statement(self, column: str = "") -> None:
        """A statement begins, whose first word may begin a column; what came before it decides nothing."""
        self._is_tight, self._column = False, column

    def comment_before(self, at: int) -> str:
        """The comment before an offset, if there is one that was not read yet."""
        return self._comments.pop()[1] if self._comments and self._comments[-1][0] < at else ""

    def word(self, token: Token, rules: Sequence[str]) -> WordPiece:
        """The next token as a word.

        Args:
            token: the token.
            rules: of the grammar that it stands in, the innermost last.
        """
        kind, rule = token.type, rules[-1]
        gap = self._text[self.end : token.start]
        starts_line = "\n" in gap
        is_binding = _binds(kind, rules) or (rule == "binary" and kind in _PRODUCTS and self._is_written_tight(token))
        word = WordPiece(
            str(token),
            kind,
            self._is_tight or is_binding or kind in _TIGHT_BEFORE,
            _COLUMN_BEFORE.get((rule, kind), self._column or _COLUMN_OF_RULE.get(rule, "")),
            len(gap) > 1 and not starts_line,
            token.start - self._text.rfind("\n", 0, token.start),
            starts_line,
            self._comments_before(token.start) if starts_line else (),
            kind in _BREAKS and (rule, kind) not in _PREFIXES and not is_binding,
        )
        self.end = token.end
        self._is_tight = is_binding or kind in _TIGHT_AFTER or (rule, kind) in _PREFIXES
        self._column = "argument" if kind in ("COMMA", "SEMI") else _COLUMN_BEHIND.get((rule, kind), "")
        return word

    def _is_written_tight(self, token: Token) -> bool:
        return token.start == self.end and not self._text[token.end].isspace() and self._text[token.end] != "#"

    def _comments_before(self, at: int) -> tuple[InnerComment, ...]:
        found: list[InnerComment] = []
        start = self.end
        while self._comments and self._comments[-1][0] < at:
            place, text = self._comments.pop()
            found.append(InnerComment(text, "\n" in self._text[start:place]))
            start = place
        return tuple(found)


def _binds(kind: str, rules: Sequence[str]) -> bool:
    """Whether a sign stands without blanks on both sides: the `=` of an argument, but not in the first line of a
    variant, whose arguments look like parameters.
    """
    if rules[-1] == "keyword" and kind == "EQUAL":
        return rules[-3:] != ("variant", "arguments", "keyword")
    return rules[-1] == "within" and kind == "PERCENT"
