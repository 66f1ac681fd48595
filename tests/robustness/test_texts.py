"""Any text at all: read, or refused with a problem."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings, strategies as st

from resdsl.compiler import read_spec
from resdsl.diagnostics.json import as_record
from resdsl.diagnostics.problem import Problem
from resdsl.diagnostics.spec_error import SpecError
from resdsl.diagnostics.text import draw_all
from resdsl.settings import overrides_of
from resdsl.source import Source, Unreadable, decode
from resdsl.syntax.parser import parse_expression
from tests.robustness.mutations import POOL

SOUP = st.lists(st.sampled_from((*POOL, "16", "3x3", "fc", "input 3x8x8\n", "network a {", "}\n")), max_size=40)


def handled(text: str) -> None:
    """Read and build a text; anything raised but a SpecError is a failure, and so is one without a place."""
    problems = found(lambda: build_all(text))
    answer = draw_all(problems)
    assert all(line.isprintable() for line in answer.split("\n"))
    assert [problem for problem in problems if as_record(problem)["place"] is None] == []


def build_all(text: str) -> None:
    """All networks of a text."""
    spec = read_spec(Source("any.res", text))
    for name in spec.networks or (None,):
        spec.build(name)


def found(work: Callable[[], object]) -> tuple[Problem, ...]:
    """The problems that some work ends with; none if it ends well."""
    try:
        work()
    except SpecError as error:
        return error.problems
    return ()


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    handled(text)


@given(SOUP)
@settings(max_examples=300)
def test_soup_of_tokens(tokens: list[str]) -> None:
    handled(" ".join(tokens))


@given(SOUP)
@settings(max_examples=300)
def test_soup_of_tokens_within_a_network(tokens: list[str]) -> None:
    handled("network a(shortcut = B, n = 3) {\n  input 3x8x8\n  " + " ".join(tokens) + "\n  fc 10\n}\n")


@given(
    st.lists(
        st.sampled_from(("conv 3x3, 8", "norm", "as y", "from y", "split 2", "as z[0]", "from add(y, z[0])")),
        max_size=12,
    )
)
def test_soup_of_statements(statements: list[str]) -> None:
    handled("network a(shortcut = B) {\n  input 4x8x8\n  " + "\n  ".join(statements) + "\n}\n")


@given(st.lists(st.sampled_from(POOL), max_size=12))
def test_soup_as_an_expression(tokens: list[str]) -> None:
    source = Source("argument n", " ".join(tokens))
    assert [problem for problem in found(lambda: parse_expression(source)) if problem.span is None] == []


@given(st.text(max_size=20))
def test_any_text_as_an_override(text: str) -> None:
    spec = read_spec(Source("a.res", "network a(n = 3) { input 3x8x8; fc n }"))
    problems = found(lambda: spec.build("a", overrides_of({"n": text})))
    assert [problem for problem in problems if problem.span is None] == []


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    try:
        text = decode(data)
    except Unreadable:
        text = ""
    handled(text)
