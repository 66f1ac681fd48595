"""Nodes of statements."""

from __future__ import annotations

from typing import Literal, TypeAlias

from resdsl.syntax.tree.base import Node, node
from resdsl.syntax.tree.expressions import Argument, Expression, Name, Target, Text, Word


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
    """The block repeated by a stage: `basic(64)`."""

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
