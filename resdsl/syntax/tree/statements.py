"""Nodes of statements."""

from __future__ import annotations

from typing import Literal, TypeAlias

from resdsl.syntax.tree.base import Node
from resdsl.syntax.tree.expressions import CallArgument, Expression, LoopTarget, Name, StringLiteral, Word


class StatementList(Node):
    """`{ statements }`; the span includes the braces."""

    statements: tuple[Statement, ...]


class Path(Node):
    """A path of a stage or a labelled op: `layer3`, `"features.0"`."""

    text: str


class PathLabel(Node):
    """`head:`, `"layer{i}":`, `extra after layer4:`."""

    name: Word | StringLiteral
    after: Path | None


class Input(Node):
    """`input 3x224x224`, `input depth 1x224x224`."""

    name: Word | None
    value: Expression


class Let(Node):
    """`let name = value`."""

    name: Word
    value: Expression


class Require(Node):
    """`require condition "message"`."""

    condition: Expression
    message: StringLiteral | None


class Expect(Node):
    """`expect macs = 3.66G when default`."""

    quantity: Word
    relation: Literal["=", "<", "<=", ">", ">="]
    value: Expression
    when: Expression | None


class Apply(Node):
    """An op or a block applied to what flows: `conv 3x3, 64, /2`, `head: fc 10`, `shared head: fc 10`."""

    label: PathLabel | None
    target: Name
    arguments: tuple[CallArgument, ...]
    shape: Expression | None
    shared: bool = False


class Bracket(Node):
    """`[1x1, 64; 3x3, 64; 1x1, 256]`: rows of convolution arguments."""

    rows: tuple[BracketRow, ...]


class BracketRow(Node):
    """One row of a bracket."""

    arguments: tuple[CallArgument, ...]


class Unit(Node):
    """The block repeated by a stage: `basic(64)`."""

    target: Name
    arguments: tuple[CallArgument, ...]


class StageStatement(Node):
    """`stage layer2 "conv3_x": basic(128) x 4, /2 -> 128x28x28`."""

    label: PathLabel
    title: StringLiteral | None
    unit: Unit | Bracket
    count: Expression | None
    arguments: tuple[CallArgument, ...]
    shape: Expression | None
    shared: bool = False


class Residual(Node):
    """`residual { ... }`, `residual identity { ... }`."""

    identity: bool
    body: StatementList
    shape: Expression | None


class Gate(Node):
    """`gate { ... }`: multiplies what flows in by what the body yields."""

    body: StatementList
    shape: Expression | None


class Parallel(Node):
    """`parallel concat { ... } { ... }`."""

    join: Word
    branches: tuple[StatementList, ...]
    shape: Expression | None


class If(Node):
    """`if condition { ... } else { ... }`; an `else if` is a body of one statement."""

    condition: Expression
    yes: StatementList
    no: StatementList | None


class For(Node):
    """`for i, x in xs { ... }`."""

    targets: tuple[LoopTarget, ...]
    iterable: Expression
    body: StatementList


class As(Node):
    """`as name`, `as name[index]`, `as name[index][index]`."""

    name: Word
    indices: tuple[Expression, ...]


class From(Node):
    """`from value`."""

    value: Expression
    shape: Expression | None


class TapStatement(Node):
    """`tap c3`, `tap "p{l}"`, `tap aux in training`, in a variant `tap c3 after layer2`."""

    name: Word | StringLiteral
    after: Path | None
    training: bool = False


class OutputStatement(Node):
    """`output logits`: the name of the last value."""

    name: Word | StringLiteral


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
    | OutputStatement
    | Drop
)
