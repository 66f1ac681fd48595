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
from resdsl.syntax.tree.base import (
    node as node,
)
from resdsl.syntax.tree.expressions import (
    Argument as Argument,
)
from resdsl.syntax.tree.expressions import (
    Binary as Binary,
)
from resdsl.syntax.tree.expressions import (
    Boolean as Boolean,
)
from resdsl.syntax.tree.expressions import (
    Call as Call,
)
from resdsl.syntax.tree.expressions import (
    Comprehension as Comprehension,
)
from resdsl.syntax.tree.expressions import (
    Conditional as Conditional,
)
from resdsl.syntax.tree.expressions import (
    Dims as Dims,
)
from resdsl.syntax.tree.expressions import (
    Expression as Expression,
)
from resdsl.syntax.tree.expressions import (
    Index as Index,
)
from resdsl.syntax.tree.expressions import (
    Items as Items,
)
from resdsl.syntax.tree.expressions import (
    Known as Known,
)
from resdsl.syntax.tree.expressions import (
    Logic as Logic,
)
from resdsl.syntax.tree.expressions import (
    Name as Name,
)
from resdsl.syntax.tree.expressions import (
    Negative as Negative,
)
from resdsl.syntax.tree.expressions import (
    Not as Not,
)
from resdsl.syntax.tree.expressions import (
    Nothing as Nothing,
)
from resdsl.syntax.tree.expressions import (
    Number as Number,
)
from resdsl.syntax.tree.expressions import (
    Range as Range,
)
from resdsl.syntax.tree.expressions import (
    Target as Target,
)
from resdsl.syntax.tree.expressions import (
    Text as Text,
)
from resdsl.syntax.tree.expressions import (
    Word as Word,
)
from resdsl.syntax.tree.files import (
    Definition as Definition,
)
from resdsl.syntax.tree.files import (
    File as File,
)
from resdsl.syntax.tree.files import (
    Import as Import,
)
from resdsl.syntax.tree.files import (
    Item as Item,
)
from resdsl.syntax.tree.files import (
    Parameter as Parameter,
)
from resdsl.syntax.tree.files import (
    Variant as Variant,
)
from resdsl.syntax.tree.files import (
    Version as Version,
)
from resdsl.syntax.tree.statements import (
    Apply as Apply,
)
from resdsl.syntax.tree.statements import (
    As as As,
)
from resdsl.syntax.tree.statements import (
    Body as Body,
)
from resdsl.syntax.tree.statements import (
    Bracket as Bracket,
)
from resdsl.syntax.tree.statements import (
    Drop as Drop,
)
from resdsl.syntax.tree.statements import (
    Expect as Expect,
)
from resdsl.syntax.tree.statements import (
    For as For,
)
from resdsl.syntax.tree.statements import (
    From as From,
)
from resdsl.syntax.tree.statements import (
    Gate as Gate,
)
from resdsl.syntax.tree.statements import (
    If as If,
)
from resdsl.syntax.tree.statements import (
    Input as Input,
)
from resdsl.syntax.tree.statements import (
    Label as Label,
)
from resdsl.syntax.tree.statements import (
    Let as Let,
)
from resdsl.syntax.tree.statements import (
    Parallel as Parallel,
)
from resdsl.syntax.tree.statements import (
    Path as Path,
)
from resdsl.syntax.tree.statements import (
    Require as Require,
)
from resdsl.syntax.tree.statements import (
    Residual as Residual,
)
from resdsl.syntax.tree.statements import (
    Row as Row,
)
from resdsl.syntax.tree.statements import (
    Stage as Stage,
)
from resdsl.syntax.tree.statements import (
    Statement as Statement,
)
from resdsl.syntax.tree.statements import (
    Tap as Tap,
)
from resdsl.syntax.tree.statements import (
    Unit as Unit,
)
from resdsl.syntax.tree.sweeps import (
    Axis as Axis,
)
from resdsl.syntax.tree.sweeps import (
    Keep as Keep,
)
from resdsl.syntax.tree.sweeps import (
    Named as Named,
)
from resdsl.syntax.tree.sweeps import (
    Over as Over,
)
from resdsl.syntax.tree.sweeps import (
    Solve as Solve,
)
from resdsl.syntax.tree.sweeps import (
    Sweep as Sweep,
)
from resdsl.syntax.tree.sweeps import (
    SweepLine as SweepLine,
)
from resdsl.syntax.tree.sweeps import (
    Swept as Swept,
)
from resdsl.syntax.tree.sweeps import (
    Together as Together,
)
from resdsl.syntax.tree.sweeps import (
    When as When,
)
from resdsl.syntax.tree.sweeps import (
    Within as Within,
)
