"""Texts mended by the replacements of their problems: only what is certain, only if it mends, and once for all."""

from __future__ import annotations

import pytest

from resdsl.checking import check
from resdsl.diagnostics.mending import Mended, mend
from resdsl.source import Source
from tests.robustness.reach import slip


def mended(text: str) -> Mended:
    """The text after mending."""
    return mend(Source("spec.res", text), lambda source: check(source).problems)


def network(statements: str) -> str:
    """A network of these statements."""
    return f"network a(classes = 10) {{\n  input 3x8x8\n  {statements}\n  fc classes\n}}\n"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("covn 3x3, 8", "conv 3x3, 8"),
        ("nn.Conv2d 3x3, 8", "conv 3x3, 8"),
        ("conv 3x3, 8, padding=1", "conv 3x3, 8, pad=1"),
        ("conv 3x3, 8, pad=same", 'conv 3x3, 8, pad="same"'),
        ("conv 3x3, 8, bias=True", "conv 3x3, 8, bias=true"),
        ("conv(kernel=[3, 3], out=8)", "conv(kernel=3x3, out=8)"),
        ('conv "3x3", 8', "conv 3x3, 8"),
        ("conv 3x3, 8, norm, act", "conv 3x3, 8; norm; act"),
        ("for i in range(3) { conv 3x3, 3 + i }", "for i in 0..3 { conv 3x3, 3 + i }"),
        ("for i in range(1, len([1, 2])) { conv 3x3, 3 + i }", "for i in 1..len([1, 2]) { conv 3x3, 3 + i }"),
        ('stage s: basic(3, act="gelu") x 2', "stage s: basic(3, act=gelu) x 2"),
        ("stage s: basic(3) x 2, act=False", "stage s: basic(3) x 2, act=none"),
        ("conv 3x3 8", "conv 3x3, 8"),
        ("conv(3x3, 8, in_channels=3)", "conv(3x3, 8)"),
        ("conv 3x3, 8; relu(inplace=true)", "conv 3x3, 8; relu()"),
        ("for i, w in enumerate([3, 4]) { conv 3x3, w + i }", "for i, w in [3, 4] { conv 3x3, w + i }"),
        ("MaxPool2d(2, stride=2)", "maxpool(2, stride=2)"),
        ("let w = (4, 8); conv 3x3, w[0]; conv 3x3, w[1]", "let w = [4, 8]; conv 3x3, w[0]; conv 3x3, w[1]"),
        ("for (i, w in [3, 4]) { conv 3x3, w + i }", "for i, w in [3, 4] { conv 3x3, w + i }"),
        ("let w = [4, 8]; conv 3x3, w[-1]", "let w = [4, 8]; conv 3x3, w[len(w) - 1]"),
        ("stage s: basic(8, stride=2) x 3, shortcut=B", "stage s: basic(8) x 3, /2, shortcut=B"),
        ("stage s: basic(8), repeat=3, shortcut=B", "stage s: basic(8) x 3, shortcut=B"),
        ("conv 3*3, 8", "conv 3x3, 8"),
        ("stage s: basic(8) x 4 /2, shortcut=B", "stage s: basic(8) x 4, /2, shortcut=B"),
        ('for i in 0..2 { stage f"s{i}": basic(3) x 1 }', 'for i in 0..2 { stage "s{i}": basic(3) x 1 }'),
        ("conv 3x3, 1,024", "conv 3x3, 1_024"),
        ("conv 3x3, 8; norm, act", "conv 3x3, 8; norm; act"),
        ("fc: 10", "fc 10"),
        ("conv 3x3, 8 // twice as many", "conv 3x3, 8 # twice as many"),
        ("// twice as many\n", "# twice as many\n"),
        ("y = conv(3x3, 8); from y", "conv(3x3, 8); as y; from y"),
        ("let w = 4; y = conv(3x3, 8)", "let w = 4; conv(3x3, 8); as y"),
        ("head = fc 8", "head: fc 8"),
        ("conv (3, 3), 8", "conv 3x3, 8"),
        ("conv [3, 3], 8", "conv 3x3, 8"),
        ("conv 3X3, 8", "conv 3x3, 8"),
        ("stage s: basic(3) * 2", "stage s: basic(3) x 2"),
        ("stage s: basic(3)*2", "stage s: basic(3) x2"),
        ("stage s: 2 x basic(3)", "stage s: basic(3) x 2"),
        ("stage s: basic(3) 2", "stage s: basic(3) x 2"),
        ("stage s: [3x3, 8] /2, shortcut=B", "stage s: [3x3, 8], /2, shortcut=B"),
        ("stage s basic(3) x 2", "stage s: basic(3) x 2"),
        ("for i in 0..2 { stage s{i}: basic(3) x 1 }", 'for i in 0..2 { stage "s{i}": basic(3) x 1 }'),
        ("if classes = 10 { act }", "if classes == 10 { act }"),
        ("if classes == 10: { act }", "if classes == 10 { act }"),
        ("if classes == 9 { act } elif classes == 8 { norm }", "if classes == 9 { act } else if classes == 8 { norm }"),
        ("if classes == 9 { act }\n  else { norm }", "if classes == 9 { act } else { norm }"),
        ("if classes == 9 && true { act }", "if classes == 9 and true { act }"),
        ("residual identity\n  { conv 3x3, 3 }", "residual identity { conv 3x3, 3 }"),
        ("resdual identity { conv 3x3, 3 }", "residual identity { conv 3x3, 3 }"),
        ("width = 8; conv 3x3, width", "let width = 8; conv 3x3, width"),
        ("as y; concat { conv 3x3, 8 } { from y }", "as y; parallel concat { conv 3x3, 8 } { from y }"),
        ("conv(3x3, 8, pad: 1)", "conv(3x3, 8, pad= 1)"),
        ("conv 3x3, 8, pad='same'", 'conv 3x3, 8, pad="same"'),
        ("conv 3\N{MULTIPLICATION SIGN}3, 8", "conv 3x3, 8"),
        ("conv 3x3,\N{NO-BREAK SPACE}8", "conv 3x3, 8"),
        ("expect depth == 1", "expect depth = 1"),
    ],
)
def test_what_is_certain_is_mended(wrong: str, right: str) -> None:
    found = mended(network(wrong))
    assert found.source.text == network(right)
    assert (len(found.mended), found.left) == (1, ())


@pytest.mark.parametrize(
    "wrong",
    [
        "zonk 3x3, 8",  # nothing is near
        "cov 3x3, 8",  # a short name may mean anything
        "as layer1; from layer2",  # another number is no slip
        "MaxPool2d(2)",  # elsewhere its stride is 2, here it would be 1
        "as x; y = relu(x); from y",  # what flows is not an argument
    ],
)
def test_what_is_not_certain_or_does_not_mend_is_left(wrong: str) -> None:
    found = mended(network(wrong))
    assert found.source.text == network(wrong)
    assert found.left
    assert not found.mended


def test_mending_goes_on_with_what_comes_up() -> None:
    text = network("covn 3x3, 8, padding=1; nomr; act; Linear 8, use_bias=False")
    found = mended(text)
    assert found.source.text == network("conv 3x3, 8, pad=1; norm; act; fc 8, bias=false")
    assert len(found.mended) == 6
    assert found.left == ()


@pytest.mark.parametrize(
    "shape", ["(3, 8, 8)", " (3, 8, 8)", " 3, 8, 8", " [3,8,8]", ": 3x8x8", " = 3x8x8", ' "3x8x8"']
)
@pytest.mark.parametrize("after", ["; fc 10 }", "\n fc 10\n}", " # a remark\n fc 10\n}"])
def test_inputs_as_others_write_them(shape: str, after: str) -> None:
    found = mended(f"network a {{ input{shape}{after}")
    assert (found.source.text, found.left) == (f"network a {{ input 3x8x8{after}", ())


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("network a\n{\n  input 3x8x8\n}\n", "network a {\n  input 3x8x8\n}\n"),
        ("network a-1 { input 3x8x8 }\n", "network a_1 { input 3x8x8 }\n"),
        ("network a(): {\n  input 3x8x8\n}\n", "network a() {\n  input 3x8x8\n}\n"),
        ("netwrok a { input 3x8x8 }\n", "network a { input 3x8x8 }\n"),
    ],
)
def test_heads_of_definitions(wrong: str, right: str) -> None:
    found = mended(wrong)
    assert (found.source.text, len(found.mended)) == (right, 1)


def test_mending_anew_changes_nothing() -> None:
    """Of slips in shipped specs."""
    changed = 0
    for number in range(60):
        made, problems = slip(number)
        found = mended(made.after) if problems else None
        if found is not None and found.mended:
            changed += 1
            assert mended(found.source.text).source.text == found.source.text, number
    assert changed > 3
