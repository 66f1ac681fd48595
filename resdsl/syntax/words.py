"""The terminals of the grammar in plain words, for messages."""

from __future__ import annotations

from collections.abc import Iterable

from resdsl.syntax.token import Token

_KINDS = {
    "NAME": "a name",
    "NUMBER": "a number",
    "DIMS": "dims such as 3x3",
    "STRING": "a string",
    "NEWLINE": "the end of the line",
    "$END": "the end of the text",
}
_OPERATORS = frozenset(
    {"PLUS", "MINUS", "STAR", "SLASH", "DSLASH", "PERCENT", "POWER", "EQ", "NE", "LE", "LT", "GE", "GT"}
    | {"AND", "OR", "DOTDOT", "INDEX", "DOT"}
)
_VALUES = frozenset({"NUMBER", "DIMS", "STRING", "NAME", "TRUE", "FALSE", "NONE", "LPAR", "LSQB", "MINUS", "NOT"})
_STATEMENTS = frozenset({"STAGE", "RESIDUAL", "LET", "TAP", "FROM", "AS", "GATE", "PARALLEL", "FOR"})
_ORDER = ("a value", "a statement", "a name", "an operator")


def token_text(token: Token) -> str:
    """The token as a message names it: `` `stage` ``, `the end of the line`."""
    if token.type in ("NEWLINE", "$END"):
        return _KINDS[token.type]
    return f"`{token}`"


def choices(terminals: Iterable[str], spelling: dict[str, str]) -> tuple[str, ...]:
    """What would be allowed here, in a few words instead of thirty terminals.

    Args:
        terminals: names of the terminals that the parser would accept.
        spelling: how each fixed terminal is written.
    """
    left = set(terminals)
    words = set()
    for group, word in ((_STATEMENTS, "a statement"), (_VALUES - {"NAME"}, "a value"), (_OPERATORS, "an operator")):
        if len(left & group) >= min(5, len(group)):
            words.add(word)
            left -= group
            if word == "a value":
                left -= {"NAME", "IF", "SLASH"}
            if word == "a statement":
                left -= {"NAME", "INPUT", "REQUIRE", "EXPECT", "DROP", "OUTPUT", "SHARED", "IF", "STRING", "SEMI"}
    if "NEWLINE" in left:
        left -= {"SEMI"}
    words |= {_KINDS.get(name) or f"`{spelling[name]}`" for name in left if name in _KINDS or name in spelling}
    return tuple(sorted(words, key=lambda word: (_ORDER.index(word) if word in _ORDER else len(_ORDER), word)))
