"""What is remembered of a text, for all networks that are built of it.

A session may build many networks of one text (every point of a sweep, say). A block called with the
same arguments for the same shape is built once and is one object from then on; that is what makes
equal things one thing in the IR, and a thousand layers cost as much as their distinct bodies.
What belongs to one network only is its `resdsl.elaborate.building.Building`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from resdsl.elaborate.cache import BuiltBody, Remembered, Repeats
from resdsl.elaborate.linking import Callee
from resdsl.ops.base import Op, Shapes


@dataclass(eq=False)
class Session:
    """See the module.

    Attributes:
        bodies: what was built, by callee, arguments, settings and shapes.
        ops: ops that were made, with the shapes of their outputs, by class, arguments and input shapes.
        brackets: blocks made of brackets, by the values of their rows.
        repeats: what stages came to, but for the number of their repeats; see `resdsl.elaborate.stages`.
        statements: what statements at the top of networks did; see `resdsl.elaborate.statement_cache`.
    """

    bodies: dict[tuple[object, ...], BuiltBody] = field(default_factory=dict)
    ops: dict[tuple[object, ...], tuple[Op, Shapes]] = field(default_factory=dict)
    brackets: dict[tuple[object, ...], Callee] = field(default_factory=dict)
    repeats: dict[tuple[object, ...], Repeats] = field(default_factory=dict)
    statements: dict[tuple[object, ...], Remembered] = field(default_factory=dict)

    @property
    def remembers(self) -> bool:
        """Whether anything was built before."""
        return bool(self.bodies or self.ops)
