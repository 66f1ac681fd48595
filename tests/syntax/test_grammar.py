"""The grammar itself: free of conflicts, every terminal named, one rule for each node."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lark import Lark
from lark.exceptions import LexError

from resdsl.diagnostics.problem import Problem
from resdsl.diagnostics.spec_error import SpecError
from resdsl.resources import grammar_text, shipped_specs
from resdsl.source import Source
from resdsl.syntax import tree
from resdsl.syntax.parser import keywords, parse
from resdsl.syntax.tables import STARTS
from tests.calls import calls_of
from tests.syntax.reading import file_of, nodes_in


def strict(grammar: str) -> Lark:
    """The parser of a grammar, refusing conflicts of rules and collisions of terminals (with interegular)."""
    return Lark(grammar, parser="lalr", lexer="contextual", start=list(STARTS), strict=True)


def test_the_grammar_is_free_of_conflicts() -> None:
    import interegular  # noqa: F401 - without it, `strict` would check nothing

    assert strict(grammar_text()).rules


def test_strictness_would_find_a_collision_and_a_conflict() -> None:
    colliding = grammar_text().replace("_atom: number |", "_atom: number | NUMBER2 |") + "\nNUMBER2: /[0-9]+/\n"
    with pytest.raises(LexError):
        strict(colliding)
    with pytest.raises(Exception, match=r"Reduce/Reduce|Shift/Reduce"):
        strict(grammar_text().replace("_atom: number |", "_atom: number | integer |") + "\ninteger: NUMBER\n")


def test_every_terminal_is_named() -> None:
    rules = [line for line in grammar_text().splitlines() if re.match(r"^[?_a-z]|^\s+\|", line)]
    assert len(rules) > 80
    assert [line for line in rules if '"' in line or re.search(r"/[^/\s]+/", line)] == []
    named = {terminal.name for terminal in strict(grammar_text()).terminals}
    assert not [name for name in named if name.startswith("__")]
    assert set(re.findall(r"^([A-Z]+)(?:\.\d)?:", grammar_text(), re.MULTILINE)) == named


def test_every_terminal_and_every_rule_is_used() -> None:
    text = re.sub(r"//.*", "", grammar_text())
    for name in re.findall(r"^[?]?([_a-zA-Z]+)(?:\.\d)?:", text, re.MULTILINE):
        uses = len(re.findall(rf"(?<![A-Za-z_]){name}(?![A-Za-z_])", text))
        assert uses > 1 or name in ("file", "RESDSL"), name


WORDS = sorted(keywords())


@pytest.mark.parametrize("word", WORDS)
def test_a_word_at_the_start_of_a_longer_name_is_no_word(word: str) -> None:
    file = file_of(f"network n {{ {word}y: {word}_z 3\n{word}1 3 }}")
    names = [node.text for node in nodes_in(file.items) if isinstance(node, tree.Name | tree.Word)]
    assert names == ["n", f"{word}y", f"{word}_z", f"{word}1"]


@pytest.mark.parametrize(
    "line",
    [
        "draw w = 8..65 by8",
        "draw w = 8..65 by_8",
        "draw w = 8..65 log2",
        "draw w = 8..65 logs",
        "draw w = 2 of8..65",
        "draw w = sorted2 of 8..65 of2",
        "sample 2 seed1",
        "sample 2 within2M",
        "solve w in 8..65 for macs = 2M within5%",
    ],
)
def test_a_word_behind_what_is_drawn_or_solved_is_never_the_start_of_a_longer_one(line: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse(Source("n.res", f"sweep s {{ network n; {line} }}"))
    (problem,) = refused.value.problems
    longer = re.findall(r"[a-z]\w*", line)[-1]
    assert problem.headline == f"unexpected `{longer}`"


@pytest.mark.parametrize("path", shipped_specs(), ids=lambda path: path.stem)
def test_shipped_specs_are_read_whole(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    file = file_of(text)
    covered = "".join(item.span.text for item in file.items) + "".join(span.text for span in file.comments)
    assert set("".join(text.split())) <= set("".join(covered.split()))
    assert "".join(item.span.text for item in file.items).count("{") == re.sub(r"#.*", "", text).count("{")


def spec_of(lines: int) -> str:
    """A text of so many lines, of all kinds of statements."""
    kinds = (
        "  conv 3x3, {0}, /2; norm   # remark {0}",
        '  "layer{{{0}}}": basic(64)',
        "",
        "  for i in [1, {0}] {{ as y[i] }}",
        "  if not a {{ relu }}",
        "  act",
        "  # a remark of its own",
        "  stage s: b(8) x 3",
    )
    body = "\n".join(kinds[number % len(kinds)].format(number) for number in range(lines - 2))
    return f"network n {{\n{body}\n}}\n"


def calls_to_read(text: str, faults: int = 0) -> int:
    """How many functions are called while a text is read, in which at least so many problems are found."""
    source, found = Source("n.res", text), list[Problem]()

    def read() -> None:
        try:
            parse(source)
        except SpecError as error:
            found.extend(error.problems)

    count = calls_of(read)
    assert bool(found) == bool(faults)
    assert len(found) >= faults
    return count


def test_reading_is_linear_in_the_length_of_the_text() -> None:
    parse(Source("n.res", spec_of(12)))
    small, large = calls_to_read(spec_of(1_000)), calls_to_read(spec_of(10_000))
    assert 9 * small < large < 10.1 * small


def test_a_text_with_many_faulty_definitions_is_read_in_linear_work() -> None:
    def faulty(count: int) -> str:
        return "".join(f"block b{number} {{ conv 3x3, }}\n" for number in range(count))

    calls_to_read(faulty(2), faults=2)
    assert calls_to_read(faulty(200), faults=20) < 4.4 * calls_to_read(faulty(50), faults=20)
