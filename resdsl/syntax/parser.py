"""Text to syntax tree.

`parse` reads a whole text, `parse_expression` one expression (for the command line and strings). Both
tell every independent problem of form: where a definition cannot be read, the next one still is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from typing import Any, TypeVar, cast

from lark import Lark, Token, UnexpectedCharacters, UnexpectedToken
from lark.exceptions import VisitError

from resdsl.diagnostics.problem import Problem, Refusal, SpecError
from resdsl.source import Source, Span
from resdsl.syntax import tree
from resdsl.syntax.build import Builder
from resdsl.syntax.errors import StrayCharacter, TooDeep, UnclosedBracket, UnexpectedWord
from resdsl.syntax.lexer import DEEPEST, BracketError
from resdsl.syntax.tables import load_parser
from resdsl.syntax.words import choices, told

T = TypeVar("T")

_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|(#[^\n]*)')
_BEGINS_ITEM = re.compile(r"^(?:network|block|shortcut|import)\b", re.MULTILINE)
_SWEEP = "sweeps are not part of this version of resdsl yet"


def parse(source: Source) -> tree.File:
    """The syntax tree of a whole text.

    Raises:
        SpecError: with every problem of form that was found.
    """
    try:
        items = _read(source, 0, len(source.text), "file")
    except Refusal as refusal:
        raise SpecError(_all_problems(source, refusal.problem)) from None
    return tree.File(source, items, _comments(source), _blank_lines(source))


def parse_expression(source: Source) -> tree.Expression:
    """The syntax tree of a text that is one expression.

    Raises:
        SpecError: it is none.
    """
    try:
        return cast(tree.Expression, _read(source, 0, len(source.text), "expression"))
    except Refusal as refusal:
        raise SpecError([refusal.problem]) from None


@cache
def _lark() -> Lark:
    return load_parser()


def _read(source: Source, start: int, end: int, rule: str) -> Any:
    """What the stretch of text means as `rule`; Refusal with the first problem of form."""
    text = source.text[start:end] if (start, end) != (0, len(source.text)) else source.text
    builder = Builder(source, start, lambda a, b: cast(tree.Expression, _read(source, a, b, "expression")))
    parsed = _refusing(partial(_lark().parse, text, start=rule), source, start, end)
    return _refusing(partial(builder.transform, parsed), source, start, end)


def _refusing(work: Callable[[], T], source: Source, start: int, end: int) -> T:
    """Do the work, and turn Lark's complaints into problems."""
    try:
        return work()
    except UnexpectedToken as error:
        raise Refusal(_unexpected(error, source, start, end)) from None
    except UnexpectedCharacters as error:
        at = start + cast(int, error.pos_in_stream)
        raise Refusal(StrayCharacter(span=Span(source, at, at + 1), character=source.text[at])) from None
    except BracketError as error:
        raise Refusal(_bracket(error, source, start)) from None
    except VisitError as error:
        if isinstance(error.orig_exc, Refusal | RecursionError):
            raise error.orig_exc from None
        raise
    except RecursionError:
        raise Refusal(TooDeep(span=Span(source, start, start + 1), limit=DEEPEST)) from None


def _unexpected(error: UnexpectedToken, source: Source, start: int, end: int) -> Problem:
    token = error.token
    if token.type == "$END":
        span = Span(source, end, end)
    else:
        span = Span(source, start + token.start_pos, start + token.end_pos)
    wanted = choices(error.accepts or error.expected, _spelling())
    return UnexpectedWord(span=span, word=told(token), wanted=wanted, advice=_advice(token, error))


def _advice(token: Token, error: UnexpectedToken) -> str | None:
    """A word on the commonest slips."""
    accepted = error.accepts or error.expected
    if token == "sweep":
        return _SWEEP
    if (token.type == "LBRACE" and "NEWLINE" in accepted) or (token.type == "NEWLINE" and "LBRACE" in accepted):
        return "an opening `{` stands on the line of what it belongs to"
    if token.type == "ELSE":
        return "`else` stands on the line of the `}` before it"
    if token.type == "EQUAL" and "EQ" in accepted:
        return "a comparison is written `==`"
    if token.type == "X" or token == "x":
        return "`x` repeats the block of a stage: stage NAME: block(...) x 3"
    if token.type == "STAR" and "X" in accepted:
        return "repeats are written with an x: basic(64) x 3"
    if "COLON" in accepted:
        return "a colon stands between the name and what it names"
    return None


def _bracket(error: BracketError, source: Source, start: int) -> Problem:
    token = error.token
    span = Span(source, start + cast(int, token.start_pos), start + cast(int, token.end_pos))
    if error.deep:
        return TooDeep(span=span, limit=DEEPEST)
    return UnclosedBracket(span=span, bracket=str(token))


@cache
def _spelling() -> dict[str, str]:
    return {terminal.name: terminal.pattern.value for terminal in _lark().terminals if terminal.pattern.type == "str"}


def _all_problems(source: Source, first: Problem) -> list[Problem]:
    """The first problem, and those of the definitions after the one it stands in."""
    problems = [first]
    starts = [match.start() for match in _BEGINS_ITEM.finditer(source.text)]
    at = first.span.start if first.span else 0
    for start, end in zip(starts, [*starts[1:], len(source.text)], strict=False):
        if start <= at:
            continue
        try:
            _read(source, start, end, "file")
        except Refusal as refusal:
            problems.append(refusal.problem)
    return problems


def _comments(source: Source) -> tuple[Span, ...]:
    found = (match for match in _COMMENT.finditer(source.text) if match[1] is not None)
    return tuple(Span(source, match.start(1), match.end(1)) for match in found)


def _blank_lines(source: Source) -> tuple[int, ...]:
    return tuple(number for number, line in enumerate(source.text.split("\n"), 1) if not line.strip())
