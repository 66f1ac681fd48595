"""The syntax tree: the text as it was written, with a span on every node.

Why it exists: elaboration may run a definition a thousand times and should not have to read tokens again; and a
message, a formatter or an editor needs to know exactly where everything is. Nothing is resolved here: a `Name` may
turn out to be a parameter, a block, an op or nothing at all. Comments and blank lines are kept next to the tree, not
in it (`File.comments`, `File.blank_lines`).

Nodes compare by identity, since two nodes that look the same are in different places.
"""

from __future__ import annotations

from resdsl.syntax.tree.base import (
    Node as Node,
)
from resdsl.syntax.tree.expressions import (
    Binary as Binary,
    Boolean as Boolean,
    CallArgument as CallArgument,
    CallExpression as CallExpression,
    Comprehension as Comprehension,
    Conditional as Conditional,
    DimsLiteral as DimsLiteral,
    Expression as Expression,
    Index as Index,
    Items as Items,
    Known as Known,
    Logic as Logic,
    LoopTarget as LoopTarget,
    Name as Name,
    Negative as Negative,
    Not as Not,
    Nothing as Nothing,
    Number as Number,
    Range as Range,
    StringLiteral as StringLiteral,
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
    Bracket as Bracket,
    BracketRow as BracketRow,
    Drop as Drop,
    Expect as Expect,
    For as For,
    From as From,
    Gate as Gate,
    If as If,
    Input as Input,
    Let as Let,
    OutputStatement as OutputStatement,
    Parallel as Parallel,
    Path as Path,
    PathLabel as PathLabel,
    Require as Require,
    Residual as Residual,
    StageStatement as StageStatement,
    Statement as Statement,
    StatementList as StatementList,
    TapStatement as TapStatement,
    Unit as Unit,
)
from resdsl.syntax.tree.sweeps import (
    AxisValues as AxisValues,
    Draw as Draw,
    DrawnAxis as DrawnAxis,
    Keep as Keep,
    Named as Named,
    Over as Over,
    Sampled as Sampled,
    Solve as Solve,
    SweepLine as SweepLine,
    SweepLines as SweepLines,
    Swept as Swept,
    Together as Together,
    When as When,
    Within as Within,
)
