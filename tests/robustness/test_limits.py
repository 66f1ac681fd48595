"""Texts that ask for too much: each is refused, or built, within seconds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from time import process_time

import pytest

from resdsl.analysis.costs import network_costs
from resdsl.compiler import Built, read_spec
from resdsl.diagnostics.spec_error import SpecError
from resdsl.diagnostics.text import draw_all
from resdsl.settings import overrides_of
from resdsl.source import LARGEST_FILE, Source, Unreadable, decode, read_source

LONGEST = 20
"""Seconds of processor time; most take a tenth, on a slow machine too."""


def network(*lines: str) -> str:
    return "\n".join(("network a(shortcut = B) {", "  input 3x32x32", *lines, "}", ""))


def doubling(step: str, first: str = "[1]") -> str:
    """Sixty `let`s, each of which holds the one before twice."""
    return "\n".join((f"let a0 = {first}", *(f"let a{i + 1} = {step.replace('@', f'a{i}')}" for i in range(60))))


def calling_twice(depth: int) -> Iterable[str]:
    """Blocks that call the next one twice: 2^depth layers."""
    yield from (f"block b{i} {{ b{i + 1}; b{i + 1} }}" for i in range(depth))
    yield f"block b{depth} {{ conv 3x3, 8; norm }}"


VARYING = "block v(p) { dropout p; conv 3x3, 8 }\n"

REFUSED = {  # by name, the code and the text
    "operators": ("RES104", network("fc " + "1 + " * 20_000 + "1")),
    "minus signs": ("RES104", network("fc " + "-" * 5_000 + "1")),
    "negations": ("RES104", network("let x = " + "not " * 5_000 + "true")),
    "brackets": ("RES104", network("fc " + "(" * 5_000 + "1" + ")" * 5_000)),
    "braces": ("RES104", network("residual {" * 5_000 + "}" * 5_000)),
    "calls": ("RES104", network("let x = " + "conv(" * 99 + "1" + ")" * 99)),
    "else if": ("RES104", network(" else ".join("if 1 == 2 { norm }" for _ in range(3_000)))),
    "conditionals": ("RES104", network("let x = " + "if 1 == 2 then 3 else " * 3_000 + "4")),
    "words": ("RES100", network("fc max(" + "1, " * 200_000 + "1)")),
    "line ends": ("RES100", "\n" * 1_000_000),
    "comprehension": ("RES700", network("let x = [0 for i in 0..10**9]", "fc 10")),
    "loop": ("RES700", network("for i in 0..400_000 { let x = [i, i] }", "fc 10")),
    "power": ("RES302", network("fc 2**10**9")),
    "powers": ("RES302", network("fc " + "9**" * 50 + "9")),
    "mutual recursion": ("RES700", "block p { q }\nblock q { p }\n" + network("p")),
    "branching recursion": ("RES700", "block p(n) { parallel add { p n + 1 } { p n * 2 } }\n" + network("p 1")),
    "recursion from a name": ("RES700", "block p { as e; p; from e; p }\n" + network("p")),
    "varying repeats": ("RES700", VARYING + network("stage s: v(i / n) x 10**9")),
    "layers": ("RES700", network("for i in 0..300_000 { conv 3x3, 8 }")),
    "layers with paths": ("RES700", network('for i in 0..300_000 { "a.{i}": conv 3x3, 8 }')),
    "nested blocks": ("RES700", "\n".join(calling_twice(100)) + "\n" + network("b0")),
    "variants": ("RES700", network() + "\n".join(f"network a{i + 1} = a{i or ''}" for i in range(1_000))),
    "string in string": ("RES700", network(doubling('"{@}{@}"', '"aaaaaaaa"'))),
    "strings joined": ("RES700", network(doubling("@ + @", '"aaaaaaaa"'))),
    "lists in lists": ("RES700", network(doubling("[@, @]"), "conv 3x3, a60")),
    "lists joined": ("RES700", network(doubling("@ + @"))),
    "zipped lists": ("RES700", network(doubling("zip(@, @)"))),
    "nested list": ("RES700", network(doubling("[@]"), "conv 3x3, a60")),
    "ops bound": ("RES700", network(doubling("conv(@, @)"), "v a60") + "\n" + VARYING),
    "list of strings": ("RES700", network(f'let s = "{"a" * 9_000}"', "let x = [s for i in 0..300_000]")),
    "sums": ("RES700", network("let x = [1 for i in 0..100_000]", "for i in 0..100_000 { let y = sum(x) }")),
    "comparisons": ("RES700", network("let x = [1 for i in 0..100_000]", "for i in 0..100_000 { let y = x == x }")),
    "list as argument": (
        "RES700",
        "block w(p) { conv 3x3, 8 }\n" + network("let x = [1 for i in 0..100_000]", "for i in 0..90_000 { w x }"),
    ),
    "names": ("RES700", network(*(f"let a{i} = {i}" for i in range(20_000)), "for i in 0..100_000 { let x = 1 }")),
    "large number": ("RES314", network("conv 3x3, 10**30")),
    "many problems": ("RES102", "block b { 3 }\n" * 40_000),
    "many names": ("RES200", network(*(f"zz{i} 3" for i in range(5_000)))),
    "long names": ("RES120", network("a" * 500_000 + " 3", "b" * 500_000 + " 3")),
    "unknown names": ("RES200", network("a" * 9_000 + " 3", "b" * 9_000 + " 3")),
    "long title": ("RES120", network(f'stage a "{"x" * 2_000_000}": basic(8) x 2')),
    "long path": ("RES120", network(f'"{"a" * 2_000_000}": conv 3x3, 8')),
    "escapes": ("RES120", network(rf'let s = "{chr(92) * 2_000_000}"')),
    "expressions in a string": ("RES120", network(f'let s = "{"{1}" * 500_000}"')),
    "expressions in strings": ("RES100", network(*[f'let s = "{"{1}" * 3_000}"'] * 400)),
    "long number": ("RES120", network("fc " + "1" * 2_000_000)),
    "long dims": ("RES120", network("conv 3x3, 8 -> " + "1x" * 1_000_000 + "1")),
    "large real": ("RES106", network("scale 2e308")),
    "larger real": ("RES106", network("scale 1e999")),
    "large real below zero": ("RES106", network("scale -2e308")),
    "real with many digits": ("RES106", network("scale 99999999999999999999e300")),
    "large kernel": ("RES314", network("conv 10**400, 8")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_text_is_refused_soon(name: str) -> None:
    code, text = REFUSED[name]
    began = process_time()
    with pytest.raises(SpecError) as refused:
        build_all(text)
    answer = draw_all(refused.value.problems)
    assert process_time() - began < LONGEST
    assert refused.value.problems[0].code == code, answer[:2_000]
    assert len(answer) < 100_000
    if code in ("RES104", "RES700"):
        assert len(refused.value.problems) == 1, answer[:2_000]


@pytest.mark.parametrize(
    ("depth", "text"),
    [
        (2 * 10**9 + 1, network("stage s: basic(8) x 10**9", "fc 10")),
        (2 * 10**30 + 1, network("stage s: basic(8) x 10**30", "fc 10")),
        (2**38 + 1, "\n".join(calling_twice(38)) + "\n" + network("b0", "fc 10")),
        (150, network(*["conv 3x3, 8"] * 149, "fc " + "1 + " * 150 + "1")),
    ],
    ids=["repeats", "more repeats", "blocks called twice", "as deep as may be"],
)
def test_equal_things_cost_nothing(depth: int, text: str) -> None:
    began = process_time()
    (built,) = build_all(text)
    assert network_costs(built.network).depth == depth
    assert process_time() - began < LONGEST


@pytest.mark.parametrize("value", ["2e308", "-2e308", "1e999", "1.8e308k"])
def test_large_real_given_from_outside_is_refused(value: str) -> None:
    spec = read_spec(Source("a.res", "network a(n = 1) { input 3x8x8; scale n }"))
    with pytest.raises(SpecError) as refused:
        spec.build("a", overrides_of({"n": value}))
    assert [problem.code for problem in refused.value.problems] == ["RES106"]


def test_many_outputs_take_no_longer_each_than_few() -> None:
    began = process_time()
    (built,) = build_all(network("conv 3x3, 8", *(f"tap t{i}" for i in range(20_000)), "fc 10"))
    assert len(built.network.outputs) == 20_001
    assert process_time() - began < LONGEST


@pytest.mark.parametrize(("imports", "codes"), [(200, []), (201, ["RES700"]), (1_000, ["RES700"])])
def test_chain_of_imports_may_have_two_hundred(tmp_path: Path, imports: int, codes: list[str]) -> None:
    for number in range(imports):
        (tmp_path / f"c{number}.res").write_text(f'import "c{number + 1}.res" as next\n', encoding="utf-8")
    (tmp_path / f"c{imports}.res").write_text("block last { conv 3x3, 8 }\n", encoding="utf-8")
    found: list[str] = []
    try:
        read_spec(read_source(tmp_path / "c0.res"))
    except SpecError as error:
        found = [problem.code for problem in error.problems]
    assert found == codes


def test_endless_input_is_refused(root: Path) -> None:
    with Path("/dev/zero").open("rb") as endless:
        command = [sys.executable, "-m", "resdsl", "check", "-"]
        done = subprocess.run(command, cwd=root, stdin=endless, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert "the standard input: it is longer than 4 MiB" in done.stderr


def test_long_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "long.res"
    path.write_bytes(b"#" * (LARGEST_FILE + 1))
    with pytest.raises(Unreadable, match="longer than"):
        read_source(path)


def test_longest_file_is_read() -> None:
    text = decode(network("fc 10").encode() + b"#" * (LARGEST_FILE - 100))
    assert [built.network.name for built in build_all(text)] == ["a"]


def build_all(text: str) -> list[Built]:
    """All networks of a text."""
    spec = read_spec(Source("large.res", text))
    return [spec.build(name) for name in spec.networks or (None,)]
