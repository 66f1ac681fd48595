"""Runs a sweep: costs and names one point after the other, without keeping their networks."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

from resdsl.diagnostics.problem import Problem
from resdsl.diagnostics.spec_error import SpecError
from resdsl.elaborate import errors
from resdsl.elaborate.binding import Override
from resdsl.elaborate.networks import build_network
from resdsl.elaborate.session import Session
from resdsl.elaborate.sweep_names import NETWORK
from resdsl.ir.network import Network
from resdsl.sweeps.costing import Combination, Costed, Costing
from resdsl.sweeps.exhaustion import Exhaustion
from resdsl.sweeps.left_out import LeftOut
from resdsl.sweeps.names import Names
from resdsl.sweeps.plan import Axis, Choice, Plan
from resdsl.sweeps.point import Point, point_text
from resdsl.sweeps.sample import GrowingSample
from resdsl.syntax.mentions import names_in

Cost = Callable[[Iterable[range]], Generator[Generator[Costed, None, None], None, None]]
"""Costs groups of combinations of a sweep, given by their indices, in their order; a group may be ended early."""
Watch = Callable[[LeftOut], None]
"""Sees how far a sweep is, from what was found so far."""


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
        acceptance: after the last point, how many draws were taken for it; None if nothing is drawn.
    """

    plan: Plan
    session: Session
    warnings: list[Problem] = field(default_factory=list)
    with_memory: bool = False
    files: tuple[Path, ...] = ()
    acceptance: str | None = None

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

    def found(self, cost: Cost | None = None, watch: Watch | None = None) -> Iterator[Costed]:
        """What is found at the points, one by one; raises the errors of `points`.

        Args:
            cost: what costs the groups of combinations; by default this process.
            watch: called with the counts after each combination.
        """
        names, left_out, exhaustion = Names(self._name_at), LeftOut(self.plan), self.exhaustion()
        with closing((cost or self.cost_groups)(self.groups())) as groups:
            for costed in (costed for group in groups for costed in self._sampled(group, exhaustion, left_out, watch)):
                point = costed.point
                if point is None:
                    continue
                first = names.first(point.name, point.index)
                if first != point.index:
                    raise SpecError([self._equal_names(point, self._point_at(first))])
                yield costed
        self.warnings += [problem for problem in left_out.problems() if problem not in self.warnings]
        self.acceptance = left_out.acceptance() if self.plan.sampling is not None else None

    def exhaustion(self) -> Exhaustion | None:
        """When all combinations of drawn values have come up; None if nothing is drawn."""
        return Exhaustion(self.plan.sampling) if self.plan.sampling is not None else None

    def _sampled(
        self,
        found: Generator[Costed, None, None],
        exhaustion: Exhaustion | None,
        left_out: LeftOut,
        watch: Watch | None,
    ) -> Iterator[Costed]:
        """What is found in a group, up to the end of its sample."""
        sampling = self.plan.sampling
        sample = GrowingSample(sampling.count, exhaustion) if sampling is not None and exhaustion is not None else None
        with closing(found):
            for costed in found:
                first = sample.first(costed) if sample is not None else costed
                left_out.note(first)
                if watch is not None:
                    watch(left_out)
                yield first
                if sample is not None and (sample.is_complete or sample.all_drawn is not None):
                    break
        if sample is not None:
            left_out.end(sample)

    def groups(self) -> Iterator[range]:
        """The indices of all combinations in their order: those of the axes or, if parameters are drawn, all draws for
        each of these, a group each, which ends once its sample is complete or can have no other point.
        """
        combinations = prod(len(axis.rows) for axis in self.plan.axes)
        if self.plan.sampling is None:
            yield range(combinations)
            return
        for place in range(combinations):
            yield range(place * self.draws, (place + 1) * self.draws)

    @property
    def draws(self) -> int:
        """How many draws there may be for each combination of the axes; 1 if nothing is drawn."""
        return self.plan.sampling.most if self.plan.sampling is not None else 1

    def cost_groups(self, groups: Iterable[range]) -> Generator[Generator[Costed, None, None], None, None]:
        """What is found at the combinations of each group; raises the errors of `cost`."""
        return (self.cost(indices) for indices in groups)

    def cost(self, indices: range) -> Generator[Costed, None, None]:
        """What is found at the combinations with these indices.

        Raises:
            SpecError: a network cannot be built, or a line cannot be evaluated.
        """
        costing = self.costing
        return (costing.at(self.combination(index)) for index in indices)

    def combination(self, index: int) -> Combination:
        """The combination with this index."""
        place, draw = divmod(index, self.draws)
        found: list[tuple[Choice, ...]] = []
        for axis in reversed(self.plan.axes):
            place, position = divmod(place, len(axis.rows))
            found.append(axis.rows[position])
        return Combination(index, tuple(reversed(found)), draw if self.plan.sampling is not None else None)

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
        point = self.costing.at(self.combination(index)).point
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
