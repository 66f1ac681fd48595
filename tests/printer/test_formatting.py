"""Texts in canonical form: what they mean, their comments, and how they look."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import resdsl
from resdsl.diagnostics.spec_error import SpecError
from resdsl.printer.formatting import format_text
from resdsl.resources import spec_folder
from tests.calls import calls_of
from tests.diagnostics.golden import cases, read_case
from tests.docs.markdown import ROOT, blocks
from tests.printer.drawing import Draw, can_be_read
from tests.syntax.reading import file_of, lexed, outline_of

SHIPPED = sorted([*spec_folder().rglob("*.res"), *(ROOT / "examples").rglob("*.res")])
STEADY = 200
"""Texts that are always drawn."""


def marks(text: str) -> list[str]:
    """Words, signs and comments of a text in their order, without the signs that formatting adds or takes away: line
    ends, semicolons between statements, a comma behind the last item, and empty brackets.
    """
    file = file_of(text)
    found = [(span.start, span.text.rstrip()) for span in file.comments]
    found += [(token.start, str(token)) for token in lexed(text) if token.type != "NEWLINE"]
    depth: list[str] = []
    kept: list[str] = []
    for _, mark in sorted(found):
        if mark in ("(", "[", "{"):
            depth.append(mark)
        if mark in (")", "]", "}"):
            depth.pop()
            last = next((place for place in reversed(range(len(kept))) if kept[place][0] != "#"), None)
            if last is not None and kept[last] == ",":
                del kept[last]
        if mark == ")" and kept[-1] == "(":
            kept.pop()
        elif mark != ";" or (depth and depth[-1] == "["):
            kept.append(mark)
    return kept


def assert_same_text(text: str) -> str:
    """Format a text, and compare the result with it."""
    formatted = format_text(text)
    assert outline_of(file_of(formatted).items) == outline_of(file_of(text).items)
    assert marks(formatted) == marks(text)
    assert format_text(formatted) == formatted
    return formatted


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_shipped_specs_are_in_canonical_form(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert assert_same_text(text) == text


@pytest.mark.parametrize("folder", ["language/corpus", "draw", "report", "backends"])
def test_texts_of_the_tests_mean_the_same(folder: str) -> None:
    paths = sorted((ROOT / "tests" / folder).rglob("*.res"))
    assert paths
    for path in paths:
        assert_same_text(path.read_text(encoding="utf-8"))


def test_examples_of_the_manual_mean_the_same() -> None:
    for block in blocks("res"):
        if not {"error", "body"} & {*block.tags}:
            assert_same_text(block.text)


def test_texts_with_problems_mean_the_same_if_they_can_be_read() -> None:
    texts = [text for path in cases() for name, text in read_case(path).wrong.files.items() if name.endswith(".res")]
    kept = [assert_same_text(text) for text in texts if can_be_read(text)]
    assert len(texts) > len(kept) > 300


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        first = metafunc.config.getoption("--networks-from")
        count = metafunc.config.getoption("--networks")
        metafunc.parametrize("seed", range(STEADY) if first is None else range(first, first + 20 * count))


def test_drawn_texts_mean_the_same_and_keep_their_comments(seed: int) -> None:
    assert_same_text(Draw(seed, comments=(0.0, 0.2, 1.0)[seed % 3]).text())


FORMS = {
    "blanks": (
        "network   n( shortcut=B,classes = 10 ){\ninput   3x32x32\n\n\n  conv   3x3 ,16,/ 2;norm ;act;\n  fc classes}",
        "network n(shortcut = B, classes = 10) {\n  input 3x32x32\n\n  conv 3x3, 16, /2; norm; act\n  fc classes\n}\n",
    ),
    "expressions": (
        "block b{let a=-1*( b+c )**2..d[ i ]\nlet e=[ x for( x,y )in zip( u,v )if not x==1 ]\nconv(3x3,out = w)}",
        "block b {\n  let a = -1*(b + c)**2..d[i]\n  let e = [x for (x, y) in zip(u, v) if not x == 1]\n"
        "  conv(3x3, out=w)\n}\n",
    ),
    "products keep their form": ("block b { let a = 6*n+2 * m }", "block b { let a = 6*n + 2 * m }\n"),
    "arguments of variants": (
        "network a=b(n=3,norm=bn(eps = 1e-5)){}",
        "network a = b(n = 3, norm = bn(eps=1e-5)) { }\n",
    ),
    "empty brackets": ("block b(){norm(); let a = f()}", "block b { norm; let a = f() }\n"),
    "stages": (
        'network n {\nstage a "first": basic(64) x 3 -> 64x8x8\nstage layer2: basic(128) x 4, /2\n'
        "stage last: [1x1,64;3x3,64] x 2, /2 -> 64x2x2\n}",
        'network n {\n  stage a "first": basic(64)          x 3       -> 64x8x8\n'
        "  stage layer2:    basic(128)         x 4, /2\n"
        "  stage last:      [1x1, 64; 3x3, 64] x 2, /2   -> 64x2x2\n}\n",
    ),
    "figures": (
        "network n {\nexpect depth = 18\nexpect params = 11.7M when default\nexpect macs <= 2G when default\n}",
        "network n {\n  expect depth  = 18\n"
        "  expect params = 11.7M when default\n  expect macs   <= 2G   when default\n}\n",
    ),
    "sweeps": (
        "sweep s {\nnetwork n\nover k=[1,2], n=1..3\n"
        "together a = [1], b = [2]\nsolve w in 1..9 for macs<=2M within 5 %\n}",
        "sweep s {\n  network  n\n  over     k = [1, 2], n = 1..3\n  together a = [1], b = [2]\n"
        "  solve    w in 1..9 for macs <= 2M within 5%\n}\n",
    ),
    "columns that the author aligned": (
        "block b {\n  conv 3x3, width, groups=2;   norm\n  conv 1x1, w;                 norm\n  fc 1;  act\n}",
        "block b {\n  conv 3x3, width, groups=2; norm\n  conv 1x1, w;               norm\n  fc 1; act\n}\n",
    ),
    "comments of neighbouring lines": (
        "block b {  # of the block\n  conv 3x3, 8 # first\n  act# second\n  # alone\n  norm   # third\n}  # after\n",
        "block b {   # of the block\n  conv 3x3, 8   # first\n  act           # second\n  # alone\n  norm   # third\n"
        "}   # after\n",
    ),
    "lines within brackets stay": (
        "block b {\n  conv(3x3, # the kernel\n    8,\n  dilation=2, groups=2)\n}",
        "block b {\n  conv(\n    3x3,   # the kernel\n    8,\n    dilation=2, groups=2,\n  )\n}\n",
    ),
    "one line of items": ("block b {\n  conv(\n3x3, 8,\n  )\n}", "block b {\n  conv(\n    3x3, 8\n  )\n}\n"),
    "bodies of a statement": (
        "block b {\n  if a { norm } else {\n act }\n  parallel add { } { act\n }\n}",
        "block b {\n  if a {\n    norm\n  } else {\n    act\n  }\n  parallel add { } {\n    act\n  }\n}\n",
    ),
    "nothing": ("\n\n", ""),
    "a comment alone": ("# remark", "# remark\n"),
}


@pytest.mark.parametrize(("text", "formatted"), FORMS.values(), ids=FORMS)
def test_form(text: str, formatted: str) -> None:
    assert assert_same_text(text) == formatted


def test_lines_of_windows_are_kept() -> None:
    assert format_text("block b {\r\n# remark \r\nact }\r\n") == "block b {\r\n  # remark\r\n  act\r\n}\r\n"


def test_a_long_call_breaks_at_its_longest_bracket() -> None:
    arguments = ", ".join(f"argument_{number}={number}" for number in range(8))
    text = (
        f'network n {{ stage "layer{{i + 1}}" "conv{{i + 2}}_x": basic({arguments}) x n, /(if i == 0 then 1 else 2) }}'
    )
    assert assert_same_text(text) == (
        f'network n {{\n  stage "layer{{i + 1}}" "conv{{i + 2}}_x": basic(\n    {arguments}\n'
        "  ) x n, /(if i == 0 then 1 else 2)\n}\n"
    )


def test_a_longer_call_fills_its_lines() -> None:
    arguments = [f"argument_{number}={number}" for number in range(20)]
    text = assert_same_text(f"network n = basic({', '.join(arguments)})")
    assert text.startswith("network n = basic(\n  argument_0 = 0, argument_1 = 1,")
    assert text.endswith("argument_19 = 19,\n)\n")
    assert [len(line) > 100 for line in text.splitlines()[1:-2]] == [True] * 3
    assert max(map(len, text.splitlines())) <= 120


def test_statements_that_are_too_long_for_a_line_have_lines_of_their_own() -> None:
    statements = [f"conv 3x3, {width}; norm; act" for width in range(10**9, 10**9 + 5)]
    text = assert_same_text(f"block b {{ {'; '.join(statements)} }}")
    assert text == "block b {\n" + "".join(f"  {each}\n" for each in "; ".join(statements).split("; ")) + "}\n"


def test_a_long_condition_breaks_before_its_operators() -> None:
    test = " and ".join(f"condition_{number}" for number in range(12))
    text = assert_same_text(f"block b {{ if ({test}) {{ act }} }}")
    first, second = test[: test.index(" and condition_7")], test[test.index("and condition_7") :]
    assert text == f"block b {{\n  if (\n    {first}\n    {second}\n  ) {{\n    act\n  }}\n}}\n"


def test_a_text_that_cannot_be_read_is_refused_with_all_its_problems() -> None:
    with pytest.raises(SpecError) as refusal:
        format_text("block a { conv 3x3 3 }\nblock b { let a = 1__0 }\n", "n.res")
    assert [problem.code for problem in refusal.value.problems] == ["RES102", "RES106"]


def test_python_has_it() -> None:
    assert resdsl.format_text("block b{act}") == "block b { act }\n"


@pytest.mark.parametrize(
    "text",
    [
        f"block b {{ let a = {'[' * 98}1{']' * 98} }}",
        f"block b {{ let a = {'(1 + ' * 60}1{')' * 60} }}",
        f"block b {'{ gate ' * 60}{{ act }}{'}' * 60}",
        "block b {\n" + "gate {\n" * 60 + "act\n" + "}\n" * 61,
        f"block b {{ let a = {'f(1) * ' * 190}1 }}",
        f"block b {{ {'if a { } else ' * 60}{{ act }} }}",
    ],
    ids=["lists", "groups", "bodies", "bodies on lines", "operators", "else if"],
)
def test_the_deepest_texts_mean_the_same(text: str) -> None:
    assert_same_text(text)


LONG: dict[str, Callable[[int], str]] = {
    "lines": lambda count: "network n {\n" + "  stage a: b(8) x 3   # remark\n" * count + "}",
    "calls": lambda count: "block b { conv " + ", ".join(["f(1, 2)"] * count) + " }",
    "items": lambda count: "block b { let a = [" + "[1, 2], " * count + "] }",
    "bodies": lambda count: "block b { parallel add" + " { act }" * count + " }",
    "comments": lambda count: "block b { let a = [" + "1, # remark\n" * count + "] }",
}


def test_brackets_that_need_not_be_open_are_closed_again() -> None:
    """Of two brackets opened at once in this text only one has to be; read again, it alone would be opened."""
    assert_same_text(Draw(64518687, comments=0.0).text())


@pytest.mark.parametrize("kind", LONG)
def test_formatting_is_linear_in_the_length_of_the_text(kind: str) -> None:
    format_text(LONG[kind](2))
    texts = [LONG[kind](count) for count in (100, 400)]
    small, large = (calls_of(partial(format_text, text)) for text in texts)
    assert large < 4.5 * small
