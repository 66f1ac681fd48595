"""Functions and operators of the language."""

from __future__ import annotations

import math

import pytest

from resdsl.ir.network import Call, DimsValue, ListValue
from tests.language.reading import read, refused, text_of, value


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("min(3, 1, 2)", 1),
        ("min([3, 1, 2])", 1),
        ("max(3, 1.5)", 3),
        ("max([4])", 4),
        ("floor(2.7)", 2),
        ("floor(-2.1)", -3),
        ("floor(5)", 5),
        ("ceil(2.1)", 3),
        ("ceil(-2.7)", -2),
        ("round(2.4)", 2),
        ("round(2.6)", 3),
        ("round(2.5)", 2),
        ("round(3.5)", 4),
        ("round(-2.5)", -2),
        ("round(1.3 * 16, to=8)", 24),
        ("round(20, to=8)", 16),
        ("round(28, to=8)", 32),
        ("round(21, to=8)", 24),
        ("round(7, to=1)", 7),
        ("divisible(16 * 0.75, 8)", 16),
        ("divisible(16 * 0.35, 8)", 8),
        ("divisible(11, 8)", 16),
        ("divisible(24 * 1.4, 8)", 32),
        ("divisible(20, 8)", 24),
        ("divisible(-3, 8)", 8),
        ("divisible(35, 10)", 40),
        ("divisible(20 / 3, 2)", 6),
        ("divisible(10 ** 400 + 4, 8)", 10**400 + 8),
        ("log(1)", 0),
        ("log2(8)", 3),
        ("exp(0)", 1),
        ("sqrt(16)", 4),
        ("abs(-3)", 3),
        ("abs(-3.5)", 3.5),
        ("sum([1, 2, 3])", 6),
        ("sum([])", 0),
        ("sum(0..5)", 10),
        ("prod([2, 3, 7])", 42),
        ("prod([])", 1),
        ("prod([0.5, 4])", 2),
        ("prod(3x5x7)", 105),
        ("prod(dims(4, 0))", 0),
        ("len([])", 0),
        ("len(3..5)", 2),
        ("len(3x3x3)", 3),
        ("sum([x * y for (x, y) in zip([1, 2], [3, 4])])", 11),
        ("len(zip([1, 2], [3, 4], [5, 6]))", 2),
    ],
)
def test_functions(expression: str, expected: float) -> None:
    assert value(expression) == expected


def test_divisible_rounds_as_mobilenets_do() -> None:
    """The rule as torchvision has it, over widths and multipliers."""
    for width in range(1, 400):
        for multiplier in (0.1, 0.35, 0.75, 1, 1.1, 1.4, 2.6):
            x = width * multiplier
            nearest = max(8, int(x + 4) // 8 * 8)
            expected = nearest + 8 if nearest < 0.9 * x else nearest
            assert value(f"divisible({width} * {multiplier}, 8)") == expected


@pytest.mark.parametrize(("expression", "exact"), [("log(2)", math.log(2)), ("exp(1)", math.e), ("sqrt(2)", 2**0.5)])
def test_functions_of_reals(expression: str, exact: float) -> None:
    assert value(expression) == pytest.approx(exact, rel=1e-15)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("6 / 2", 3),
        ("7 / 2", 3.5),
        ("6.0 / 2", 3),
        ("(2 ** 70 + 1) * 3 / 3", 2**70 + 1),
        ("7 // 2", 3),
        ("-7 // 2", -4),
        ("7 % 3", 1),
        ("-7 % 3", 2),
        ("2 ** 10", 1024),
        ("2 ** -1", 0.5),
        ("4 ** 0.5", 2.0),
        ("1 + 2 * 3", 7),
        ('"a" + "b"', "ab"),
    ],
)
def test_arithmetic(expression: str, expected: object) -> None:
    found = value(expression)
    assert (found, type(found)) == (expected, type(expected))


def test_division_stays_an_integer_where_it_comes_out_even() -> None:
    read("input 6x8x8", "conv 3x3, 12 / 4")
    refused(text_of("input 6x8x8", "conv 3x3, 13 / 4"), "RES314", "13 / 4")
    refused(text_of("input 6x8x8", "conv 3x3, 1.5 * 4"), "RES314", "1.5 * 4")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("[1, 2] + [3]", (1, 2, 3)),
        ("0..3", (0, 1, 2)),
        ("[x * x for x in 0..4 if x % 2 == 1]", (1, 9)),
        ("[k for k, x in [7, 8]]", (0, 1)),
        ("[b for (a, b) in zip([1, 2], [3, 4])]", (3, 4)),
        ("[if x > 1 then 1 else 0 for x in 0..4]", (0, 0, 1, 1)),
        ("[x + y for x in [1, 2]]", (11, 12)),
    ],
)
def test_lists(expression: str, expected: tuple[int, ...]) -> None:
    net = read(
        "input 1x8x8",
        f"let made = {expression}",
        "keep(made)",
        head="network n(y = 10)",
        before="block keep(value) { if len(value) > 0 { relu } else { relu } }",
    )
    (call,) = net.ir.nodes
    assert isinstance(call, Call)
    body = call.body
    assert body.origin.argument("value") == ListValue(items=expected)


def test_a_width_rule_is_written_out() -> None:
    """Quantised linear widths: Radosavovic et al. 2020, arXiv 2003.13678, Equations 2 to 4 (RegNetX-200MF)."""
    rule = "[round(24 * 2.49 ** round(log((24 + 36.44 * j) / 24) / log(2.49)), to=8) for j in 0..13]"
    net = read("input 3x8x8", f"for width in {rule} {{ conv 3x3, width }}")
    widths = [layer.shapes[0][0] for layer in net.ir.nodes]
    assert [(width, widths.count(width)) for width in sorted(set(widths))] == [(24, 1), (56, 1), (152, 4), (368, 7)]


@pytest.mark.parametrize(
    ("expression", "code", "span"),
    [
        ("min()", "RES302", "min()"),
        ("min([])", "RES302", "min([])"),
        ("min(3)", "RES300", "3"),
        ('max(1, "2")', "RES300", '"2"'),
        ("max(1, true)", "RES300", "true"),
        ("floor(1, 2)", "RES315", "floor(1, 2)"),
        ("floor()", "RES315", "floor()"),
        ("floor(none)", "RES300", "none"),
        ("floor(x=1)", "RES310", "x"),
        ("round(1, to=0)", "RES300", "0"),
        ("round(1, to=1.5)", "RES300", "1.5"),
        ("round(1, too=8)", "RES310", "too"),
        ("divisible(12)", "RES315", "divisible(12)"),
        ("divisible(12, 0)", "RES300", "0"),
        ("divisible(12, 1.5)", "RES300", "1.5"),
        ('divisible("12", 8)', "RES300", '"12"'),
        ("log(0)", "RES302", "log(0)"),
        ("log(-1)", "RES302", "log(-1)"),
        ("exp(1e4)", "RES302", "exp(1e4)"),
        ("sqrt(-1)", "RES302", "sqrt(-1)"),
        ("sum(3)", "RES300", "3"),
        ('sum(["1"])', "RES300", '["1"]'),
        ("sum(3x3)", "RES300", "3x3"),
        ("len(3)", "RES300", "3"),
        ("zip([1], [1, 2])", "RES304", "zip([1], [1, 2])"),
        ("zip([1], 2)", "RES300", "2"),
        ("dims()", "RES315", "dims()"),
        ("1 / 0", "RES302", "0"),
        ("1 // (2 - 2)", "RES302", "(2 - 2)"),
        ("1 % 0", "RES302", "0"),
        ("0 ** -1", "RES302", "-1"),
        ("(-8) ** 0.5", "RES302", "(-8) ** 0.5"),
        ("10 ** 10 ** 10", "RES302", "10 ** 10 ** 10"),
        ("1e300 * 1e300", "RES302", "1e300 * 1e300"),
        ("[1, 2][2]", "RES303", "2"),
        ("[1, 2][-1]", "RES303", "-1"),
        ("[1, 2][0.5]", "RES300", "0.5"),
        ("[1, 2][true]", "RES300", "true"),
        ("(3)[0]", "RES300", "(3)"),
        ('1 + "1"', "RES301", '"1"'),
        ("none + 1", "RES301", "none"),
        ("3x3 + 1", "RES301", "3x3"),
        ("true + 1", "RES301", "true"),
        ('"a" < "b"', "RES301", '"a"'),
        ("1 and true", "RES300", "1"),
        ("true and 1", "RES300", "1"),
        ("not 1", "RES300", "1"),
        ("if 1 then 2 else 3", "RES300", "1"),
        ("-true", "RES300", "true"),
        ("3(4)", "RES102", "("),
        ("undefined", "RES200", "undefined"),
        ("min(undefined)", "RES200", "undefined"),
        ("basic(4, 2, 3)", "RES312", "3"),
        ("basic(wid=4)", "RES310", "wid"),
        ("relu(4)", "RES312", "4"),
        ("channels(4)", "RES306", "channels"),
    ],
)
def test_expressions_without_a_value(expression: str, code: str, span: str) -> None:
    refused(text_of("input 1x8x8", f"let a = {expression}", "relu"), code, span)


@pytest.mark.parametrize("expression", ["true or 1", "false and 1", "if true then 2 else 1 / 0"])
def test_what_is_not_asked_for_is_not_evaluated(expression: str) -> None:
    read("input 1x8x8", f"let a = {expression}", "relu")


@pytest.mark.parametrize(
    ("use", "index"),
    [
        ("conv 3x3, widths[0]; conv 3x3, widths[1]", 2),
        ("conv 3x3, widths[1]; conv 3x3, widths[2]", 0),
        ("for k in 0..2 { conv 3x3, widths[k] }", 2),
    ],
)
def test_a_list_of_which_an_item_is_never_read_is_refused(use: str, index: int) -> None:
    head = "network n(widths = [4, 5, 6])"
    found = refused(text_of("input 3x8x8", use, head=head), "RES305", "widths = [4, 5, 6]")
    assert found.headline == f"`widths[{index}]` is never used"


@pytest.mark.parametrize(
    "use",
    [
        "for width in widths { conv 3x3, width }",
        "for k in 0..len(widths) { conv 3x3, widths[k] }",
        "conv 3x3, sum(widths)",
        "conv 3x3, widths[0] + widths[1] + widths[2]",
    ],
)
def test_a_list_that_is_read_to_its_end_is_not(use: str) -> None:
    read("input 3x8x8", use, head="network n(widths = [4, 5, 6])")


def test_a_list_given_from_outside_is_held_to_the_same() -> None:
    text = text_of("input 3x8x8", "conv 3x3, widths[0]; conv 3x3, widths[1]", head="network n(widths = [4, 5])")
    refused(text, "RES305", "widths = [4, 5]", widths=[4, 5, 6])
    refused(text, "RES303", "1", widths=[4])


def test_functions_are_no_values_of_parameters() -> None:
    assert isinstance(value("dims(1, 2)"), DimsValue)
    refused(text_of("input 3x8x8", "min 3, 4"), "RES318", "min")
