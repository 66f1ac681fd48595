"""Any text at all: read, or refused with a problem."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from resdsl.api import overrides_of
from resdsl.compiler import read_spec
from resdsl.diagnostics.json import as_record
from resdsl.diagnostics.problem import SpecError
from resdsl.diagnostics.text import draw_all
from resdsl.source import Source, Unreadable, decode
from resdsl.syntax.parser import parse_expression
from tests.robustness.mutations import POOL

SOUP = st.lists(st.sampled_from((*POOL, "16", "3x3", "fc", "input 3x8x8\n", "network a {", "}\n")), max_size=40)


def handled(text: str) -> None:
    """Read and build a text; anything but a SpecError is a failure."""
    try:
        spec = read_spec(Source("any.res", text))
        for name in spec.networks or (None,):
            spec.build(name)
    except SpecError as error:
        assert error.problems
        assert draw_all(error.problems).isprintable() or "\n" in draw_all(error.problems)
        for problem in error.problems:
            assert as_record(problem)["place"] is not None


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


@given(st.lists(st.sampled_from(("conv 3x3, 8", "norm", "as y", "from y", "split 2", "as z[0]", "from add(y, z[0])")),
                max_size=12))
def test_soup_of_statements(statements: list[str]) -> None:
    handled("network a(shortcut = B) {\n  input 4x8x8\n  " + "\n  ".join(statements) + "\n}\n")


@given(st.lists(st.sampled_from(POOL), max_size=12))
def test_soup_as_an_expression(tokens: list[str]) -> None:
    try:
        parse_expression(Source("argument n", " ".join(tokens)))
    except SpecError as error:
        assert all(problem.span is not None for problem in error.problems)


@given(st.text(max_size=20))
def test_any_text_as_an_override(text: str) -> None:
    spec = read_spec(Source("a.res", "network a(n = 3) { input 3x8x8; fc n }"))
    try:
        spec.build("a", overrides_of({"n": text}))
    except SpecError as error:
        assert error.problems


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    try:
        handled(decode(data))
    except Unreadable as error:
        assert str(error)
