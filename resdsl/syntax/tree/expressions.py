"""Nodes of expressions."""

from __future__ import annotations

from typing import Literal, TypeAlias

from resdsl.source import Span
from resdsl.syntax.tree.base import Node, node


@node
class Number(Node):
    """`64`, `1_000_000`, `0.2`, `3.66G`. `slack` is half of the last digit written, 0 for a bare integer."""

    value: int | float
    slack: int | float


@node
class DimsLiteral(Node):
    """`3x3`, `3x224x224`."""

    sizes: tuple[int, ...]


@node
class StringLiteral(Node):
    """`"layer{i + 1}"`: literal parts and expressions in turn."""

    parts: tuple[str | Expression, ...]


@node
class Boolean(Node):
    """`true`, `false`."""

    value: bool


@node
class Nothing(Node):
    """`none`."""


@node
class Name(Node):
    """`width`, `library.block`."""

    parts: tuple[str, ...]

    @property
    def text(self) -> str:
        """The name as written, without blanks."""
        return ".".join(self.parts)


@node
class Word(Node):
    """A name where one is given and not looked up: of a definition, a stage, a tap."""

    text: str


@node
class Items(Node):
    """`[3, 4, 6, 3]`."""

    items: tuple[Expression, ...]


@node
class Comprehension(Node):
    """`[item for targets in iterable if condition]`."""

    item: Expression
    targets: tuple[Target, ...]
    iterable: Expression
    condition: Expression | None


@node
class Conditional(Node):
    """`if condition then yes else no`."""

    condition: Expression
    yes: Expression
    no: Expression


@node
class Logic(Node):
    """`left and right`, `left or right`."""

    operator: Literal["and", "or"]
    left: Expression
    right: Expression


@node
class Not(Node):
    """`not operand`."""

    operand: Expression


@node
class Binary(Node):
    """Arithmetic (`+ - * / // % **`) and comparison (`== != < <= > >=`)."""

    operator: str
    left: Expression
    right: Expression


@node
class Range(Node):
    """`start..stop`, without stop."""

    start: Expression
    stop: Expression


@node
class Negative(Node):
    """`-operand`."""

    operand: Expression


@node
class Index(Node):
    """`target[index]`."""

    target: Expression
    index: Expression


@node
class CallExpression(Node):
    """`target(arguments)` as an expression: a function, an op on named values, or a block with arguments bound."""

    target: Name
    arguments: tuple[CallArgument, ...]


@node
class Known(Node):
    """Written by nobody: stands for an expression whose value elaboration knows already."""

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


@node
class CallArgument(Node):
    """`value`, `name=value`, or `/value`, which is the argument `stride`."""

    name: str | None
    value: Expression
    slash: bool = False

    @property
    def name_span(self) -> Span:
        """Where its name stands; the whole argument if none is written."""
        if self.name is None or self.slash:
            return self.span
        return Span(self.span.source, self.span.start, self.span.start + len(self.name))


@node
class Target(Node):
    """What a loop binds: a name, or a tuple of targets to take apart."""

    name: str | None
    parts: tuple[Target, ...] = ()
