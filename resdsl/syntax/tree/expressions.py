"""Nodes of expressions."""

from __future__ import annotations

from typing import Literal, TypeAlias

from resdsl.source import Span
from resdsl.syntax.tree.base import Node


class Number(Node):
    """`64`, `1_000_000`, `0.2`, `3.66G`. `slack` is half a unit of the last digit written, 0 for a bare integer."""

    value: int | float
    slack: int | float


class DimsLiteral(Node):
    """`3x3`, `3x224x224`."""

    sizes: tuple[int, ...]


class StringLiteral(Node):
    """`"layer{i + 1}"`: literal parts and expressions, alternating."""

    parts: tuple[str | Expression, ...]


class Boolean(Node):
    """`true`, `false`."""

    value: bool


class Nothing(Node):
    """`none`."""


class Name(Node):
    """`width`, `library.block`."""

    parts: tuple[str, ...]

    @property
    def text(self) -> str:
        """The name as written, without blanks."""
        return ".".join(self.parts)


class Word(Node):
    """A name that is given here rather than looked up: of a definition, a stage or a tap."""

    text: str


class Items(Node):
    """`[3, 4, 6, 3]`."""

    items: tuple[Expression, ...]


class Comprehension(Node):
    """`[item for targets in iterable if condition]`."""

    item: Expression
    targets: tuple[LoopTarget, ...]
    iterable: Expression
    condition: Expression | None


class Conditional(Node):
    """`if condition then yes else no`."""

    condition: Expression
    yes: Expression
    no: Expression


class Logic(Node):
    """`left and right`, `left or right`."""

    operator: Literal["and", "or"]
    left: Expression
    right: Expression


class Not(Node):
    """`not operand`."""

    operand: Expression


class Binary(Node):
    """Arithmetic (`+ - * / // % **`) and comparison (`== != < <= > >=`)."""

    operator: str
    left: Expression
    right: Expression


class Range(Node):
    """`start..stop`, excluding stop."""

    start: Expression
    stop: Expression


class Negative(Node):
    """`-operand`."""

    operand: Expression


class Index(Node):
    """`target[index]`."""

    target: Expression
    index: Expression


class CallExpression(Node):
    """`target(arguments)` as an expression: a function, an op on named values, or a block with arguments bound."""

    target: Name
    arguments: tuple[CallArgument, ...]


class Known(Node):
    """Not written in any text: an expression whose value elaboration already knows."""

    value: object


Expression: TypeAlias = (
    Known
    | Number
    | DimsLiteral
    | StringLiteral
    | Boolean
    | Nothing
    | Name
    | Items
    | Comprehension
    | Conditional
    | Logic
    | Not
    | Binary
    | Range
    | Negative
    | Index
    | CallExpression
)


class CallArgument(Node):
    """`value`, `name=value`, or `/value`, which is the argument `stride`."""

    name: str | None
    value: Expression
    slash: bool = False

    @property
    def name_span(self) -> Span:
        """The place of its name; the whole argument if it has no name."""
        if self.name is None or self.slash:
            return self.span
        return Span(self.span.source, self.span.start, self.span.start + len(self.name))


class LoopTarget(Node):
    """What a loop binds: a name, or a tuple of targets to take apart."""

    name: str | None
    parts: tuple[LoopTarget, ...] = ()
