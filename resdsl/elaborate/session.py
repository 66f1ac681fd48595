"""What is remembered of a text for all networks that are built from it.

A session may build many networks from one text, such as every point of a sweep. A block that is called with the same
arguments for the same shape is built once and is one object from then on. That is why equal things are one object in
the IR, and why a thousand layers cost no more than their distinct bodies.
What belongs to one network only is its `resdsl.elaborate.building.Building`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from resdsl.elaborate.cache import BuiltBody, Known, Remembered, RememberedOps, Repeats
from resdsl.elaborate.linking import Callee
from resdsl.ops.base import Op, Shapes

MOST_BODIES = 5_000
"""The most bodies that are remembered; with all that is remembered beside them, they take some 100 MB."""


@dataclass(eq=False)
class Session:
    """The state shared by everything that is built from one text.

    Attributes:
        bodies: what was built, by callee, arguments, settings and shapes.
        templates: the bodies that others are made from, by their kinds: each a `resdsl.elaborate.templates.Template`.
        ops: ops that were made, with the shapes of their outputs, by class, arguments and input shapes.
        brackets: blocks made of brackets, by the values of their rows.
        repeats: the blocks of stages, whatever the number of repeats; see `resdsl.elaborate.stages`.
        statements: the effects of statements at the top of networks; see `resdsl.elaborate.statement_cache`.
        branches: the ops of branches behind their first; see `resdsl.elaborate.branch_cache`.
        sketching: in a session of sketches, a `resdsl.elaborate.sketches.Sketching`.
        before_step: called before each piece of work; it may raise to end a build that nobody waits for any more,
            and what is remembered stays right.
    """

    bodies: dict[tuple[object, ...], BuiltBody] = field(default_factory=dict)
    templates: dict[Known, object] = field(default_factory=dict)
    ops: dict[tuple[object, ...], tuple[Op, Shapes]] = field(default_factory=dict)
    brackets: dict[tuple[object, ...], Callee] = field(default_factory=dict)
    repeats: dict[tuple[object, ...], Repeats] = field(default_factory=dict)
    statements: dict[tuple[object, ...], Remembered] = field(default_factory=dict)
    branches: dict[tuple[object, ...], RememberedOps] = field(default_factory=dict)
    sketching: object | None = None
    before_step: Callable[[], None] | None = None

    @property
    def remembers(self) -> bool:
        """Whether anything was built before."""
        return bool(self.bodies or self.ops)

    def make_room(self) -> None:
        """Forget everything if there is much, so that a sweep of any length takes no more memory; between networks."""
        if len(self.bodies) > MOST_BODIES:
            self.forget()

    def forget(self) -> None:
        """Forget everything; between networks."""
        for known in (self.bodies, self.ops, self.brackets, self.repeats, self.statements, self.branches):
            known.clear()
        self.templates.clear()
