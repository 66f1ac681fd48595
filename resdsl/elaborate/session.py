"""What all building from one text shares: memory of what was built, limits, and problems found.

A session may build many networks of one text (every point of a sweep, say). A block called with the
same arguments for the same shape is built once and is one object from then on; that is what makes
equal things one thing in the IR, and a thousand layers cost as much as their distinct bodies.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from resdsl.diagnostics.problem import Problem, Refusal
from resdsl.elaborate import errors
from resdsl.elaborate.cache import Built, Remembered, Repeats, StatedShape
from resdsl.elaborate.values import Bound, Dims, Value
from resdsl.ops.base import Op, Shapes
from resdsl.source import Span

if TYPE_CHECKING:
    from resdsl.elaborate.binding import Top
    from resdsl.elaborate.linking import Callee

MOST_STEPS = 1_000_000
"""Turns of loops, items of lists, and nodes; 1202 layers need six thousand."""
STEPS_OF_NODE = 10
"""What a node, or a repeat of a stage, counts: to make one takes that much longer than a turn of a loop."""
DEEPEST_VALUE = 50
"""Lists within lists."""
MOST_LEVELS = 100
"""Variants of variants."""
DEEPEST_CALL = 40
"""Blocks within blocks."""


@dataclass(eq=False)
class Session:
    """See the module.

    Attributes:
        bodies: what was built, by callee, arguments, settings and shapes.
        ops: ops that were made, with the shapes of their outputs, by class, arguments and input shapes.
        brackets: blocks made of brackets, by the values of their rows.
        repeats: what stages came to, but for the number of their repeats; see `resdsl.elaborate.stages`.
        statements: what statements at the top of networks did; see `resdsl.elaborate.statement_cache`.
        problems: what is wrong with the network that is being built.
        warnings: what is allowed but surely not meant.
        as_written: whether the input is the one in the text, so that shape statements can be checked.
        shapes: shape statements met.
        stated: where the network's expectations stand, in their order.
        settings: where each setting was given a value, by its name and the value's key.
        depth: how many bodies lie within each other in what was built of the body at hand.
    """

    bodies: dict[tuple[object, ...], Built] = field(default_factory=dict)
    ops: dict[tuple[object, ...], tuple[Op, Shapes]] = field(default_factory=dict)
    brackets: dict[tuple[object, ...], Callee] = field(default_factory=dict)
    repeats: dict[tuple[object, ...], Repeats] = field(default_factory=dict)
    statements: dict[tuple[object, ...], Remembered] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    as_written: bool = True
    shapes: list[StatedShape] = field(default_factory=list)
    stated: list[Span] = field(default_factory=list)
    settings: dict[tuple[str, object], Span] = field(default_factory=dict)
    block_count: int | None = None
    blocks_built: int = 0
    depth: int = 0
    top: Top | None = None
    _steps: int = 0

    def begin(self) -> None:
        """Forget all that belongs to one network; keep what was built."""
        self.problems = []
        self.warnings = []
        self.shapes = []
        self.stated = []
        self.settings = {}
        self.as_written = True
        self.block_count = None
        self.top = None
        self.blocks_built = 0
        self.depth = 0
        self._steps = 0

    @property
    def remembers(self) -> bool:
        """Whether anything was built before."""
        return bool(self.bodies or self.ops)

    def spend_on(self, value: Value, span: Span, depth: int = 0) -> None:
        """Count the work of handling a value: of its items, and theirs.

        Names share lists, so that sixty lines can make a list of lists with 2^60 items. Counting while
        it is made keeps all that is done with a value within the limits.

        Raises:
            Refusal: there was more than any network needs.
        """
        if depth > DEEPEST_VALUE:
            what = "lists within each other"
            raise Refusal(errors.LimitReached(span=span, what=what, limit=DEEPEST_VALUE))
        if isinstance(value, tuple):
            self.spend(len(value), span)
            if isinstance(value, Dims):
                return
            for item in value:
                if isinstance(item, tuple | str | Bound) or type(item) is int:
                    self.spend_on(item, span, depth + 1)
        elif isinstance(value, Bound):
            self.spend(1, span)
            for _, given in value.given:
                self.spend_on(given, span, depth + 1)
        elif isinstance(value, str):
            self.spend(len(value) // 64, span)
        elif isinstance(value, int):
            self.spend(value.bit_length() // 64, span)

    def spend(self, steps: int, span: Span) -> None:
        """Count work, so that every text ends. What is remembered is no work.

        Raises:
            Refusal: there was more than any network needs.
        """
        self._steps += steps
        if self._steps > MOST_STEPS:
            raise Refusal(errors.LimitReached(span=span, what="steps", limit=MOST_STEPS))
