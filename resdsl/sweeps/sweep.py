"""Runs a sweep: costs and names one point after the other, without keeping their networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from resdsl.diagnostics.problem import Problem
from resdsl.diagnostics.spec_error import SpecError
from resdsl.elaborate import errors
from resdsl.elaborate.binding import Override
from resdsl.elaborate.networks import build_network
from resdsl.elaborate.session import Session
from resdsl.elaborate.sweeps import NETWORK
from resdsl.ir.network import Network
from resdsl.sweeps.costing import Costed, Costing, Row
from resdsl.sweeps.left_out import LeftOut
from resdsl.sweeps.names import Names
from resdsl.sweeps.plan import Axis, Choice, Plan
from resdsl.sweeps.point import Point, point_text
from resdsl.syntax.mentions import names_in

Cost = Callable[[range], Iterator[Costed]]
"""Costs combinations of a sweep, given by their indices, in their order."""


@dataclass(eq=False)
class Sweep:
    """A sweep that is ready to run.

    Attributes:
        plan: axes and conditions.
        session: the session with everything already built from the same text.
        warnings: valid but probably unintended parts of the text. A run adds the points that `solve` leaves out: they
            are complete only after the last point.
        with_memory: whether to count the memory of each point as well, which takes a quarter longer.
        files: the files that were read for it.
    """

    plan: Plan
    session: Session
    warnings: list[Problem] = field(default_factory=list)
    with_memory: bool = False
    files: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        """The name of the sweep in its text, or of the network if it is not in a text."""
        return self.plan.node.name.text

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The axes, the slowest first."""
        return self.plan.axes

    @property
    def size(self) -> int:
        """The number of points of the product, before any are left out."""
        return self.plan.size

    @property
    def costing(self) -> Costing:
        """What costs its combinations."""
        return Costing(self.plan, self.session, self.with_memory)

    def points(self) -> Iterator[Point]:
        """The points in the order of the product, with the first axis the slowest.

        Raises:
            SpecError: a point cannot be built, a condition cannot be evaluated, or two points have the same name.
        """
        return (point for point, _ in self.built())

    def built(self) -> Iterator[tuple[Point, Network]]:
        """The points with their networks, which are not kept; raises the errors of `points`."""
        for costed in self.found():
            if costed.point is not None and costed.network is not None:
                yield costed.point, costed.network

    def found(self, cost: Cost | None = None) -> Iterator[Costed]:
        """What is found at the points, one by one; raises the errors of `points`.

        Args:
            cost: what costs combinations, given by their indices, in their order; by default this process.
        """
        names, left_out = Names(self._name_at), LeftOut(self.plan)
        for costed in (cost or self.cost)(range(self.size)):
            left_out.note(costed)
            point = costed.point
            if point is None:
                continue
            first = names.first(point.name, point.index)
            if first != point.index:
                raise SpecError([self._equal_names(point, self._point_at(first))])
            yield costed
        self.warnings += [problem for problem in left_out.problems() if problem not in self.warnings]

    def cost(self, indices: range) -> Iterator[Costed]:
        """What is found at the combinations with these indices.

        Raises:
            SpecError: a network cannot be built, or a line cannot be evaluated.
        """
        costing = self.costing
        return (costing.at(index, self.row(index)) for index in indices)

    def row(self, index: int) -> Row:
        """The combination with this index."""
        found: list[tuple[Choice, ...]] = []
        for axis in reversed(self.plan.axes):
            index, place = divmod(index, len(axis.rows))
            found.append(axis.rows[place])
        return tuple(reversed(found))

    def network(self, point: Point) -> Network:
        """Rebuild the network of a point."""
        definition, overrides = self.costing.definition(dict(point.parameters)), self.overrides(point)
        return build_network(definition, overrides, self.session).network

    def overrides(self, point: Point) -> dict[str, Override]:
        """The arguments and settings for the network of a point."""
        own = {name: Override(value) for name, value in point.parameters if name != NETWORK}
        return {**self.plan.fixed, **own}

    def _point_at(self, index: int) -> Point:
        """A point, costed once more."""
        point = self.costing.at(index, self.row(index)).point
        assert point is not None, "it was a point before"
        return point

    def _name_at(self, index: int) -> str:
        return self._point_at(index).name

    def _equal_names(self, point: Point, other: Point) -> Problem:
        template = self.plan.template
        spoken = {name.parts[0] for name in names_in(template)} if template else set()
        differing = [
            name
            for (name, value), (_, before) in zip(point.parameters, other.parameters, strict=True)
            if value != before and name not in spoken
        ]
        return errors.sweeps.EqualNames(
            span=template.span if template else self.plan.place,
            name=point.name,
            points=(point_text(other.parameters), point_text(point.parameters)),
            missing=tuple(differing),
            twice=self._twice(point) if point.parameters == other.parameters else (),
        )

    def _twice(self, point: Point) -> tuple[str, ...]:
        """Names of the axes that list the value of the point more than once."""
        found: list[str] = []
        for axis in self.plan.axes:
            own = tuple(point.value(name) for name in axis.names)
            if [tuple(choice.value for choice in row) for row in axis.rows].count(own) > 1:
                found += axis.names
        return tuple(found)
