"""The syntax tree: the text as it was written, with a span on every node.

Why it exists: elaboration may run a definition a thousand times and must not meet a token again; and
a message, a formatter or an editor wants to know exactly where each thing stands. Nothing is resolved
here: a `Name` may turn out to be a parameter, a block, an op or nothing at all. Comments and blank
lines are not in the tree but beside it (`File.comments`, `File.blank_lines`).

Nodes compare by identity, since two equal-looking nodes stand at different places.
"""

from __future__ import annotations

from resdsl.syntax.tree.base import (
    Node as Node,
    node as node,
)
from resdsl.syntax.tree.expressions import (
    Argument as Argument,
    Binary as Binary,
    Boolean as Boolean,
    Call as Call,
    Comprehension as Comprehension,
    Conditional as Conditional,
    Dims as Dims,
    Expression as Expression,
    Index as Index,
    Items as Items,
    Known as Known,
    Logic as Logic,
    Name as Name,
    Negative as Negative,
    Not as Not,
    Nothing as Nothing,
    Number as Number,
    Range as Range,
    Target as Target,
    Text as Text,
    Word as Word,
)
from resdsl.syntax.tree.files import (
    Definition as Definition,
    File as File,
    Import as Import,
    Item as Item,
    Parameter as Parameter,
    Variant as Variant,
    Version as Version,
)
from resdsl.syntax.tree.statements import (
    Apply as Apply,
    As as As,
    Body as Body,
    Bracket as Bracket,
    Drop as Drop,
    Expect as Expect,
    For as For,
    From as From,
    Gate as Gate,
    If as If,
    Input as Input,
    Label as Label,
    Let as Let,
    Parallel as Parallel,
    Path as Path,
    Require as Require,
    Residual as Residual,
    Row as Row,
    Stage as Stage,
    Statement as Statement,
    Tap as Tap,
    Unit as Unit,
)
from resdsl.syntax.tree.sweeps import (
    Axis as Axis,
    Keep as Keep,
    Named as Named,
    Over as Over,
    Solve as Solve,
    Sweep as Sweep,
    SweepLine as SweepLine,
    Swept as Swept,
    Together as Together,
    When as When,
    Within as Within,
)
