"""Every node knows its stretch of the text, no more and no less."""

from __future__ import annotations

import inspect

import pytest

from resdsl.syntax import tree
from tests.syntax.reading import expression_of, file_of, nodes_in

TEXT = """resdsl 1

import "lib/x.res" as x   # an import
network base(width = 64, depth, ) {
  input 3x224x224   # the image
  let half = width // 2
  require half >= 1 and true "at {half} least"
  head after  layer1 : fc  10, bias=false -> 10

  "a.{1 + 2}": x.wide(half, /2)
  stage layer1 "conv2_x" after "a.b" : basic( 64 ) x (2 + 1), /2, act=relu -> 64x56x56
  stage s: [1x1, 64; 3x3, 64, groups=32] x 3
  residual identity { relu } -> 3x8x8
  gate { sigmoid }
  parallel concat { relu } { act; norm }
  if not half == 1 { relu } else if false { act } else { norm }
  for i, (a, b) in zip([1, 2], 0..3) { conv dims(a, b), i }
  as y[i + 1]; as z
  from add(y [0], z) -> 3x8x8
  tap c3; tap aux in training; output logits
  expect macs <= 3.66G when (default)
}
network v(k = -1) = x.base(width = [j * 2 for j in 0..3 if j > 0][0]) { drop "a.b"; tap c2 after layer1.x }
block  b { relu }
shortcut sc(zeros = none) { if changes { conv 1x1, if stride > 1 then out else 8 } }
sweep all {
  network  x.family
  over n = [a, b], input = xs ; together network = [u, v], k=ks
  when n == k
  keep params < n ; solve w in ws for macs = goal within 5 %
  name "r{n}"
}
sweep some { draw d = sorted 4 of 1..17 log, w = 8..99 by 8, b = xs; sample 500 seed 1 within 2M }
"""

EXPECTED: dict[type[tree.Node], list[str]] = {
    tree.Version: ["resdsl 1"],
    tree.Import: ['import "lib/x.res" as x'],
    tree.Parameter: ["width = 64", "depth", "k = -1", "zeros = none"],
    tree.Input: ["input 3x224x224"],
    tree.Let: ["let half = width // 2"],
    tree.Require: ['require half >= 1 and true "at {half} least"'],
    tree.Expect: ["expect macs <= 3.66G when (default)"],
    tree.PathLabel: ["head", '"a.{1 + 2}"', "layer1", "s"],
    tree.Path: ["layer1", '"a.b"', '"a.b"', "layer1.x"],
    tree.StageStatement: [
        'stage layer1 "conv2_x" after "a.b" : basic( 64 ) x (2 + 1), /2, act=relu -> 64x56x56',
        "stage s: [1x1, 64; 3x3, 64, groups=32] x 3",
    ],
    tree.Unit: ["basic( 64 )"],
    tree.Bracket: ["[1x1, 64; 3x3, 64, groups=32]"],
    tree.BracketRow: ["1x1, 64", "3x3, 64, groups=32"],
    tree.Residual: ["residual identity { relu } -> 3x8x8"],
    tree.Gate: ["gate { sigmoid }"],
    tree.Parallel: ["parallel concat { relu } { act; norm }"],
    tree.If: [
        "if not half == 1 { relu } else if false { act } else { norm }",
        "if false { act } else { norm }",
        "if changes { conv 1x1, if stride > 1 then out else 8 }",
    ],
    tree.For: ["for i, (a, b) in zip([1, 2], 0..3) { conv dims(a, b), i }"],
    tree.LoopTarget: ["i", "(a, b)", "a", "b", "j"],
    tree.As: ["as y[i + 1]", "as z"],
    tree.OutputStatement: ["output logits"],
    tree.From: ["from add(y [0], z) -> 3x8x8"],
    tree.TapStatement: ["tap c3", "tap aux in training", "tap c2 after layer1.x"],
    tree.Drop: ['drop "a.b"'],
    tree.SweepLines: [
        TEXT[TEXT.index("sweep all") : TEXT.index("sweep some")].rstrip(),
        TEXT[TEXT.index("sweep some") :].rstrip(),
    ],
    tree.Swept: ["network  x.family"],
    tree.Over: ["over n = [a, b], input = xs"],
    tree.Together: ["together network = [u, v], k=ks"],
    tree.AxisValues: ["n = [a, b]", "input = xs", "network = [u, v]", "k=ks"],
    tree.Draw: ["draw d = sorted 4 of 1..17 log, w = 8..99 by 8, b = xs"],
    tree.DrawnAxis: ["d = sorted 4 of 1..17 log", "w = 8..99 by 8", "b = xs"],
    tree.Sampled: ["sample 500 seed 1 within 2M"],
    tree.When: ["when n == k"],
    tree.Keep: ["keep params < n"],
    tree.Solve: ["solve w in ws for macs = goal within 5 %"],
    tree.Within: ["within 5 %"],
    tree.Named: ['name "r{n}"'],
    tree.Number: [
        *("1", "64", "2", "1", "10", "10", "1", "2", "2", "64", "2", "1", "2", "64", "64", "32", "3"),
        *("1", "1", "2", "0", "3", "1", "0", "3.66G", "1", "2", "0", "3", "0", "0", "1", "8", "5"),
        *("4", "1", "17", "8", "99", "8", "500", "1", "2M"),
    ],
    tree.DimsLiteral: ["3x224x224", "64x56x56", "1x1", "3x3", "3x8x8", "3x8x8", "1x1"],
    tree.StringLiteral: ['"lib/x.res"', '"at {half} least"', '"a.{1 + 2}"', '"conv2_x"', '"r{n}"'],
    tree.Boolean: ["true", "false", "false"],
    tree.Nothing: ["none"],
    tree.Items: ["[1, 2]", "[a, b]", "[u, v]"],
    tree.Comprehension: ["[j * 2 for j in 0..3 if j > 0]"],
    tree.Conditional: ["if stride > 1 then out else 8"],
    tree.Logic: ["half >= 1 and true"],
    tree.Not: ["not half == 1"],
    tree.Binary: [
        *("width // 2", "half >= 1", "1 + 2", "(2 + 1)", "half == 1", "i + 1", "j * 2", "j > 0", "stride > 1"),
        *("n == k", "params < n"),
    ],
    tree.Range: ["0..3", "0..3", "1..17", "8..99"],
    tree.Negative: ["-1"],
    tree.Index: ["y [0]", "[j * 2 for j in 0..3 if j > 0][0]"],
    tree.CallExpression: ["zip([1, 2], 0..3)", "dims(a, b)", "add(y [0], z)"],
}
SEEN_ELSEWHERE = (
    tree.Name,
    tree.Word,
    tree.CallArgument,
    tree.Apply,
    tree.StatementList,
    tree.Definition,
    tree.Variant,
)
NEVER_WRITTEN = (tree.Node, tree.Known)


def texts(kind: type[tree.Node]) -> list[str]:
    found = [node for node in nodes_in(file_of(TEXT).items) if type(node) is kind]
    return [node.span.text for node in sorted(found, key=lambda node: (node.span.start, -node.span.end))]


@pytest.mark.parametrize("kind", EXPECTED, ids=lambda kind: kind.__name__)
def test_the_span_of_a_node_is_what_was_written(kind: type[tree.Node]) -> None:
    assert texts(kind) == EXPECTED[kind]


def test_spans_of_the_most_frequent_nodes() -> None:
    assert texts(tree.Definition)[1:] == [
        "block  b { relu }",
        "shortcut sc(zeros = none) { if changes { conv 1x1, if stride > 1 then out else 8 } }",
    ]
    assert texts(tree.Variant) == [
        'network v(k = -1) = x.base(width = [j * 2 for j in 0..3 if j > 0][0]) { drop "a.b"; tap c2 after layer1.x }'
    ]
    assert texts(tree.StatementList)[1:3] == ["{ relu }", "{ sigmoid }"]
    assert texts(tree.Apply)[:3] == [
        "head after  layer1 : fc  10, bias=false -> 10",
        '"a.{1 + 2}": x.wide(half, /2)',
        "relu",
    ]
    assert texts(tree.CallArgument)[:4] == ["10", "bias=false", "half", "/2"]
    assert {"x.wide", "x.base", "half", "width"} <= set(texts(tree.Name))
    assert {"base", "head", "layer1", "c3", "y"} <= set(texts(tree.Word))


def test_every_kind_of_node_is_covered() -> None:
    kinds = {kind for _, kind in inspect.getmembers(tree, inspect.isclass) if issubclass(kind, tree.Node)}
    assert kinds == {*EXPECTED, *SEEN_ELSEWHERE, *NEVER_WRITTEN}
    for kind in SEEN_ELSEWHERE:
        assert texts(kind)


def test_children_lie_within_their_parents() -> None:
    def check(node: tree.Node) -> int:
        inner = [child for child in nodes_in(node) if child is not node]
        assert all(node.span.start <= child.span.start and child.span.end <= node.span.end for child in inner)
        return len(inner)

    units = (tree.PathLabel, tree.Path)
    assert sum(check(node) for node in nodes_in(file_of(TEXT).items) if not isinstance(node, units)) > 200


def test_spans_begin_and_end_with_something_written() -> None:
    for node in nodes_in(file_of(TEXT).items):
        assert node.span.text == node.span.text.strip() != ""


@pytest.mark.parametrize("text", ["(1)", "(1 + 2) * 3", "4 * (5 - 6)", "((7))", "-(8)", "not (true)", "(x)[0]"])
def test_brackets_belong_to_what_they_group(text: str) -> None:
    assert expression_of(text).span.text == text


def test_comments_and_blank_lines_are_kept() -> None:
    file = file_of(TEXT)
    assert [span.text for span in file.comments] == ["# an import", "# the image"]
    assert file.blank_lines[:2] == (2, 9)


@pytest.mark.parametrize(
    ("text", "comments"),
    [
        ("# first\nblock b { relu } # last", ["# first", "# last"]),
        ('block b { "a#b": relu } # a "quoted" word', ['# a "quoted" word']),
        ('block b { "a\\"#b": relu } #', ["#"]),
        ("block b { relu }\n#x\n  # y  \n", ["#x", "# y  "]),
        ("# windows\r\nblock b { relu }\r\n", ["# windows"]),
        ('# an "open quote\nblock b { relu } # and "another', ['# an "open quote', '# and "another']),
        ("", []),
    ],
)
def test_comments(text: str, comments: list[str]) -> None:
    assert [span.text.rstrip("\r") for span in file_of(text).comments] == comments


def test_positions_are_lines_and_columns_from_one() -> None:
    file = file_of("# ä\n\nblock b {\n  relu\n}\n")
    (definition,) = file.items
    assert definition.span.position == (3, 1)
    (apply,) = [node for node in nodes_in(file.items) if isinstance(node, tree.Apply)]
    assert apply.span.position == (4, 3)
