"""Common slips within a statement: what was being read, what came instead, and how to write it.

What was being read is the parser's stack, in the names of the grammar: `STAGE NAME COLON reference` is a stage up to
the name of its block. A complete statement is no longer on the stack, so a word such as STAGE shows what is being
read at the moment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from resdsl.syntax.habits import Correction, Remedy
from resdsl.syntax.lalr import Phrase
from resdsl.syntax.token import Token

_RELATIONS = frozenset({"EQUAL", "EQ", "NE", "LE", "LT", "GE", "GT"})
_WORDS = frozenset({"NAME", "TRUE", "FALSE", "NONE"})
_FIGURES = frozenset({"NUMBER", "DIMS", "STRING"})
_ENDS = frozenset({"RPAR", "RSQB", "RBRACE", "COMMA", "SEMI", "NEWLINE", "$END"})
_STATEMENTS = frozenset(
    {"INPUT", "LET", "REQUIRE", "EXPECT", "STAGE", "RESIDUAL", "GATE", "PARALLEL", "IF", "FOR", "AS", "FROM", "TAP"}
    | {"OUTPUT", "SHARED", "DROP", "NAME"}
)
_DEFINITIONS = frozenset({"NETWORK", "BLOCK", "SHORTCUT", "IMPORT"})


class _Slip(NamedTuple):
    """A slip.

    Attributes:
        read: a pattern of what was being read.
        stood: the kinds of the unexpected token.
        hint: how to write it.
        missing: the sign that is missing before the token, if it is certain that one is.
        instead: what is to stand instead of the token, likewise.
    """

    read: re.Pattern[str]
    stood: frozenset[str]
    hint: str
    missing: str | None = None
    instead: str | None = None


def _slip(
    read: str, stood: Iterable[str], hint: str, *, missing: str | None = None, instead: str | None = None
) -> _Slip:
    return _Slip(re.compile(rf"(?:^|.* ){read}"), frozenset(stood), hint, missing, instead)


_SLIPS = (
    _slip(
        "STAGE .* COMMA X",
        _FIGURES | _WORDS,
        "write the repeat before the comma: stage NAME: block(64) x 3, /2",
    ),
    _slip("STAGE .* COMMA .*", {"X"}, "write the repeat before the comma: stage NAME: block(64) x 3, /2"),
    _slip(
        "STAGE .*COLON (NAME|reference)",
        _FIGURES | _WORDS,
        "put the arguments of a stage's block in parentheses: stage NAME: block(64, groups=2) x 3",
    ),
    _slip(
        "STAGE .*COLON LSQB (.* SEMI )?(NAME|reference)",
        _FIGURES | _WORDS,
        "leave out the op, since every row of a bracket is a convolution: [3x3, 64; 3x3, 64]",
    ),
    _slip(
        "STAGE .*(COLON reference CALL .*RPAR|RSQB|unit|bracket)",
        {"NUMBER"},
        "write repeats with an x: block(64) x 3",
        missing=" x",
    ),
    _slip(
        "STAGE .*(COLON reference( arguments| CALL .*RPAR)?|RSQB|unit|bracket)",
        {"SLASH"},
        "write the stride of a stage after a comma: stage NAME: block(64) x 3, /2",
        missing=",",
    ),
    _slip("LET NAME", _FIGURES | _WORDS, "name a value with `=`: let width = 64", missing=" ="),
    _slip(
        ".* COMMA",
        {"NEWLINE", "RBRACE", "SEMI"},
        "remove the comma; to go on in the next line, put the arguments in ( )",
    ),
    _slip(
        "EXPECT NAME EQUAL",
        {"EQUAL"},
        "compare figures with `=`, `<=`, `<`, `>=` or `>`: expect params = 3M",
        instead="",
    ),
    _slip(
        "EXPECT NAME( EQUAL| LE| LT| GE| GT)?",
        _RELATIONS | {"NAME"},
        "compare figures with `=`, `<=`, `<`, `>=` or `>`: expect params = 3M",
    ),
    _slip(".*PERCENT", _ENDS, "write a fraction such as 0.2 for 20%; `%` is the remainder of a division"),
)


def stack_words(stack: Iterable[Phrase | Token]) -> str:
    """The parser's stack in words: terminals in capitals, rules as in the grammar."""
    return " ".join(_word(part) for part in stack)


def _word(part: Phrase | Token) -> str:
    if isinstance(part, Phrase):
        return part.rule
    return "X" if part == "x" else part.type


def slip_within(token: Token, read: str, before: str) -> Remedy | None:
    """How to write what was being read, if the unexpected token shows what was meant.

    Args:
        token: the unexpected token.
        read: what was being read, as `stack_words` gives it.
        before: the text up to the token.
    """
    kind = "X" if token == "x" else token.type
    slip = next((slip for slip in _SLIPS if kind in slip.stood and slip.read.fullmatch(read)), None)
    if slip is None:
        return None
    if slip.instead is not None:
        return Remedy(slip.hint, Correction(token.start, token.end, slip.instead))
    return Remedy(slip.hint, inserted(token, before, slip.missing) if slip.missing else None)


def inserted(token: Token, before: str, sign: str) -> Correction | None:
    """A sign that is missing before a token, right behind what stands before on the same line."""
    gap = re.search(r"[ \t]*$", before)
    at = token.start - len(gap[0] if gap else "")
    return None if before[-1:] in ("", "\n") or not before.strip() else Correction(at, at, sign)


def _is_named_above(token: Token, before: str) -> bool:
    """Whether a word is the name of a value, and so no op or block."""
    return re.search(rf"(?:[(,]\s*|\blet\s+|\bfor\s+){re.escape(token)}\b\s*(?:[=,)]|in\b)", before) is not None


def missing_sign(token: Token, accepted: set[str], before: str) -> Remedy | None:
    """A hint about a comma, or the end of a statement, that is missing before the token."""
    begins = "NEWLINE" in accepted and token.type in (_STATEMENTS if "RBRACE" in accepted else _DEFINITIONS)
    if "COMMA" in accepted and "IN" not in accepted and token.type in _FIGURES | _WORDS | {"SLASH"}:
        if begins and not _is_named_above(token, before):
            return Remedy("separate arguments with `,`, and statements on one line with `;`")
        is_value = re.search(r"(?:\b\d\w*|[)\]\"])\s*$", before)
        return Remedy(f"a comma is missing before `{token}`", inserted(token, before, ",") if is_value else None)
    return Remedy("begin a new line or write `;` before what comes next") if begins else None
