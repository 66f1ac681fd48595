"""Slips within a statement: what was being read, what stood there instead, and how it is written.

What was being read is the parser's stack, as the names of the grammar: `STAGE NAME COLON reference` is a
stage up to the name of its block. A statement that is complete is on the stack no more, so that a word
such as STAGE in it tells what is being read just now.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from resdsl.syntax.lalr import Phrase
from resdsl.syntax.token import Token

_RELATIONS = frozenset({"EQUAL", "EQ", "NE", "LE", "LT", "GE", "GT"})
_WORDS = frozenset({"NAME", "TRUE", "FALSE", "NONE"})
_FIGURES = frozenset({"NUMBER", "DIMS", "STRING"})
_ENDS = frozenset({"RPAR", "RSQB", "RBRACE", "COMMA", "SEMI", "NEWLINE", "$END"})
_STATEMENTS = frozenset(
    {"INPUT", "LET", "REQUIRE", "EXPECT", "STAGE", "RESIDUAL", "GATE", "PARALLEL", "IF", "FOR", "AS", "FROM", "TAP"}
    | {"DROP", "NAME"}
)
_DEFINITIONS = frozenset({"NETWORK", "BLOCK", "SHORTCUT", "IMPORT"})


class _Slip(NamedTuple):
    read: re.Pattern[str]
    stood: frozenset[str]
    hint: str


def _slip(read: str, stood: Iterable[str], hint: str) -> _Slip:
    return _Slip(re.compile(rf"(?:^|.* ){read}"), frozenset(stood), hint)


_SLIPS = (
    _slip(
        "STAGE .* COMMA X",
        _FIGURES | _WORDS,
        "the repeat stands before the comma: stage NAME: block(64) x 3, /2",
    ),
    _slip("STAGE .* COMMA .*", {"X"}, "the repeat stands before the comma: stage NAME: block(64) x 3, /2"),
    _slip(
        "STAGE .*COLON (NAME|reference)",
        _FIGURES | _WORDS,
        "a stage's block has its arguments in ( ): stage NAME: block(64, groups=2) x 3",
    ),
    _slip(
        "STAGE .*COLON LSQB (.* SEMI )?(NAME|reference)",
        _FIGURES | _WORDS,
        "the rows of a bracket are convolutions already: [3x3, 64; 3x3, 64]",
    ),
    _slip(
        "STAGE .*(COLON reference CALL .*RPAR|RSQB|unit|bracket)",
        {"NUMBER"},
        "repeats are written with an x: block(64) x 3",
    ),
    _slip(
        "STAGE .*(COLON reference( arguments| CALL .*RPAR)?|RSQB|unit|bracket)",
        {"SLASH"},
        "the stride of a stage stands behind a comma: stage NAME: block(64) x 3, /2",
    ),
    _slip(
        "EXPECT NAME( EQUAL| LE| LT| GE| GT)?",
        _RELATIONS,
        "figures are compared with `=`, `<=`, `<`, `>=` or `>`: expect params = 3M",
    ),
    _slip(".*PERCENT", _ENDS, "a share is a plain number, such as 0.2 for 20%; `%` is the remainder of a division"),
)


def stack_words(stack: Iterable[Phrase | Token]) -> str:
    """The parser's stack in words: terminals in capitals, rules as the grammar has them."""
    return " ".join(_word(part) for part in stack)


def _word(part: Phrase | Token) -> str:
    if isinstance(part, Phrase):
        return part.rule
    return "X" if part == "x" else part.type


def slip_within(token: Token, read: str) -> str | None:
    """How what was being read is written, where a word that cannot come next tells what was meant.

    Args:
        token: that word.
        read: what was being read, as `stack_words` has it.
    """
    kind = "X" if token == "x" else token.type
    return next((slip.hint for slip in _SLIPS if kind in slip.stood and slip.read.fullmatch(read)), None)


def missing_sign(token: Token, accepted: set[str]) -> str | None:
    """The comma or the end of a statement that is missing before a word that could come after it."""
    begins = "NEWLINE" in accepted and token.type in (_STATEMENTS if "RBRACE" in accepted else _DEFINITIONS)
    if "COMMA" in accepted and "IN" not in accepted and token.type in _FIGURES | _WORDS | {"SLASH"}:
        if begins:
            return "arguments are parted by `,`, and statements on one line by `;`"
        return f"a comma is missing before `{token}`"
    return "what comes next begins on a new line, or behind `;`" if begins else None
