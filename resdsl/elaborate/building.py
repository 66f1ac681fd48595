"""One network under construction: what was found in it so far, and how much work it may still take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from resdsl.diagnostics.problem import Problem, ProblemFound
from resdsl.elaborate import errors
from resdsl.elaborate.cache import StatedShape
from resdsl.elaborate.session import Session
from resdsl.elaborate.values import Bound, Dims, Value
from resdsl.ir.network import Node
from resdsl.ops.base import Shape
from resdsl.source import Span

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


class Checkpoint(NamedTuple):
    """How far a building had come: the number of problems, warnings, stated shapes and blocks."""

    problems: int
    warnings: int
    shapes: int
    blocks: int


class Progress(NamedTuple):
    """What a building has found since a checkpoint."""

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    shapes: tuple[StatedShape, ...]
    blocks: int


AfterStatement = Callable[[Sequence[Node], Mapping[str, Shape]], None]
"""What is called with the nodes of a network so far and the shapes of its inputs."""


@dataclass(eq=False)
class Building:
    """One network under construction.

    Attributes:
        session: what was built from the same text before, and is used again.
        block_count: the number of all blocks, where a definition asks for it.
        problems: what is wrong with the network.
        warnings: what is allowed but probably not intended.
        has_own_input: whether all inputs are those in the text, so that shape statements can be checked.
        inputs: the shapes of the network's inputs so far, by name; one without a name is `input`.
        shapes: the shape statements so far.
        stated: the places of the network's expectations, in order.
        settings: where each setting was given a value, by its name and the value's key.
        blocks_built: blocks of stages so far.
        depth: how deeply bodies are nested in what was built of the current body.
        top: what only the top of a network has, once that is begun: a `resdsl.elaborate.binding.Top`.
        after_statement: called after each statement at the top of the network, with its nodes so far and the shapes of
            its inputs; it may raise to end a build whose network is not wanted any more.
    """

    session: Session
    block_count: int | None = None
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    has_own_input: bool = True
    inputs: dict[str, Shape] = field(default_factory=dict)
    shapes: list[StatedShape] = field(default_factory=list)
    stated: list[Span] = field(default_factory=list)
    settings: dict[tuple[str, object], Span] = field(default_factory=dict)
    blocks_built: int = 0
    depth: int = 0
    top: object | None = None
    after_statement: AfterStatement | None = None
    _steps: int = 0

    def checkpoint(self) -> Checkpoint:
        """How far it has come, for `since` and `rollback`."""
        return Checkpoint(len(self.problems), len(self.warnings), len(self.shapes), self.blocks_built)

    def since(self, checkpoint: Checkpoint) -> Progress:
        """What was found since a checkpoint."""
        return Progress(
            tuple(self.problems[checkpoint.problems :]),
            tuple(self.warnings[checkpoint.warnings :]),
            tuple(self.shapes[checkpoint.shapes :]),
            self.blocks_built - checkpoint.blocks,
        )

    def rollback(self, checkpoint: Checkpoint) -> None:
        """Forget what was found since a checkpoint; the work that it took still counts."""
        del self.problems[checkpoint.problems :]
        del self.warnings[checkpoint.warnings :]
        del self.shapes[checkpoint.shapes :]
        self.blocks_built = checkpoint.blocks

    def spend_on(self, value: Value, span: Span, depth: int = 0) -> None:
        """Count the work of handling a value: of its items, and theirs.

        Names share lists, so that sixty lines can make a list of lists with 2^60 items. Counting while
        it is made keeps all that is done with a value within the limits.

        Raises:
            ProblemFound: there was more than any network needs.
        """
        if depth > DEEPEST_VALUE:
            what = "nested lists"
            raise ProblemFound(errors.files.LimitReached(span=span, what=what, limit=DEEPEST_VALUE))
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
            ProblemFound: there was more than any network needs.
        """
        if self.session.before_step is not None:
            self.session.before_step()
        self._steps += steps
        if self._steps > MOST_STEPS:
            raise ProblemFound(errors.files.LimitReached(span=span, what="steps", limit=MOST_STEPS))
