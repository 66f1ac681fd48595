"""The syntax tree: the text as it was written, with a span on every node.

Why it exists: elaboration may run a definition a thousand times and must not meet a token again; and
a message, a formatter or an editor wants to know exactly where each thing stands. Nothing is resolved
here: a `Name` may turn out to be a parameter, a block, an op or nothing at all. Comments and blank
lines are not in the tree but beside it (`File.comments`, `File.blank_lines`).

Nodes compare by identity, since two equal-looking nodes stand at different places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from resdsl.source import Source, Span


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """Base of all nodes."""

    span: Span


# ------------------------------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True, eq=False)
class Number(Node):
    """`64`, `21_797_672`, `0.2`, `3.66G`. `slack` is half of the last digit written, 0 for a bare integer."""

    value: int | float
    slack: int | float


@dataclass(frozen=True, slots=True, eq=False)
class Dims(Node):
    """`3x3`, `3x224x224`."""

    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Text(Node):
    """`"layer{i + 1}"`: literal parts and expressions in turn."""

    parts: tuple[str | Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Boolean(Node):
    """`true`, `false`."""

    value: bool


@dataclass(frozen=True, slots=True, eq=False)
class Nothing(Node):
    """`none`."""


@dataclass(frozen=True, slots=True, eq=False)
class Name(Node):
    """`width`, `library.block`."""

    parts: tuple[str, ...]

    @property
    def text(self) -> str:
        """The name as written, without blanks."""
        return ".".join(self.parts)


@dataclass(frozen=True, slots=True, eq=False)
class Items(Node):
    """`[3, 4, 6, 3]`."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Comprehension(Node):
    """`[item for targets in iterable if condition]`."""

    item: Expression
    targets: tuple[Target, ...]
    iterable: Expression
    condition: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class Conditional(Node):
    """`if condition then yes else no`."""

    condition: Expression
    yes: Expression
    no: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Logic(Node):
    """`left and right`, `left or right`."""

    operator: Literal["and", "or"]
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Not(Node):
    """`not operand`."""

    operand: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Node):
    """Arithmetic (`+ - * / // % **`) and comparison (`== != < <= > >=`)."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Range(Node):
    """`start..stop`, without stop."""

    start: Expression
    stop: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Negative(Node):
    """`-operand`."""

    operand: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Index(Node):
    """`target[index]`."""

    target: Expression
    index: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Call(Node):
    """`target(arguments)` as an expression: a function, an op on named values, or a block with arguments bound."""

    target: Name
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True, eq=False)
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


@dataclass(frozen=True, slots=True, eq=False)
class Argument(Node):
    """`value`, `name=value`, or `/value`, which is the argument `stride`."""

    name: str | None
    value: Expression
    slash: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Target(Node):
    """What a loop binds: a name, or a tuple of targets to take apart."""

    name: str | None
    parts: tuple[Target, ...] = ()


# -------------------------------------------------------------------------------------- statements


@dataclass(frozen=True, slots=True, eq=False)
class Body(Node):
    """`{ statements }`; the span includes the braces."""

    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Path(Node):
    """A path of a stage or a labelled op: `layer3`, `"features.0"`."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Label(Node):
    """`head:`, `"layer{i}":`, `extra after layer4:`."""

    name: Name | Text
    after: Path | None


@dataclass(frozen=True, slots=True, eq=False)
class Input(Node):
    """`input 3x224x224`."""

    value: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Let(Node):
    """`let name = value`."""

    name: Name
    value: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Require(Node):
    """`require condition "message"`."""

    condition: Expression
    message: Text | None


@dataclass(frozen=True, slots=True, eq=False)
class Expect(Node):
    """`expect macs = 3.66G when default`."""

    quantity: Name
    relation: Literal["=", "<", "<=", ">", ">="]
    value: Expression
    when: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class Apply(Node):
    """An op or a block applied to what flows: `conv 3x3, 64, /2`, `head: fc 10`, `squeeze_excite(8)`."""

    label: Label | None
    target: Name
    arguments: tuple[Argument, ...]
    shape: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class Bracket(Node):
    """`[1x1, 64; 3x3, 64; 1x1, 256]`: rows of convolution arguments."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Row(Node):
    """One row of a bracket."""

    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Unit(Node):
    """The block that a stage repeats: `basic(64)`."""

    target: Name
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Stage(Node):
    """`stage layer2 "conv3_x": basic(128) x 4, /2 -> 128x28x28`."""

    label: Label
    title: Text | None
    unit: Unit | Bracket
    count: Expression | None
    arguments: tuple[Argument, ...]
    shape: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class Residual(Node):
    """`residual { ... }`, `residual identity { ... }`."""

    identity: bool
    body: Body
    shape: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class Gate(Node):
    """`gate { ... }`: multiplies what flows in by what the body yields."""

    body: Body
    shape: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class Parallel(Node):
    """`parallel concat { ... } { ... }`."""

    join: Name
    branches: tuple[Body, ...]
    shape: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class If(Node):
    """`if condition { ... } else { ... }`; an `else if` is a body of one statement."""

    condition: Expression
    yes: Body
    no: Body | None


@dataclass(frozen=True, slots=True, eq=False)
class For(Node):
    """`for i, x in xs { ... }`."""

    targets: tuple[Target, ...]
    iterable: Expression
    body: Body


@dataclass(frozen=True, slots=True, eq=False)
class As(Node):
    """`as name`, `as name[index]`."""

    name: Name
    index: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class From(Node):
    """`from value`."""

    value: Expression
    shape: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class Tap(Node):
    """`tap c3`, in a variant `tap c3 after layer2`."""

    name: Name
    after: Path | None


@dataclass(frozen=True, slots=True, eq=False)
class Drop(Node):
    """`drop maxpool`."""

    path: Path


Statement: TypeAlias = (
    Input | Let | Require | Expect | Apply | Stage | Residual | Gate | Parallel | If | For | As | From | Tap | Drop
)


# ------------------------------------------------------------------------------------------- files


@dataclass(frozen=True, slots=True, eq=False)
class Parameter(Node):
    """`width`, `stride = 1`."""

    name: str
    default: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class Definition(Node):
    """A network, a block or a shortcut."""

    kind: Literal["network", "block", "shortcut"]
    name: Name
    parameters: tuple[Parameter, ...]
    body: Body


@dataclass(frozen=True, slots=True, eq=False)
class Variant(Node):
    """`network b = a(arguments) { difference }`."""

    name: Name
    parameters: tuple[Parameter, ...]
    base: Name
    arguments: tuple[Argument, ...]
    body: Body | None


@dataclass(frozen=True, slots=True, eq=False)
class Import(Node):
    """`import "x.res" as x`."""

    path: Text
    alias: Name


@dataclass(frozen=True, slots=True, eq=False)
class Version(Node):
    """`resdsl 1`."""

    number: Number


Item: TypeAlias = Version | Import | Definition | Variant


@dataclass(frozen=True, slots=True, eq=False)
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
