"""What lies behind a word that cannot come next: the commonest slips, and brackets left open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from resdsl.diagnostics.suggest import nearest
from resdsl.source import Source, Span
from resdsl.syntax.statements import missing_sign, slip_within
from resdsl.syntax.token import Token

_BRACKET = re.compile(r'"(?:[^"\\\n]|\\.)*"|#[^\n]*|([()\[\]{}])')
_CLOSED_BY = {"(": ")", "[": "]", "{": "}"}
_DEFINITIONS = ("NETWORK", "BLOCK", "SHORTCUT", "SWEEP", "IMPORT")
_OPERATORS = ("PLUS", "MINUS", "STAR", "SLASH", "DSLASH", "PERCENT", "POWER", "EQ", "NE", "LE", "LT", "GE", "GT")


def advice(token: Token, accepted: Iterable[str], words: Iterable[str], before: str, read: str) -> str | None:
    """A word on the commonest slips.

    Args:
        token: what cannot come next.
        accepted: terminals that could.
        words: how those of them are written that are words.
        before: the text up to the token.
        read: what was being read, as `resdsl.syntax.statements.stack_words` has it.
    """
    accepted = set(accepted)
    return (
        _of_layout(token, accepted, before)
        or slip_within(token, read)
        or _of_signs(token, accepted, before)
        or _of_words(token, words)
        or missing_sign(token, accepted)
        or ("a colon stands between the name and what it names" if "COLON" in accepted else None)
    )


def _of_layout(token: Token, accepted: set[str], before: str) -> str | None:
    if token.type == "ELSE" or re.search(r"\belse\s*$", before):
        return "`else` stands on the line of the `}` before it"
    if (token.type == "LBRACE" and "NEWLINE" in accepted) or (token.type == "NEWLINE" and "LBRACE" in accepted):
        return "an opening `{` stands on the line of what it belongs to"
    if token.type in _DEFINITIONS and "RBRACE" in accepted:
        return "definitions stand at the top of the file, not within one another"
    return None


def _of_signs(token: Token, accepted: set[str], before: str) -> str | None:
    if token.type == "EQUAL" and "EQ" in accepted:
        return "a comparison is written `==`"
    if token.type == "EQUAL" and "COLON" in accepted:
        return "a value is named with `let`: let width = 64"
    if token.type == "COLON" and "EQUAL" in accepted:
        return "a value is given with `=`"
    if token.type == "X" or token == "x":
        return "`x` repeats the block of a stage: stage NAME: block(...) x 3"
    if token.type == "STAR" and "X" in accepted:
        return "repeats are written with an x: block(64) x 3"
    if token.type in _OPERATORS and "ARROW" in accepted and before.rstrip().endswith(")"):
        return "a `(` right after a name opens its arguments, and all of them stand within"
    return None


def _of_words(token: Token, words: Iterable[str]) -> str | None:
    if not token.isidentifier() or len(token) < 3:
        return None
    near = nearest(token, (word for word in words if word.isidentifier() and len(word) > 2))
    return f"did you mean `{near}`?" if near is not None else None


def left_open(source: Source, start: int, end: int, at: int) -> Span | None:
    """The bracket that a word at `at` tells to be left open: one of an earlier line that nothing closes.

    Within ( ) and [ ] line ends mean nothing, so that a bracket left open is noticed lines later only.

    Args:
        source: the text.
        start: where the stretch that was read begins.
        end: where it ends.
        at: where the word stands.
    """
    opened: list[int] = []
    for place, bracket in _brackets(source.text, start, at):
        if bracket in _CLOSED_BY:
            opened.append(place)
        elif opened:
            opened.pop()
    if not opened or source.text[opened[-1]] == "{" or "\n" not in source.text[opened[-1] : at]:
        return None
    return None if _is_closed(source.text, opened[-1], at, end) else Span(source, opened[-1], opened[-1] + 1)


def brace_left_open(source: Source, start: int, at: int) -> Span | None:
    """The brace that seems to be left open before `at`: the first that is closed further left than its line begins,
    or else the last.
    """
    opened: list[int] = []
    for place, bracket in _brackets(source.text, start, at):
        if bracket == "{":
            opened.append(place)
        elif bracket == "}" and opened:
            if _leads_its_line(source, place) and _indent(source, place) < _indent(source, opened[-1]):
                return Span(source, opened[-1], opened[-1] + 1)
            opened.pop()
    return Span(source, opened[-1], opened[-1] + 1) if opened else None


def _leads_its_line(source: Source, place: int) -> bool:
    position = source.position(place)
    return _indent(source, place) == position.column - 1


def _indent(source: Source, place: int) -> int:
    line = source.line(source.position(place).line)
    return len(line) - len(line.lstrip())


def _is_closed(text: str, opened: int, at: int, end: int) -> bool:
    within = [text[opened]]
    for _, bracket in _brackets(text, at, end):
        if bracket in _CLOSED_BY:
            within.append(bracket)
            continue
        if _CLOSED_BY[within.pop()] != bracket:
            return False
        if not within:
            return True
    return False


def _brackets(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """Brackets outside strings and comments, with their places."""
    for match in _BRACKET.finditer(text, start, end):
        if match[1] is not None:
            yield match.start(), match[1]
