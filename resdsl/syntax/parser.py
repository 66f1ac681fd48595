"""Text to syntax tree.

`parse` reads a whole text, `parse_expression` one expression (for the command line and strings). Both
tell every independent problem of form: where a definition cannot be read, the next one still is.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, TypeVar, cast

from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedToken
from lark.exceptions import VisitError

from resdsl.diagnostics.problem import Problem, ProblemFound
from resdsl.diagnostics.spec_error import SpecError
from resdsl.source import Source, Span
from resdsl.syntax import tree
from resdsl.syntax.build import Builder
from resdsl.syntax.errors import StrayCharacter, TooDeep, TooLong, UnclosedBracket, UnexpectedWord, UnreadableText
from resdsl.syntax.lexer import DEEPEST, LONGEST_WORD, MOST_WORDS, BracketError, LongWord, TooManyWords
from resdsl.syntax.slips import advice, brace_left_open, left_open
from resdsl.syntax.statements import stack_words
from resdsl.syntax.tables import load_parser
from resdsl.syntax.words import choices, token_text

T = TypeVar("T")

MOST_PROBLEMS = 100
"""Problems of form that are looked for; nobody mends more at once."""
DEEPEST_TREE = 200
"""Rules of the grammar within each other: a chain of two hundred operators, seventy calls, a hundred `else if`."""

_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|(#[^\n]*)')
_BEGINS_ITEM = re.compile(r"^(?:network|block|shortcut|sweep|import)\b", re.MULTILINE)


def parse(source: Source) -> tree.File:
    """The syntax tree of a whole text.

    Raises:
        SpecError: with every problem of form that was found.
    """
    try:
        with _collector_paused():
            items = _read(source, 0, len(source.text), "file")
    except ProblemFound as refusal:
        raise SpecError(_all_problems(source, refusal.problem)) from None
    return tree.File(source, items, _comments(source), _blank_lines(source))


@contextmanager
def _collector_paused() -> Iterator[None]:
    """A long text makes a large tree and no garbage: looking for some again and again is not linear."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def parse_expression(source: Source, start: int = 0) -> tree.Expression:
    """The syntax tree of a text that is one expression, from an offset on.

    Raises:
        SpecError: it is none.
    """
    try:
        return cast(tree.Expression, _read(source, start, len(source.text), "expression"))
    except ProblemFound as refusal:
        raise SpecError([refusal.problem]) from None


def parse_solution(source: Source) -> tree.Solve:
    """The syntax tree of what a sweep is to solve: `k in 1..16 for macs = 250M`, without the word `solve`.

    Raises:
        SpecError: it is none.
    """
    try:
        return cast(tree.Solve, _read(source, 0, len(source.text), "solution"))
    except ProblemFound as refusal:
        raise SpecError([refusal.problem]) from None


@cache
def _lark() -> Lark:
    return load_parser()


def _read(source: Source, start: int, end: int, rule: str) -> Any:
    """What the stretch of text means as `rule`; ProblemFound with the first problem of form."""
    text = source.text[start:end] if (start, end) != (0, len(source.text)) else source.text
    builder = Builder(source, start, lambda a, b: cast(tree.Expression, _read(source, a, b, "expression")))
    parsed = _refusing(partial(_lark().parse, text, start=rule), source, start, end, rule)
    _refuse_depth(parsed, source, start)
    return _refusing(partial(builder.transform, parsed), source, start, end, rule)


def _refuse_depth(parsed: Tree[Token], source: Source, start: int) -> None:
    """Refuse what is nested so deeply that walking through it would come to Python's limit."""
    level: list[Tree[Token] | Token] = [parsed]
    for _ in range(DEEPEST_TREE):
        level = [child for part in level if isinstance(part, Tree) for child in part.children]
        if not level:
            return
    token = next((part for part in _leaves(level)), None)
    if token is not None:
        raise ProblemFound(TooDeep(span=_span(token, source, start), limit=DEEPEST_TREE))


def _leaves(parts: Iterable[Tree[Token] | Token]) -> Iterator[Token]:
    left = list(parts)
    while left:
        part = left.pop()
        if isinstance(part, Token):
            yield part
        else:
            left += reversed(part.children)


def _refusing(work: Callable[[], T], source: Source, start: int, end: int, rule: str) -> T:
    """Do the work, and turn Lark's complaints into problems."""
    try:
        return work()
    except UnexpectedToken as error:
        raise ProblemFound(_unexpected(error, source, start, end, rule)) from None
    except UnexpectedCharacters as error:
        at = start + cast(int, error.pos_in_stream)
        raise ProblemFound(StrayCharacter(span=Span(source, at, at + 1), character=source.text[at])) from None
    except LongWord as error:
        span = _span(error.token, source, start)
        raise ProblemFound(TooLong(span=span, length=len(error.token), limit=LONGEST_WORD)) from None
    except TooManyWords as error:
        reason = f"it has more than {MOST_WORDS:_} words and signs"
        raise ProblemFound(
            UnreadableText(span=_span(error.token, source, start), name=source.name, reason=reason)
        ) from None
    except BracketError as error:
        raise ProblemFound(_bracket(error, source, start, end)) from None
    except VisitError as error:
        if isinstance(error.orig_exc, ProblemFound):
            raise error.orig_exc from None
        raise


def _unexpected(error: UnexpectedToken, source: Source, start: int, end: int, rule: str) -> Problem:
    token = error.token
    span = Span(source, end, end) if token.type == "$END" else _span(token, source, start)
    accepted = set(error.accepts or error.expected)
    wanted = choices(accepted, _spelling())
    opened = _left_open(token, accepted, source, start, end)
    if opened is not None:
        return UnclosedBracket(span=opened, bracket=opened.text)
    words = [spelling for name, spelling in _spelling().items() if name in accepted]
    read = stack_words(error.interactive_parser.parser_state.value_stack)
    slip = advice(token, accepted, words, source.text[start : span.start], read)
    word = "the end of the expression" if token.type == "$END" and rule != "file" else token_text(token)
    return UnexpectedWord(span=span, word=word, wanted=wanted, advice=slip)


def _left_open(token: Token, accepted: set[str], source: Source, start: int, end: int) -> Span | None:
    """The bracket left open that an unexpected word points to, if it does."""
    if token.type == "$END":
        return None
    at = start + cast(int, token.start_pos)
    if token.type in ("NETWORK", "BLOCK", "SHORTCUT", "SWEEP", "IMPORT") and source.position(at).column == 1:
        return brace_left_open(source, start, at) if "RBRACE" in accepted else None
    return left_open(source, start, end, at)


def _bracket(error: BracketError, source: Source, start: int, end: int) -> Problem:
    token = error.token
    span = _span(token, source, start)
    if error.deep:
        return TooDeep(span=span, limit=DEEPEST)
    if str(token) == "{":
        span = brace_left_open(source, start, end) or span
    if error.opened is None or error.opened == "{":
        return UnclosedBracket(span=span, bracket=str(token))
    opened = _span(error.opened, source, start)
    if token == "}":
        return UnclosedBracket(span=opened, bracket=opened.text)
    return UnclosedBracket(span=span, bracket=str(token), opened=opened)


def _span(token: Token, source: Source, start: int) -> Span:
    return Span(source, start + cast(int, token.start_pos), start + cast(int, token.end_pos))


@cache
def _spelling() -> dict[str, str]:
    return {terminal.name: terminal.pattern.value for terminal in _lark().terminals if terminal.pattern.type == "str"}


def _all_problems(source: Source, first: Problem) -> list[Problem]:
    """The first problem, and those of the definitions after the one it stands in."""
    problems = [first]
    starts = [match.start() for match in _BEGINS_ITEM.finditer(source.text)]
    at = first.span.start if first.span else 0
    for start, end in zip(starts, [*starts[1:], len(source.text)], strict=False):
        if len(problems) >= MOST_PROBLEMS:
            break
        if start <= at:
            continue
        try:
            _read(source, start, end, "file")
        except ProblemFound as refusal:
            problems.append(refusal.problem)
    return problems


def _comments(source: Source) -> tuple[Span, ...]:
    found = (match for match in _COMMENT.finditer(source.text) if match[1] is not None)
    return tuple(Span(source, match.start(1), match.end(1)) for match in found)


def _blank_lines(source: Source) -> tuple[int, ...]:
    return tuple(number for number, line in enumerate(source.text.split("\n"), 1) if not line.strip())
