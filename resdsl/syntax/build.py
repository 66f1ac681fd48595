"""From Lark's parse tree to the syntax tree: one method per rule of the grammar."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal, cast

from lark import Token, Transformer

from resdsl.diagnostics.problem import Refusal
from resdsl.source import Source, Span
from resdsl.syntax import tree
from resdsl.syntax.errors import BadNumber, BadString

_SUFFIXES = {"k": 3, "M": 6, "G": 9, "T": 12}
_LONGEST_NUMBER = 40
_ESCAPES = {"\\": "\\", '"': '"', "n": "\n", "t": "\t"}
_KNOWN_ESCAPES = 'escapes are \\\\, \\", \\n and \\t'
_OPEN_BRACE = "braces enclose an expression, as in layer{i}; a brace itself is written `{{`"
_CLOSING_BRACE = "a brace itself is written `}}`"
_NUMBER = re.compile(r"(?P<whole>\d+)(?:\.(?P<part>\d+))?(?:[eE](?P<power>[+-]?\d+))?(?P<suffix>[kMGT])?")

ParseExpression = Callable[[int, int], tree.Expression]
Child = Any  # a token or a node: Lark hands both over in one list


class Builder(Transformer[Token, Any]):
    """Makes nodes of one text.

    Args:
        source: the text.
        shift: where in it the parsed stretch begins.
        parse_expression: reads the expression between two offsets, for strings.

    Raises:
        Refusal: a number or a string is malformed.
    """

    def __init__(self, source: Source, shift: int, parse_expression: ParseExpression) -> None:
        super().__init__(visit_tokens=False)
        self._source = source
        self._shift = shift
        self._parse_expression = parse_expression

    # ---------------------------------------------------------------------------------- definitions

    def file(self, children: list[Child]) -> tuple[tree.Item, ...]:
        return tuple(_nodes(children))

    def version(self, children: list[Child]) -> tree.Version:
        return tree.Version(self._extent(children), self._number(children[1]))

    def import_(self, children: list[Child]) -> tree.Import:
        return tree.Import(self._extent(children), self._text(children[1]), self._word(children[3]))

    def network(self, children: list[Child]) -> tree.Definition:
        return self._definition("network", children)

    def block(self, children: list[Child]) -> tree.Definition:
        return self._definition("block", children)

    def shortcut(self, children: list[Child]) -> tree.Definition:
        return self._definition("shortcut", children)

    def variant(self, children: list[Child]) -> tree.Variant:
        return tree.Variant(
            self._extent(children),
            self._word(children[1]),
            next((c for c in children if isinstance(c, Parameters)), Parameters()),
            cast(tree.Name, _only(children, tree.Name)),
            next((c for c in children if isinstance(c, Arguments)), Arguments()),
            _only(children, tree.Body),
        )

    def params(self, children: list[Child]) -> Parameters:
        return Parameters(_nodes(children))

    def param(self, children: list[Child]) -> tree.Parameter:
        return tree.Parameter(self._extent(children), str(children[0]), children[2] if len(children) > 1 else None)

    def body(self, children: list[Child]) -> tree.Body:
        return tree.Body(self._extent(children), tuple(_nodes(children)))

    # ----------------------------------------------------------------------------------- statements

    def input(self, children: list[Child]) -> tree.Input:
        return tree.Input(self._extent(children), children[1])

    def let(self, children: list[Child]) -> tree.Let:
        return tree.Let(self._extent(children), self._word(children[1]), children[3])

    def require(self, children: list[Child]) -> tree.Require:
        message = self._text(children[2]) if len(children) > 2 else None
        return tree.Require(self._extent(children), children[1], message)

    def expect(self, children: list[Child]) -> tree.Expect:
        when = children[5] if len(children) > 4 else None
        return tree.Expect(self._extent(children), self._word(children[1]), children[2], children[3], when)

    def relation(self, children: list[Child]) -> str:
        return str(children[0])

    def apply(self, children: list[Child]) -> tree.Apply:
        return tree.Apply(
            self._extent(children),
            _only(children, tree.Label),
            cast(tree.Name, _only(children, tree.Name)),
            next((c for c in children if isinstance(c, Arguments)), Arguments()),
            _arrow(children),
        )

    def label(self, children: list[Child]) -> tree.Label:
        return self._label(children[0], children)

    def after(self, children: list[Child]) -> tree.Path:
        return cast(tree.Path, children[1])

    def path(self, children: list[Child]) -> tree.Path:
        span = self._extent(children)
        if children[0].type == "STRING":
            return tree.Path(span, "".join(map(str, self._text(children[0]).parts)))
        return tree.Path(span, "".join(children))

    def arrow(self, children: list[Child]) -> Arrow:
        return Arrow(self._extent(children), children[1])

    def stage(self, children: list[Child]) -> tree.Stage:
        repeat = _only(children, Repeat)
        return tree.Stage(
            self._extent(children),
            self._label(children[1], children[1:]),
            _only(children, tree.Text),
            next(c for c in children if isinstance(c, tree.Unit | tree.Bracket)),
            repeat.count if repeat else None,
            tuple(c for c in children if isinstance(c, tree.Argument)),
            _arrow(children),
        )

    def title(self, children: list[Child]) -> tree.Text:
        return self._text(children[0])

    def unit(self, children: list[Child]) -> tree.Unit | tree.Bracket:
        if isinstance(children[0], tree.Bracket):
            return children[0]
        arguments = children[1] if len(children) > 1 else Arguments()
        return tree.Unit(self._extent(children), children[0], arguments)

    def repeat(self, children: list[Child]) -> Repeat:
        return Repeat(self._extent(children), children[1])

    def bracket(self, children: list[Child]) -> tree.Bracket:
        return tree.Bracket(self._extent(children), tuple(_nodes(children)))

    def row(self, children: list[Child]) -> tree.Row:
        return tree.Row(self._extent(children), tuple(_nodes(children)))

    def residual(self, children: list[Child]) -> tree.Residual:
        identity = isinstance(children[1], Token)
        return tree.Residual(self._extent(children), identity, _body(children), _arrow(children))

    def gate(self, children: list[Child]) -> tree.Gate:
        return tree.Gate(self._extent(children), _body(children), _arrow(children))

    def parallel(self, children: list[Child]) -> tree.Parallel:
        branches = tuple(c for c in children if isinstance(c, tree.Body))
        return tree.Parallel(self._extent(children), self._word(children[1]), branches, _arrow(children))

    def if_(self, children: list[Child]) -> tree.If:
        no = children[4] if len(children) > 3 else None
        if isinstance(no, tree.If):
            no = tree.Body(no.span, (no,))
        return tree.If(self._extent(children), children[1], children[2], no)

    def for_(self, children: list[Child]) -> tree.For:
        return tree.For(self._extent(children), _targets(children), children[-2], children[-1])

    def target(self, children: list[Child]) -> tree.Target:
        if len(children) == 1:
            return tree.Target(self._extent(children), str(children[0]))
        return tree.Target(self._extent(children), None, _targets(children))

    def as_(self, children: list[Child]) -> tree.As:
        index = children[3] if len(children) > 2 else None
        return tree.As(self._extent(children), self._word(children[1]), index)

    def from_(self, children: list[Child]) -> tree.From:
        return tree.From(self._extent(children), children[1], _arrow(children))

    def tap(self, children: list[Child]) -> tree.Tap:
        return tree.Tap(self._extent(children), self._word(children[1]), _only(children, tree.Path))

    def drop(self, children: list[Child]) -> tree.Drop:
        return tree.Drop(self._extent(children), children[1])

    # ---------------------------------------------------------------------------------- expressions

    def reference(self, children: list[Child]) -> tree.Name:
        return tree.Name(self._extent(children), tuple(str(c) for c in children if c.type == "NAME"))

    def arguments(self, children: list[Child]) -> Arguments:
        return Arguments(_nodes(children), self._extent(children))

    def bare_arguments(self, children: list[Child]) -> Arguments:
        return Arguments(_nodes(children), self._extent(children))

    def positional(self, children: list[Child]) -> tree.Argument:
        return tree.Argument(self._extent(children), None, children[0])

    def keyword(self, children: list[Child]) -> tree.Argument:
        return tree.Argument(self._extent(children), str(children[0]), children[2])

    def stride(self, children: list[Child]) -> tree.Argument:
        return tree.Argument(self._extent(children), "stride", children[1], slash=True)

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

    def call(self, children: list[Child]) -> tree.Call:
        return tree.Call(self._extent(children), children[0], children[1])

    def number(self, children: list[Child]) -> tree.Number:
        return self._number(children[0])

    def dims(self, children: list[Child]) -> tree.Dims:
        span = self._extent(children)
        sizes = str(children[0]).split("x")
        if any(len(size) > _LONGEST_NUMBER for size in sizes):
            raise Refusal(BadNumber(span=span, reason="this size is too long"))
        return tree.Dims(span, tuple(map(int, sizes)))

    def string(self, children: list[Child]) -> tree.Text:
        return self._text(children[0])

    def boolean(self, children: list[Child]) -> tree.Boolean:
        return tree.Boolean(self._extent(children), children[0] == "true")

    def none(self, children: list[Child]) -> tree.Nothing:
        return tree.Nothing(self._extent(children))

    def name(self, children: list[Child]) -> tree.Name:
        return cast(tree.Name, children[0])

    def items(self, children: list[Child]) -> tree.Items:
        return tree.Items(self._extent(children), tuple(_nodes(children)))

    def comprehension(self, children: list[Child]) -> tree.Comprehension:
        at = next(i for i, c in enumerate(children) if isinstance(c, Token) and c.type == "IN")
        condition = children[at + 3] if len(children) > at + 3 else None
        return tree.Comprehension(
            self._extent(children), children[1], _targets(children[:at]), children[at + 1], condition
        )

    def group(self, children: list[Child]) -> tree.Expression:
        return replace(cast(tree.Expression, children[1]), span=self._extent(children))

    # ---------------------------------------------------------------------------------------- parts

    def _definition(self, kind: Literal["network", "block", "shortcut"], children: list[Child]) -> tree.Definition:
        parameters = next((c for c in children if isinstance(c, Parameters)), Parameters())
        return tree.Definition(self._extent(children), kind, self._word(children[1]), parameters, children[-1])

    def _label(self, name: Token, children: Sequence[Child]) -> tree.Label:
        named = self._text(name) if name.type == "STRING" else self._word(name)
        return tree.Label(named.span, named, _only(children, tree.Path))

    def _word(self, token: Token) -> tree.Word:
        return tree.Word(self._extent([token]), str(token))

    def _number(self, token: Token) -> tree.Number:
        span = self._extent([token])
        match = _NUMBER.fullmatch(token.replace("_", ""))
        if match is None or token.endswith("_") or "__" in token:
            raise Refusal(BadNumber(span=span, reason=f"`{token}` is not a number"))
        if len(token) > _LONGEST_NUMBER or len(match["power"] or "") > 4:
            raise Refusal(BadNumber(span=span, reason="this number is too long"))
        value, slack = _value_and_slack(match)
        if value == float("inf"):
            raise Refusal(BadNumber(span=span, reason="this number is too large"))
        return tree.Number(span, value, slack)

    def _text(self, token: Token) -> tree.Text:
        start = self._shift + cast(int, token.start_pos)
        parts = self._parts(token[1:-1], start + 1)
        return tree.Text(self._extent([token]), tuple(parts))

    def _parts(self, text: str, start: int) -> list[str | tree.Expression]:
        parts: list[str | tree.Expression] = []
        literal = ""
        at = 0
        while at < len(text):
            char, pair = text[at], text[at : at + 2]
            if char == "\\":
                literal += self._escape(pair, start + at)
                at += 2
            elif pair in ("{{", "}}"):
                literal += char
                at += 2
            elif char == "{":
                end = text.find("}", at)
                if end < 0:
                    raise self._bad_string("this `{` is not closed within the string", start + at, _OPEN_BRACE)
                parts += [literal] if literal else []
                parts.append(self._parse_expression(start + at + 1, start + end))
                literal = ""
                at = end + 1
            elif char == "}":
                raise self._bad_string("this `}` closes nothing", start + at, _CLOSING_BRACE)
            else:
                literal += char
                at += 1
        return parts + ([literal] if literal or not parts else [])

    def _escape(self, pair: str, at: int) -> str:
        if pair[1:] not in _ESCAPES or not pair[1:]:
            raise self._bad_string(f"`{pair}` is no escape", at, _KNOWN_ESCAPES, len(pair))
        return _ESCAPES[pair[1]]

    def _bad_string(self, reason: str, at: int, advice: str, length: int = 1) -> Refusal:
        return Refusal(BadString(span=Span(self._source, at, at + length), reason=reason, advice=advice))

    def _extent(self, children: Sequence[Child]) -> Span:
        first, last = children[0], children[-1]
        start = self._shift + cast(int, first.start_pos) if isinstance(first, Token) else first.span.start
        end = self._shift + cast(int, last.end_pos) if isinstance(last, Token) else last.span.end
        return Span(self._source, start, end)


class Parameters(tuple[tree.Parameter, ...]):
    """The parameters of a definition, as the grammar's rule yields them."""

    __slots__ = ()


class Arguments(tuple[tree.Argument, ...]):
    """The arguments of a call, and the stretch they stand on."""

    span: Span

    def __new__(cls, arguments: Sequence[tree.Argument] = (), span: Span | None = None) -> Arguments:
        made = super().__new__(cls, arguments)
        if span is not None:
            made.span = span
        return made


@tree.node
class Arrow(tree.Node):
    """`-> shape`."""

    shape: tree.Expression


@tree.node
class Repeat(tree.Node):
    """`x count`."""

    count: tree.Expression


def _nodes(children: Sequence[Child]) -> list[Any]:
    return [child for child in children if not isinstance(child, Token)]


def _only(children: Sequence[Child], kind: type[Any]) -> Any:
    return next((child for child in children if isinstance(child, kind)), None)


def _body(children: Sequence[Child]) -> tree.Body:
    return cast(tree.Body, _only(children, tree.Body))


def _arrow(children: Sequence[Child]) -> tree.Expression | None:
    last = children[-1]
    return last.shape if isinstance(last, Arrow) else None


def _targets(children: Sequence[Child]) -> tuple[tree.Target, ...]:
    return tuple(child for child in children if isinstance(child, tree.Target))


def _value_and_slack(match: re.Match[str]) -> tuple[int | float, int | float]:
    """The number, exact where it is whole, and half of its last digit."""
    part, power = match["part"] or "", int(match["power"] or 0)
    power += _SUFFIXES.get(match["suffix"], 0) - len(part)
    digits = int(match["whole"] + part)
    value = _scaled(digits, power)
    if match["power"]:
        value = float(value)
    rounded = bool(part or match["suffix"] or match["power"])
    return value, _scaled(5, power - 1) if rounded else 0


def _scaled(digits: int, power: int) -> int | float:
    if power >= 0:
        return digits * int(10**power) if power < 400 else float("inf")
    if digits % 10 ** min(-power, 400) == 0:
        return digits // int(10**-power)
    return float(f"{digits}e{power}")
