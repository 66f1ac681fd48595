"""From text to syntax tree.

`parse` reads a whole text, `parse_expression` one expression (for the command line and strings). Both report every
independent problem of form: if one definition cannot be read, the next one still is.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple, cast

from resdsl.diagnostics.problem import Problem, ProblemFound, Replacement
from resdsl.diagnostics.spec_error import SpecError
from resdsl.source import Source, Span
from resdsl.syntax import tree
from resdsl.syntax.build import Builder
from resdsl.syntax.errors import TooDeep, UnclosedBracket, UnexpectedWord
from resdsl.syntax.lalr import Automaton, Phrase, Unexpected
from resdsl.syntax.lexer import Lexer
from resdsl.syntax.tables import Tables, load_tables
from resdsl.syntax.token import END, Token
from resdsl.syntax.words import choices, token_text

MOST_PROBLEMS = 100
"""The most problems of form that are reported; nobody fixes more at once."""
DEEPEST_TREE = 200
"""The deepest nesting of grammar rules: a chain of two hundred operators, seventy calls, a hundred `else if`."""

_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|(#[^\n]*)')
_BEGINS_ITEM = re.compile(r"^(?:network|block|shortcut|sweep|import)\b", re.MULTILINE)


def parse(source: Source) -> tree.File:
    """The syntax tree of a whole text.

    Raises:
        SpecError: the text is malformed; with every problem that was found.
    """
    return parse_with_phrase(source)[0]


def parse_with_phrase(source: Source) -> tuple[tree.File, Phrase]:
    """The syntax tree of a whole text, and what the grammar found in it: every word and sign, for who prints it anew.

    Raises:
        SpecError: the text is malformed; with every problem that was found.
    """
    try:
        with _collector_paused():
            phrase = _phrase(source, 0, len(source.text), "file")
            items = _build(phrase, source)
    except ProblemFound as refusal:
        raise SpecError(_all_problems(source, refusal.problem)) from None
    return tree.File(source, items, _comments(source), _blank_lines(source)), phrase


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause garbage collection: a long text makes a large tree and no garbage, and repeated searches are not linear."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def parse_expression(source: Source, start: int = 0) -> tree.Expression:
    """The syntax tree of a single expression, read from an offset on.

    Raises:
        SpecError: the text is not an expression.
    """
    return cast(tree.Expression, _read_alone(source, start, "expression"))


def _read_alone(source: Source, start: int, rule: str) -> object:
    try:
        return _read(source, start, len(source.text), rule)
    except ProblemFound as refusal:
        raise SpecError([refusal.problem]) from None


def parse_solution(source: Source) -> tree.Solve:
    """The syntax tree of a `solve` line without the word `solve`: `k in 1..16 for macs = 250M`.

    Raises:
        SpecError: the text is not of this form.
    """
    return cast(tree.Solve, _read_alone(source, 0, "solution"))


def parse_sampling(source: Source) -> tree.Sampled:
    """The syntax tree of a `sample` line without the word `sample`: `500 seed 1`.

    Raises:
        SpecError: the text is not of this form.
    """
    return cast(tree.Sampled, _read_alone(source, 0, "sampling"))


class Awaited(NamedTuple):
    """What can come next in a text.

    Attributes:
        terminals: by their names in the grammar.
        read: what was read and is not yet part of something larger: the parser's stack.
    """

    terminals: frozenset[str]
    read: tuple[Phrase | Token, ...]


def awaited(source: Source) -> Awaited | None:
    """What can follow the beginning of a text that the source is; None if that cannot be read itself."""
    automaton = Automaton(_tables(), "file")
    try:
        automaton.begin(_lexer().tokens(source, 0, len(source.text), lambda: automaton.row))
    except Unexpected:
        return None
    except ProblemFound as refusal:
        if not isinstance(refusal.problem, UnclosedBracket) or refusal.problem.opened is not None:
            return None
    return Awaited(frozenset(automaton.accepted()), tuple(automaton.read))


@cache
def keywords() -> Mapping[str, str]:
    """The words of the language, by how they are written, each with its name in the grammar."""
    return {spelled: name for name, spelled in _tables().spelling.items() if spelled.isalpha()}


@cache
def _tables() -> Tables:
    return load_tables()


@cache
def _lexer() -> Lexer:
    return Lexer(_tables())


def _read(source: Source, start: int, end: int, rule: str) -> Any:
    """What the stretch of text means as `rule`; ProblemFound with the first problem of form."""
    return _build(_phrase(source, start, end, rule), source)


def _build(phrase: Phrase, source: Source) -> Any:
    return Builder(source, lambda a, b: cast(tree.Expression, _read(source, a, b, "expression"))).build(phrase)


def _phrase(source: Source, start: int, end: int, rule: str) -> Phrase:
    automaton = Automaton(_tables(), rule)
    try:
        phrase = automaton.run(_lexer().tokens(source, start, end, lambda: automaton.row))
    except Unexpected as error:
        raise ProblemFound(_unexpected(error.token, automaton, source, start, end, rule)) from None
    _refuse_depth(phrase, source)
    return phrase


def _refuse_depth(phrase: Phrase, source: Source) -> None:
    """Refuse text that is nested so deeply that walking its tree would exceed Python's recursion limit."""
    level: list[Phrase | Token] = [phrase]
    for _ in range(DEEPEST_TREE):
        level = [child for part in level if isinstance(part, Phrase) for child in part.parts]
        if not level:
            return
    token = next(_tokens_in(level), None)
    if token is not None:
        raise ProblemFound(TooDeep(span=token.span(source), limit=DEEPEST_TREE))


def _tokens_in(parts: Iterable[Phrase | Token]) -> Iterator[Token]:
    left = list(parts)
    while left:
        part = left.pop()
        if isinstance(part, Token):
            yield part
        else:
            left += reversed(part.parts)


def _unexpected(token: Token, automaton: Automaton, source: Source, start: int, end: int, rule: str) -> Problem:
    """What to say of a token that cannot come next."""
    span = Span(source, end, end) if token.type == END else token.span(source)
    accepted = automaton.accepted()
    spelling = _tables().spelling
    # What is known of slips is loaded with the first of them: most texts have none.
    from resdsl.syntax.slips import advice
    from resdsl.syntax.statements import stack_words

    opened = _left_open(token, accepted, source, start, end)
    if opened is not None:
        return UnclosedBracket(span=opened, bracket=opened.text)
    words = [spelled for name, spelled in spelling.items() if name in accepted]
    around = source.text[start : span.start], source.text[span.end : end]
    slip = advice(token, accepted, words, around, stack_words(automaton.read))
    word = "the end of the expression" if token.type == END and rule != "file" else token_text(token)
    change = slip.change if slip else None
    wanted = choices(accepted, spelling)
    if slip is not None and slip.word is not None:
        span, wanted = Span(source, *slip.word), ()
        word = f"`{span.text}`"
    return UnexpectedWord(
        span=span,
        word=word,
        wanted=wanted,
        advice=slip.hint if slip else None,
        change=Replacement(Span(source, change.start, change.end), change.text) if change else None,
    )


def _left_open(token: Token, accepted: set[str], source: Source, start: int, end: int) -> Span | None:
    """The bracket left open that an unexpected word hints at, if there is one."""
    from resdsl.syntax.slips import brace_left_open, left_open

    if token.type == END:
        return None
    if token.type in ("NETWORK", "BLOCK", "SHORTCUT", "SWEEP", "IMPORT") and token.span(source).position.column == 1:
        return brace_left_open(source, start, token.start) if "RBRACE" in accepted else None
    return left_open(source, start, end, token.start)


def _all_problems(source: Source, first: Problem) -> list[Problem]:
    """The first problem, and those of the definitions that follow."""
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
