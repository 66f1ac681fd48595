"""Expressions, numbers and strings to nodes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

from lark import Token, Transformer

from resdsl.diagnostics.problem import ProblemFound
from resdsl.source import Source, Span
from resdsl.syntax import tree
from resdsl.syntax.build.parts import Arguments, Child, nodes_of, targets_of
from resdsl.syntax.errors import BadNumber, BadString

_SUFFIXES = {"k": 3, "M": 6, "G": 9, "T": 12}
_LONGEST_NUMBER = 40
_ESCAPES = {"\\": "\\", '"': '"', "n": "\n", "t": "\t"}
_KNOWN_ESCAPES = 'escapes are \\\\, \\", \\n and \\t'
_OPEN_BRACE = "braces enclose an expression, as in layer{i}; a brace itself is written `{{`"
_CLOSING_BRACE = "a brace itself is written `}}`"
_NUMBER = re.compile(r"(?P<whole>\d+)(?:\.(?P<part>\d+))?(?:[eE](?P<power>[+-]?\d+))?(?P<suffix>[kMGT])?")
_STRAY_UNDERSCORE = re.compile(r"_(?!\d)")

ParseExpression = Callable[[int, int], tree.Expression]


class ExpressionBuilder(Transformer[Token, Any]):
    """Makes the nodes of the expressions of one text.

    Args:
        source: the text.
        shift: where in it the parsed stretch begins.
        parse_expression: reads the expression between two offsets, for strings.

    Raises:
        ProblemFound: a number or a string is malformed.
    """

    def __init__(self, source: Source, shift: int, parse_expression: ParseExpression) -> None:
        super().__init__(visit_tokens=False)
        self._source = source
        self._shift = shift
        self._parse_expression = parse_expression

    def reference(self, children: list[Child]) -> tree.Name:
        return tree.Name(self._extent(children), tuple(str(c) for c in children if c.type == "NAME"))

    def arguments(self, children: list[Child]) -> Arguments:
        return Arguments(nodes_of(children), self._extent(children))

    def bare_arguments(self, children: list[Child]) -> Arguments:
        return Arguments(nodes_of(children), self._extent(children))

    def positional(self, children: list[Child]) -> tree.CallArgument:
        return tree.CallArgument(self._extent(children), None, children[0])

    def keyword(self, children: list[Child]) -> tree.CallArgument:
        return tree.CallArgument(self._extent(children), str(children[0]), children[2])

    def stride(self, children: list[Child]) -> tree.CallArgument:
        return tree.CallArgument(self._extent(children), "stride", children[1], slash=True)

    def conditional(self, children: list[Child]) -> tree.Conditional:
        return tree.Conditional(self._extent(children), children[1], children[3], children[5])

    def or_(self, children: list[Child]) -> tree.Logic:
        return tree.Logic(self._extent(children), "or", children[0], children[2])

    def and_(self, children: list[Child]) -> tree.Logic:
        return tree.Logic(self._extent(children), "and", children[0], children[2])

    def not_(self, children: list[Child]) -> tree.Not:
        return tree.Not(self._extent(children), children[1])

    def binary(self, children: list[Child]) -> tree.Binary:
        return tree.Binary(self._extent(children), str(children[1]), children[0], children[2])

    comparison = binary

    def range(self, children: list[Child]) -> tree.Range:
        return tree.Range(self._extent(children), children[0], children[2])

    def negative(self, children: list[Child]) -> tree.Negative:
        return tree.Negative(self._extent(children), children[1])

    def index(self, children: list[Child]) -> tree.Index:
        return tree.Index(self._extent(children), children[0], children[2])

    def call(self, children: list[Child]) -> tree.CallExpression:
        return tree.CallExpression(self._extent(children), children[0], children[1])

    def number(self, children: list[Child]) -> tree.Number:
        return self._number(children[0])

    def dims(self, children: list[Child]) -> tree.DimsLiteral:
        span = self._extent(children)
        sizes = str(children[0]).split("x")
        if any(len(size) > _LONGEST_NUMBER for size in sizes):
            raise ProblemFound(BadNumber(span=span, reason="this size is too long"))
        return tree.DimsLiteral(span, tuple(map(int, sizes)))

    def string(self, children: list[Child]) -> tree.StringLiteral:
        return self._text(children[0])

    def boolean(self, children: list[Child]) -> tree.Boolean:
        return tree.Boolean(self._extent(children), children[0] == "true")

    def none(self, children: list[Child]) -> tree.Nothing:
        return tree.Nothing(self._extent(children))

    def name(self, children: list[Child]) -> tree.Name:
        return cast(tree.Name, children[0])

    def items(self, children: list[Child]) -> tree.Items:
        return tree.Items(self._extent(children), tuple(nodes_of(children)))

    def comprehension(self, children: list[Child]) -> tree.Comprehension:
        at = next(i for i, c in enumerate(children) if isinstance(c, Token) and c.type == "IN")
        condition = children[at + 3] if len(children) > at + 3 else None
        return tree.Comprehension(
            self._extent(children), children[1], targets_of(children[:at]), children[at + 1], condition
        )

    def group(self, children: list[Child]) -> tree.Expression:
        inside = cast(tree.Expression, children[1])
        return replace(inside, span=self._extent(children))

    # ---------------------------------------------------------------------------------------- parts

    def _word(self, token: Token) -> tree.Word:
        return tree.Word(self._extent([token]), str(token))

    def _number(self, token: Token) -> tree.Number:
        span = self._extent([token])
        match = _NUMBER.fullmatch(token.replace("_", ""))
        if match is None or _STRAY_UNDERSCORE.search(token):
            raise ProblemFound(BadNumber(span=span, reason=f"`{token}` is not a number"))
        if len(token) > _LONGEST_NUMBER or len(match["power"] or "") > 4:
            raise ProblemFound(BadNumber(span=span, reason="this number is too long"))
        value, slack = _value_and_slack(match)
        if value == float("inf"):
            raise ProblemFound(BadNumber(span=span, reason="this number is too large"))
        return tree.Number(span, value, slack)

    def _text(self, token: Token) -> tree.StringLiteral:
        start = self._shift + cast(int, token.start_pos)
        parts = self._parts(token[1:-1], start + 1)
        return tree.StringLiteral(self._extent([token]), tuple(parts))

    def _parts(self, text: str, start: int) -> list[str | tree.Expression]:
        parts: list[str | tree.Expression] = []
        literal: list[str] = []
        at = 0
        while at < len(text):
            char, pair = text[at], text[at : at + 2]
            if char == "\\":
                literal.append(self._escape(pair, start + at))
                at += 2
            elif pair in ("{{", "}}"):
                literal.append(char)
                at += 2
            elif char == "{":
                end = text.find("}", at)
                if end < 0:
                    raise self._bad_string("this `{` is not closed within the string", start + at, _OPEN_BRACE)
                parts += ["".join(literal)] if literal else []
                parts.append(self._parse_expression(start + at + 1, start + end))
                literal = []
                at = end + 1
            elif char == "}":
                raise self._bad_string("this `}` closes nothing", start + at, _CLOSING_BRACE)
            else:
                literal.append(char)
                at += 1
        return parts + (["".join(literal)] if literal or not parts else [])

    def _escape(self, pair: str, at: int) -> str:
        if pair[1:] not in _ESCAPES or not pair[1:]:
            raise self._bad_string(f"`{pair}` is no escape", at, _KNOWN_ESCAPES, len(pair))
        return _ESCAPES[pair[1]]

    def _bad_string(self, reason: str, at: int, advice: str, length: int = 1) -> ProblemFound:
        return ProblemFound(BadString(span=Span(self._source, at, at + length), reason=reason, advice=advice))

    def _extent(self, children: Sequence[Child]) -> Span:
        first, last = children[0], children[-1]
        start = self._shift + cast(int, first.start_pos) if isinstance(first, Token) else first.span.start
        end = self._shift + cast(int, last.end_pos) if isinstance(last, Token) else last.span.end
        return Span(self._source, start, end)


def _value_and_slack(match: re.Match[str]) -> tuple[int | float, int | float]:
    """The number, exact where it is whole, and half of its last digit."""
    part, power = match["part"] or "", int(match["power"] or 0)
    power += _SUFFIXES.get(match["suffix"], 0) - len(part)
    digits = int(match["whole"] + part)
    value = _scaled(digits, power)
    if match["power"]:
        value = _as_float(value)
    rounded = bool(part or match["suffix"] or match["power"])
    return value, _scaled(5, power - 1) if rounded else 0


def _as_float(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def _scaled(digits: int, power: int) -> int | float:
    if power >= 0:
        return digits * int(10**power) if power < 400 else float("inf")
    if digits % 10 ** min(-power, 400) == 0:
        return digits // int(10**-power)
    return float(f"{digits}e{power}")
