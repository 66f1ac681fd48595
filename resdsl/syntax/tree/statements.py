"""Nodes of statements."""

from __future__ import annotations

from typing import Literal, TypeAlias

from resdsl.syntax.tree.base import Node, node
from resdsl.syntax.tree.expressions import CallArgument, Expression, Name, StringLiteral, Target, Word


@node
class StatementList(Node):
    """`{ statements }`; the span includes the braces."""

    statements: tuple[Statement, ...]


@node
class Path(Node):
    """A path of a stage or a labelled op: `layer3`, `"features.0"`."""

    text: str


@node
class PathLabel(Node):
    """`head:`, `"layer{i}":`, `extra after layer4:`."""

    name: Word | StringLiteral
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
    message: StringLiteral | None


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

    label: PathLabel | None
    target: Name
    arguments: tuple[CallArgument, ...]
    shape: Expression | None


@node
class Bracket(Node):
    """`[1x1, 64; 3x3, 64; 1x1, 256]`: rows of convolution arguments."""

    rows: tuple[BracketRow, ...]


@node
class BracketRow(Node):
    """One row of a bracket."""

    arguments: tuple[CallArgument, ...]


@node
class Unit(Node):
    """The block that a stage repeats: `basic(64)`."""

    target: Name
    arguments: tuple[CallArgument, ...]


@node
class StageStatement(Node):
    """`stage layer2 "conv3_x": basic(128) x 4, /2 -> 128x28x28`."""

    label: PathLabel
    title: StringLiteral | None
    unit: Unit | Bracket
    count: Expression | None
    arguments: tuple[CallArgument, ...]
    shape: Expression | None


@node
class Residual(Node):
    """`residual { ... }`, `residual identity { ... }`."""

    identity: bool
    body: StatementList
    shape: Expression | None


@node
class Gate(Node):
    """`gate { ... }`: multiplies what flows in by what the body yields."""

    body: StatementList
    shape: Expression | None


@node
class Parallel(Node):
    """`parallel concat { ... } { ... }`."""

    join: Word
    branches: tuple[StatementList, ...]
    shape: Expression | None


@node
class If(Node):
    """`if condition { ... } else { ... }`; an `else if` is a body of one statement."""

    condition: Expression
    yes: StatementList
    no: StatementList | None


@node
class For(Node):
    """`for i, x in xs { ... }`."""

    targets: tuple[Target, ...]
    iterable: Expression
    body: StatementList


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
class TapStatement(Node):
    """`tap c3`, in a variant `tap c3 after layer2`."""

    name: Word
    after: Path | None


@node
class Drop(Node):
    """`drop maxpool`."""

    path: Path


Statement: TypeAlias = (
    Input
    | Let
    | Require
    | Expect
    | Apply
    | StageStatement
    | Residual
    | Gate
    | Parallel
    | If
    | For
    | As
    | From
    | TapStatement
    | Drop
)
