"""The syntax tree: the text as it was written, with a span on every node.

Why it exists: elaboration may run a definition a thousand times and must not meet a token again; and
a message, a formatter or an editor wants to know exactly where each thing stands. Nothing is resolved
here: a `Name` may turn out to be a parameter, a block, an op or nothing at all. Comments and blank
lines are not in the tree but beside it (`File.comments`, `File.blank_lines`).

Nodes compare by identity, since two equal-looking nodes stand at different places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar, dataclass_transform

from resdsl.source import Source, Span

N = TypeVar("N")


@dataclass_transform(frozen_default=True, eq_default=False)
def node(kind: type[N]) -> type[N]:
    """Makes a class of nodes: a frozen dataclass without what nobody asks of one, which is quicker to load."""
    return dataclass(frozen=True, eq=False, repr=False, match_args=False)(kind)


@node
class Node:
    """Base of all nodes."""

    span: Span


# ------------------------------------------------------------------------------------- expressions


@node
class Number(Node):
    """`64`, `1_000_000`, `0.2`, `3.66G`. `slack` is half of the last digit written, 0 for a bare integer."""

    value: int | float
    slack: int | float


@node
class Dims(Node):
    """`3x3`, `3x224x224`."""

    sizes: tuple[int, ...]


@node
class Text(Node):
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
class Call(Node):
    """`target(arguments)` as an expression: a function, an op on named values, or a block with arguments bound."""

    target: Name
    arguments: tuple[Argument, ...]


@node
class Known(Node):
    """Written by nobody: stands for an expression whose value elaboration knows already."""

    value: object


Expression: TypeAlias = (
    Known
    | Number
    | Dims
    | Text
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
    | Call
)


@node
class Argument(Node):
    """`value`, `name=value`, or `/value`, which is the argument `stride`."""

    name: str | None
    value: Expression
    slash: bool = False


@node
class Target(Node):
    """What a loop binds: a name, or a tuple of targets to take apart."""

    name: str | None
    parts: tuple[Target, ...] = ()


# -------------------------------------------------------------------------------------- statements


@node
class Body(Node):
    """`{ statements }`; the span includes the braces."""

    statements: tuple[Statement, ...]


@node
class Path(Node):
    """A path of a stage or a labelled op: `layer3`, `"features.0"`."""

    text: str


@node
class Label(Node):
    """`head:`, `"layer{i}":`, `extra after layer4:`."""

    name: Word | Text
    after: Path | None


@node
class Input(Node):
    """`input 3x224x224`."""

    value: Expression


@node
class Let(Node):
    """`let name = value`."""

    name: Word
    value: Expression


@node
class Require(Node):
    """`require condition "message"`."""

    condition: Expression
    message: Text | None


@node
class Expect(Node):
    """`expect macs = 3.66G when default`."""

    quantity: Word
    relation: Literal["=", "<", "<=", ">", ">="]
    value: Expression
    when: Expression | None


@node
class Apply(Node):
    """An op or a block applied to what flows: `conv 3x3, 64, /2`, `head: fc 10`, `squeeze_excite(8)`."""

    label: Label | None
    target: Name
    arguments: tuple[Argument, ...]
    shape: Expression | None


@node
class Bracket(Node):
    """`[1x1, 64; 3x3, 64; 1x1, 256]`: rows of convolution arguments."""

    rows: tuple[Row, ...]


@node
class Row(Node):
    """One row of a bracket."""

    arguments: tuple[Argument, ...]


@node
class Unit(Node):
    """The block that a stage repeats: `basic(64)`."""

    target: Name
    arguments: tuple[Argument, ...]


@node
class Stage(Node):
    """`stage layer2 "conv3_x": basic(128) x 4, /2 -> 128x28x28`."""

    label: Label
    title: Text | None
    unit: Unit | Bracket
    count: Expression | None
    arguments: tuple[Argument, ...]
    shape: Expression | None


@node
class Residual(Node):
    """`residual { ... }`, `residual identity { ... }`."""

    identity: bool
    body: Body
    shape: Expression | None


@node
class Gate(Node):
    """`gate { ... }`: multiplies what flows in by what the body yields."""

    body: Body
    shape: Expression | None


@node
class Parallel(Node):
    """`parallel concat { ... } { ... }`."""

    join: Word
    branches: tuple[Body, ...]
    shape: Expression | None


@node
class If(Node):
    """`if condition { ... } else { ... }`; an `else if` is a body of one statement."""

    condition: Expression
    yes: Body
    no: Body | None


@node
class For(Node):
    """`for i, x in xs { ... }`."""

    targets: tuple[Target, ...]
    iterable: Expression
    body: Body


@node
class As(Node):
    """`as name`, `as name[index]`."""

    name: Word
    index: Expression | None


@node
class From(Node):
    """`from value`."""

    value: Expression
    shape: Expression | None


@node
class Tap(Node):
    """`tap c3`, in a variant `tap c3 after layer2`."""

    name: Word
    after: Path | None


@node
class Drop(Node):
    """`drop maxpool`."""

    path: Path


Statement: TypeAlias = (
    Input | Let | Require | Expect | Apply | Stage | Residual | Gate | Parallel | If | For | As | From | Tap | Drop
)


# ------------------------------------------------------------------------------------------- files


@node
class Parameter(Node):
    """`width`, `stride = 1`."""

    name: str
    default: Expression | None


@node
class Definition(Node):
    """A network, a block or a shortcut."""

    kind: Literal["network", "block", "shortcut"]
    name: Word
    parameters: tuple[Parameter, ...]
    body: Body


@node
class Variant(Node):
    """`network b = a(arguments) { difference }`."""

    name: Word
    parameters: tuple[Parameter, ...]
    base: Name
    arguments: tuple[Argument, ...]
    body: Body | None


@node
class Import(Node):
    """`import "x.res" as x`."""

    path: Text
    alias: Word


@node
class Version(Node):
    """`resdsl 1`."""

    number: Number


Item: TypeAlias = Version | Import | Definition | Variant


@node
class File:
    """A whole text.

    Attributes:
        source: the text.
        items: its definitions, in order.
        comments: spans of all comments, in order; the `#` included, the line end not.
        blank_lines: numbers of the lines that hold nothing.
    """

    source: Source
    items: tuple[Item, ...]
    comments: tuple[Span, ...]
    blank_lines: tuple[int, ...]
