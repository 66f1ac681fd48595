"""Expressions: what binds how, literals, and trees that come back as they were written."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, strategies as st

from resdsl.diagnostics.spec_error import SpecError
from resdsl.ir.network import DimsValue, ListValue
from resdsl.syntax import tree
from tests.language.reading import value
from tests.syntax.reading import expression_of, outline


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1 + 2 * 3", "(+ 1 (* 2 3))"),
        ("1 - 2 - 3", "(- (- 1 2) 3)"),
        ("8 / 4 / 2", "(/ (/ 8 4) 2)"),
        ("8 // 3 % 2 * 5", "(* (% (// 8 3) 2) 5)"),
        ("2 ** 3 ** 2", "(** 2 (** 3 2))"),
        ("-2 ** 2", "(neg (** 2 2))"),
        ("2 ** -1", "(** 2 (neg 1))"),
        ("2 * -3", "(* 2 (neg 3))"),
        ("- -3", "(neg (neg 3))"),
        ("-a * b", "(* (neg a) b)"),
        ("a or b and c", "(or a (and b c))"),
        ("a and b or c", "(or (and a b) c)"),
        ("a or b or c", "(or (or a b) c)"),
        ("not a and b", "(and (not a) b)"),
        ("not a == b", "(not (== a b))"),
        ("not not a", "(not (not a))"),
        ("a + 1 < b * 2", "(< (+ a 1) (* b 2))"),
        ("a == b and c != d", "(and (== a b) (!= c d))"),
        ("0..n - 1", "(.. 0 (- n 1))"),
        ("a..b == c", "(== (.. a b) c)"),
        ("if a then b else c + 1", "(if a b (+ c 1))"),
        ("if a then b else if c then d else e", "(if a b (if c d e))"),
        ("if a then if b then c else d else e", "(if a (if b c d) e)"),
        ("if a or b then c..d else e", "(if (or a b) (.. c d) e)"),
        ("(if a then b else c) + 1", "(+ (if a b c) 1)"),
        ("(1 + 2) * 3", "(* (+ 1 2) 3)"),
        ("a[0][1]", "(at (at a 0) 1)"),
        ("a[0] ** 2", "(** (at a 0) 2)"),
        ("-a[0]", "(neg (at a 0))"),
        ("f(1)[0]", "(at (call f 1) 0)"),
        ("[1, 2][0]", "(at [1 2] 0)"),
        ("(a)[0]", "(at a 0)"),
        ("f(x, y=1 + 2, )", "(call f x y=(+ 1 2))"),
        ("f()", "(call f)"),
        ("m.f(1)", "(call m.f 1)"),
        ("f(if a then b else c)", "(call f (if a b c))"),
        ("[]", "[]"),
        ("[1, [2, 3], ]", "[1 [2 3]]"),
        ("[a * 2 for a in b]", "(each (* a 2) a b)"),
        ("[a for i, (a, b) in c if i > 0 or true]", "(each a i <a b> c (or (> i 0) true))"),
        ("[x for x in 0..3]", "(each x x (.. 0 3))"),
        ("3x3 == 1x1", "(== 3x3 1x1)"),
        ("x", "x"),
        ("x * x", "(* x x)"),
        ("[x]", "[x]"),
        ("[\n1,\n\n2]", "[1 2]"),
        ("(\n1\n+\n2\n)", "(+ 1 2)"),
        ("none", "none"),
        ('"a{b + 1}c"', "text(a (+ b 1) c)"),
    ],
)
def test_what_binds_how(text: str, meant: str) -> None:
    assert outline(expression_of(text)) == meant


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("a < b < c", "<"),
        ("a == b == c", "=="),
        ("0..1..2", ".."),
        ("1 + if a then b else c", "a"),
        ("1 + not a", "a"),
        ("if a then b", ""),
        ("a b", "b"),
        ("1 +", ""),
        ("+ 1", "+"),
        ("f(, )", ","),
        ("[for x in y]", "x"),
        ("a = b", "="),
        ("a.b.", ""),
        ("", ""),
    ],
)
def test_what_is_no_expression(text: str, span: str) -> None:
    with pytest.raises(SpecError) as caught:
        expression_of(text)
    (problem,) = caught.value.problems
    assert (problem.code, problem.span and problem.span.text) == ("RES102", span)


@pytest.mark.parametrize(
    ("text", "number", "slack"),
    [
        ("0", 0, 0),
        ("64", 64, 0),
        ("007", 7, 0),
        ("21_797_672", 21_797_672, 0),
        ("3.66G", 3_660_000_000, 5_000_000),
        ("3.6G", 3_600_000_000, 50_000_000),
        ("2M", 2_000_000, 500_000),
        ("12k", 12_000, 500),
        ("0.5k", 500, 50),
        ("1T", 10**12, 5 * 10**11),
        ("0.2", 0.2, 0.05),
        ("25.00", 25, 0.005),
        ("1_000.5", 1000.5, 0.05),
        ("1e-5", 1e-5, 5e-6),
        ("1e3", 1000.0, 500),
        ("1.5e3", 1500.0, 50),
        ("1e+2", 100.0, 50),
    ],
)
def test_numbers_and_half_of_their_last_digit(text: str, number: float, slack: float) -> None:
    node = expression_of(text)
    assert isinstance(node, tree.Number)
    assert (node.value, node.slack) == (number, slack)


@pytest.mark.parametrize("text", ["1__000", "1_", "1_.5", "9" * 41, "1e99999", "1e999", "9" * 39 + "T" * 1 + "0"])
def test_malformed_numbers(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        expression_of(text)
    assert {problem.code for problem in caught.value.problems} <= {"RES106", "RES102"}


@pytest.mark.parametrize(
    ("text", "sizes"), [("3x3", (3, 3)), ("3x224x224", (3, 224, 224)), ("1x1", (1, 1)), ("0x5", (0, 5))]
)
def test_dims(text: str, sizes: tuple[int, ...]) -> None:
    node = expression_of(text)
    assert isinstance(node, tree.DimsLiteral)
    assert node.sizes == sizes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('""', ""),
        ('"plain"', "plain"),
        (r'"a\"b"', 'a"b'),
        (r'"a\\b"', "a\\b"),
        (r'"a\nb\tc"', "a\nb\tc"),
        ('"{{}}"', "{}"),
        ('"{{{1}}}"', "{1}"),
        ('"{1 + 1}"', "2"),
        ('"{3x3}-{true}-{none}-{[1, 2]}"', "3x3-true-none-[1, 2]"),
        ('"{0.1 + 0.2}"', "0.30000000000000004"),
        ('"# no comment"', "# no comment"),
        ('"ä→漢"', "ä→漢"),
    ],
)
def test_strings(text: str, expected: str) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "code", "span"),
    [
        (r'"a\qb"', "RES105", r"\q"),
        ('"a{b"', "RES105", "{"),
        ('"a}b"', "RES105", "}"),
        ('"a{1 +}b"', "RES102", ""),
        ('"open', "RES101", '"'),
        ("'single'", "RES101", "'"),
        ("a ? b", "RES101", "?"),
        ("ä", "RES101", "ä"),
        ("(1", "RES103", "("),
        ("1)", "RES103", ")"),
        ("[1)", "RES103", ")"),
    ],
)
def test_malformed_texts(text: str, code: str, span: str) -> None:
    with pytest.raises(SpecError) as caught:
        expression_of(text)
    (problem,) = caught.value.problems
    assert (problem.code, problem.span and problem.span.text) == (code, span)


# ------------------------------------------------------------------------------ trees and back


@dataclass(frozen=True)
class Written:
    """An expression as the test means it: its text and how tightly it binds, its outline, its value."""

    text: str
    binds: int
    meant: str
    worth: object

    def at(self, least: int) -> str:
        """The text where something that binds so tightly is needed."""
        return self.text if self.binds >= least else f"({self.text})"


OR, AND, NOT, COMPARISON, RANGE, SUM, PRODUCT, UNARY, POWER, POSTFIX = range(1, 11)
ARITHMETIC = {"+": SUM, "-": SUM, "*": PRODUCT, "//": PRODUCT, "%": PRODUCT}
Numbers = st.SearchStrategy[Written]


def number_of(value: int) -> Written:
    return Written(str(value), POSTFIX, str(value), value)


def truth_of(value: bool) -> Written:
    text = str(value).lower()
    return Written(text, POSTFIX, text, value)


def binary(operator: str, left: Written, right: Written) -> Written:
    a, b = left.worth, right.worth
    assert isinstance(a, int)
    assert isinstance(b, int)
    if operator in ("//", "%") and b == 0:
        operator = "+"
    worth = {"+": a + b, "-": a - b, "*": a * b, "//": a // (b or 1), "%": a % (b or 1)}[operator]
    binds = ARITHMETIC[operator]
    text = f"{left.at(binds)} {operator} {right.at(binds + 1)}"
    return Written(text, binds, f"({operator} {left.meant} {right.meant})", worth)


def power(left: Written, exponent: int) -> Written:
    assert isinstance(left.worth, int)
    text = f"{left.at(POSTFIX)} ** {exponent}"
    return Written(text, POWER, f"(** {left.meant} {exponent})", left.worth**exponent)


def negative(operand: Written) -> Written:
    assert isinstance(operand.worth, int)
    return Written(f"-{operand.at(UNARY)}", UNARY, f"(neg {operand.meant})", -operand.worth)


def chosen(condition: Written, yes: Written, no: Written) -> Written:
    text = f"if {condition.at(0)} then {yes.at(0)} else {no.at(0)}"
    meant = f"(if {condition.meant} {yes.meant} {no.meant})"
    return Written(text, 0, meant, yes.worth if condition.worth else no.worth)


def picked(items: list[Written], at: int) -> Written:
    index = at % len(items)
    text = f"[{', '.join(item.at(0) for item in items)}][{index}]"
    meant = f"(at [{' '.join(item.meant for item in items)}] {index})"
    return Written(text, POSTFIX, meant, items[index].worth)


def called(name: str, items: list[Written]) -> Written:
    text = f"{name}({', '.join(item.at(0) for item in items)})"
    worths = [item.worth for item in items if isinstance(item.worth, int)]
    worth = min(worths) if name == "min" else max(worths)
    return Written(text, POSTFIX, f"(call {name} {' '.join(item.meant for item in items)})", worth)


def compared(operator: str, left: Written, right: Written) -> Written:
    a, b = left.worth, right.worth
    assert isinstance(a, int)
    assert isinstance(b, int)
    worth = {"<": a < b, "<=": a <= b, "==": a == b, "!=": a != b, ">": a > b, ">=": a >= b}[operator]
    text = f"{left.at(RANGE)} {operator} {right.at(RANGE)}"
    return Written(text, COMPARISON, f"({operator} {left.meant} {right.meant})", worth)


def joined(operator: str, left: Written, right: Written) -> Written:
    binds = OR if operator == "or" else AND
    text = f"{left.at(binds)} {operator} {right.at(binds + 1)}"
    worth = (left.worth or right.worth) if operator == "or" else (left.worth and right.worth)
    return Written(text, binds, f"({operator} {left.meant} {right.meant})", worth)


def denied(operand: Written) -> Written:
    return Written(f"not {operand.at(NOT)}", NOT, f"(not {operand.meant})", not operand.worth)


def numbers(inner: Numbers, truths: Numbers) -> Numbers:
    several = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        st.builds(binary, st.sampled_from(sorted(ARITHMETIC)), inner, inner),
        st.builds(power, inner, st.integers(0, 3)),
        st.builds(negative, inner),
        st.builds(chosen, truths, inner, inner),
        st.builds(picked, several, st.integers(0, 2)),
        st.builds(called, st.sampled_from(["min", "max"]), several),
    )


def truths(inner: Numbers, numbers: Numbers) -> Numbers:
    return st.one_of(
        st.builds(compared, st.sampled_from(["<", "<=", "==", "!=", ">", ">="]), numbers, numbers),
        st.builds(joined, st.sampled_from(["and", "or"]), inner, inner),
        st.builds(denied, inner),
    )


LEAVES = st.builds(number_of, st.integers(0, 99))
CERTAIN = st.builds(truth_of, st.booleans())
SMALL = st.recursive(LEAVES, lambda inner: numbers(inner, CERTAIN), max_leaves=4)
ASKED = st.recursive(CERTAIN, lambda inner: truths(inner, SMALL), max_leaves=4)
EXPRESSIONS = st.one_of(ASKED, st.recursive(LEAVES, lambda inner: numbers(inner, ASKED), max_leaves=8))


@given(EXPRESSIONS)
def test_a_tree_written_with_the_fewest_brackets_is_read_as_it_was_meant(written: Written) -> None:
    assert outline(expression_of(written.text)) == written.meant


@given(EXPRESSIONS)
def test_a_tree_is_worth_what_it_was_meant_to_be(written: Written) -> None:
    found = value(written.text)
    assert (found, type(found)) == (written.worth, type(written.worth))


@given(EXPRESSIONS)
def test_blanks_mean_nothing(written: Written) -> None:
    spread = expression_of(f"  {written.text.replace(' ', '   ')}\t")
    assert outline(spread) == written.meant
    bracketed = expression_of("(" + written.text.replace(" ", "\n") + ")")
    assert outline(bracketed) == written.meant


def test_lists_and_dims_come_back_as_they_are() -> None:
    assert value("[1, [2, 3x3], true]") == ListValue(items=(1, ListValue(items=(2, DimsValue(dims=(3, 3)))), True))
