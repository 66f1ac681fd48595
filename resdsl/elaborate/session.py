"""What everything built from one text shares: what was already built, the limits, and the problems found.

A session may build many networks from one text, such as every point of a sweep. A block that is called with the same
arguments for the same shape is built once and is one object from then on. That is why equal things are one object in
the IR, and why a thousand layers cost no more than their distinct bodies.
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
"""The most turns of loops, items of lists, and nodes together; 1202 layers need six thousand."""
STEPS_OF_NODE = 10
"""The steps that a node or a repeat of a stage counts for: making one takes that much longer than a turn of a loop."""
DEEPEST_VALUE = 50
"""The deepest nesting of lists."""
MOST_LEVELS = 100
"""The longest chain of variants of variants."""
DEEPEST_CALL = 40
"""The deepest nesting of blocks."""


@dataclass(eq=False)
class Session:
    """The state shared by everything that is built from one text.

    Attributes:
        bodies: what was built, by callee, arguments, settings and shapes.
        ops: ops that were made, with the shapes of their outputs, by class, arguments and input shapes.
        brackets: blocks made of brackets, by the values of their rows.
        repeats: the blocks of stages, whatever the number of repeats; see `resdsl.elaborate.stages`.
        statements: the effects of statements at the top of networks; see `resdsl.elaborate.statement_cache`.
        problems: the problems of the network that is being built.
        warnings: what is allowed but probably not intended.
        as_written: whether the input is the one in the text, so that shape statements can be checked.
        shapes: the shape statements so far.
        stated: the places of the network's expectations, in order.
        settings: where each setting was given a value, by its name and the value's key.
        depth: how deeply bodies are nested in what was built of the current body.
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
        """Forget everything that belongs to one network, but keep what was built."""
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
        """Count the work of handling a value, including its items and theirs.

        Names share lists, so sixty lines can make a list of lists with 2^60 items. Counting while a value is made keeps
        everything that is done with it within the limits.

        Raises:
            Refusal: the limit is exceeded.
        """
        if depth > DEEPEST_VALUE:
            what = "nested lists"
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
        """Count work, so that reading ends for every text. What comes from memory does not count.

        Raises:
            Refusal: the limit is exceeded.
        """
        self._steps += steps
        if self._steps > MOST_STEPS:
            raise Refusal(errors.LimitReached(span=span, what="steps", limit=MOST_STEPS))
