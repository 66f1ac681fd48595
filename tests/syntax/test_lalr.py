"""The automaton reads every text as Lark does: the same tree, or stopped by the same token with the same to come."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, ClassVar

import pytest
from lark import Lark, Token as LarkToken, Tree, UnexpectedCharacters, UnexpectedToken
from lark.lark import PostLex

from resdsl.diagnostics.problem import Problem, ProblemFound
from resdsl.resources import grammar_text, shipped_specs
from resdsl.source import Source
from resdsl.syntax.errors import StrayCharacter
from resdsl.syntax.lalr import Automaton, Phrase, Unexpected
from resdsl.syntax.lexer import Lexer, OpenBrackets
from resdsl.syntax.tables import STARTS, load_tables
from resdsl.syntax.token import Token
from tests.robustness.mutations import mutations

TOUCHING = (
    "network n {{ stage s: basic(64){}3 }}",
    "network n {{ stage s: basic(64) x{}3, /2 -> 3x{}4 }}",
    "network n {{ let a{}= 3; let b ={}= 3 }}",
    "network n {{ stage s: b(x for{}i in{}xs), /{}2 }}",
    "network n {{ for i in [a for{}x in{}xs if{}not{}x] {{ as y }} }}",
    "network n {{ let a = b{}and{}c or{}d -{}> e *{}* f }}",
    "resdsl 1{}x3",
    "sweep s {{ solve k in 1.{}.3 for macs = 2 within{}5{}x3 }}",
    'sweep s {{ keep keep{}<{}= 3; name{}"a" }}',
    'import{}"a.res" as{}b',
)
"""What is one token here, and what two, depends on what can come."""


def texts() -> Iterator[str]:
    """The shipped specs, ten slips in each, and words and signs that touch or are parted."""
    for path in shipped_specs():
        yield path.read_text(encoding="utf-8")
    for mutation in mutations(10):
        yield mutation.text
    for form in TOUCHING:
        for between in ("", " ", "x", "=", "\n", "(", "'", " # \r\n"):
            yield form.format(*[between] * form.count("{}"))


def test_texts_are_read_as_lark_reads_them() -> None:
    ends = set()
    for text in texts():
        found = ours(text)
        assert found == larks(text)
        ends.add(found[0])
    assert ends == {"read", "unexpected", "stray", "refused"}


@pytest.mark.parametrize("rule", STARTS)
def test_stretches_are_read_as_lark_reads_them(rule: str) -> None:
    text = 'f(a, 3x3, /2)[1] for k in "a{b}": x == 1..2 ** -3 within 5%\n{ }'
    for end in range(len(text)):
        for start in range(0, end, 7):
            assert ours(text[start:end], rule) == larks(text[start:end], rule)


def ours(text: str, rule: str = "file") -> tuple[object, ...]:
    """What the automaton makes of a text."""
    automaton = Automaton(load_tables(), rule)
    try:
        tokens = lexer().tokens(Source("n.res", text), 0, len(text), lambda: automaton.row)
        return "read", outline(automaton.run(tokens))
    except Unexpected as error:
        stack = [each.rule if isinstance(each, Phrase) else each.type for each in automaton.read]
        return "unexpected", error.token.type, str(error.token), automaton.accepted(), stack
    except ProblemFound as refusal:
        return refused(refusal.problem)


def larks(text: str, rule: str = "file") -> tuple[object, ...]:
    """What Lark makes of it."""
    Postlexer.text = text
    try:
        return "read", outline_of_lark(lark().parse(text, start=rule))
    except UnexpectedToken as error:
        read = error.interactive_parser.parser_state.value_stack
        stack = [str(each.data) if isinstance(each, Tree) else each.type for each in read]
        return "unexpected", error.token.type, str(error.token), error.accepts, stack
    except UnexpectedCharacters as error:
        return "stray", error.pos_in_stream
    except ProblemFound as refusal:
        return refused(refusal.problem)


def refused(problem: Problem) -> tuple[object, ...]:
    """A problem that the lexer tells, in comparable form."""
    assert problem.span is not None
    at = problem.span.start
    return ("stray", at) if isinstance(problem, StrayCharacter) else ("refused", problem.code, at, problem.headline)


class Postlexer(PostLex):
    """Our reading of brackets, behind Lark's lexer."""

    always_accept = ("NEWLINE", "LPAR", "LSQB")
    text: ClassVar[str]

    def process(self, stream: Iterator[LarkToken]) -> Iterator[LarkToken]:
        """Called by Lark with the tokens of a text."""
        brackets = OpenBrackets(Source("n.res", self.text), 0, len(self.text))
        for token in stream:
            assert token.start_pos is not None
            kind = brackets.kind(Token(str(token), token.type, token.start_pos))
            if kind is not None:
                yield LarkToken.new_borrow_pos(kind, token.value, token)
        brackets.refuse_open()


@cache
def lark() -> Lark:
    """Lark's own lexer and parser."""
    return Lark(
        grammar_text(),
        parser="lalr",
        lexer="contextual",
        postlex=Postlexer(),
        start=list(STARTS),
        maybe_placeholders=False,
    )


@cache
def lexer() -> Lexer:
    """Ours."""
    return Lexer(load_tables())


def outline(part: Phrase | Token) -> Any:
    """A tree in comparable form."""
    if isinstance(part, Phrase):
        return part.rule, [outline(each) for each in part.parts]
    return part.type, str(part), part.start, part.end


def outline_of_lark(part: Tree[LarkToken] | LarkToken) -> Any:
    """The same of a tree of Lark's."""
    if isinstance(part, Tree):
        return str(part.data), [outline_of_lark(each) for each in part.children]
    return part.type, str(part), part.start_pos, part.end_pos
