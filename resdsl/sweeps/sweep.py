"""Runs a sweep: builds, solves, filters and names one point after the other, without keeping their networks.

All points are built in the same session, so that parts they share are built once. Costs are counted on the network
itself, after all its `expect` lines are checked, so every point in a table can also be built with `build`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import NamedTuple

from resdsl.analysis.costs import Costs, network_costs
from resdsl.analysis.expectations import check_expectations, failures
from resdsl.diagnostics.problem import Instantiation, Problem, ProblemFound
from resdsl.diagnostics.spec_error import SpecError
from resdsl.elaborate import errors
from resdsl.elaborate.binding import Override, values_bound
from resdsl.elaborate.building import Building
from resdsl.elaborate.dispatch import evaluate
from resdsl.elaborate.expressions import text, truth
from resdsl.elaborate.graph import GraphBuilder
from resdsl.elaborate.linking import NetworkDefinition
from resdsl.elaborate.networks import build_network
from resdsl.elaborate.scope import Scope, Settings
from resdsl.elaborate.session import Session
from resdsl.elaborate.sweeps import NETWORK, SWEEP_QUANTITIES
from resdsl.elaborate.values import Value, describe
from resdsl.ir.network import Network
from resdsl.source import Span
from resdsl.sweeps.plan import MOST_CANDIDATES, Axis, Choice, Plan
from resdsl.sweeps.point import Point, default_name, point_text
from resdsl.sweeps.quantities import figure, training_memory
from resdsl.syntax import tree
from resdsl.syntax.mentions import names_in

_MOST_TRIED = 4
"""How many other values of an axis are tried to find out whether it causes a point to fail."""
_FAR = Fraction(1, 10)
"""The relative miss of the target above which a `solve` without a tolerance gives a warning."""
_Row = tuple[tuple[Choice, ...], ...]


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
    _missed: list[str] = field(default_factory=list)
    _far: list[str] = field(default_factory=list)
    _dropped: int = 0

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

    def points(self) -> Iterator[Point]:
        """The points in the order of the product, with the first axis the slowest.

        Raises:
            SpecError: a point cannot be built, a condition cannot be evaluated, or two points have the same name.
        """
        return (point for point, _ in self.built())

    def built(self) -> Iterator[tuple[Point, Network]]:
        """The points with their networks, which are not kept; raises the errors of `points`."""
        names: dict[str, Point] = {}
        self._missed, self._far, self._dropped = [], [], 0
        kept = 0
        for index, row in enumerate(product(*(axis.rows for axis in self.plan.axes))):
            found = self._at(index, row)
            if found is None:
                continue
            point = found[0]
            other = names.setdefault(point.name, point)
            if other is not point:
                raise SpecError([self._equal_names(point, other)])
            kept += 1
            yield found
        self._warn_of_what_is_left_out(kept)

    def network(self, point: Point) -> Network:
        """Rebuild the network of a point."""
        definition, overrides = self._definition(dict(point.parameters)), self.overrides(point)
        return build_network(definition, overrides, self.session).network

    def overrides(self, point: Point) -> dict[str, Override]:
        """The arguments and settings for the network of a point."""
        own = {name: Override(value) for name, value in point.parameters if name != NETWORK}
        return {**self.plan.fixed, **own}

    # ------------------------------------------------------------------------------------ one point

    def _at(self, index: int, row: _Row) -> tuple[Point, Network] | None:
        """The point at an index of the product, with its network; None if a condition leaves it out."""
        choices = {
            name: choice
            for axis, chosen in zip(self.plan.axes, row, strict=True)
            for name, choice in zip(axis.names, chosen, strict=True)
        }
        values: dict[str, Value] = {name: choice.value for name, choice in choices.items()}
        definition = self._definition(values)
        overrides = {name: Override(choice.value, choice.span) for name, choice in choices.items() if name != NETWORK}
        try:
            return self._completed(index, definition, values, {**self.plan.fixed, **overrides})
        except ProblemFound as refusal:
            place = self.plan.place
            way = (Instantiation(f"the point {point_text(values.items())}", place),) if place is not None else ()
            raise SpecError([refusal.problem.at(None, way)]) from None
        except SpecError as error:
            raise SpecError([self._to_blame(row, values, error.problems[0])]) from None

    def _completed(
        self, index: int, definition: NetworkDefinition, values: dict[str, Value], overrides: dict[str, Override]
    ) -> tuple[Point, Network] | None:
        known: dict[str, Value] = {NETWORK: definition.name, **values}
        if self.plan.unbound:
            bound = values_bound(definition, overrides, self.session)
            known.update({name: bound[name] for name in self.plan.unbound if name in bound})
        far: str | None = None
        scope = self._scope(known)
        if not all(truth(condition, scope) for condition in self.plan.conditions(tree.When)):
            return None
        if self.plan.solve is not None:
            solved = self._solved(self.plan.solve, definition, overrides, values, scope)
            if solved is None:
                return None
            value, far = solved
            known[self.plan.solve.name.text] = values[self.plan.solve.name.text] = value
            overrides[self.plan.solve.name.text] = Override(value, self.plan.solve.candidates.span)
        network, costs = self._network(definition, overrides)
        for name in self._figures_wanted:
            known[name] = figure(name, costs, network)
        after = self._scope(known)
        if not all(truth(condition, after) for condition in self.plan.conditions(tree.Keep)):
            if self.plan.solve is not None:
                self._dropped += 1
            return None
        if far is not None:
            self._far.append(far)
        parameters = tuple(values.items())
        template = self.plan.template
        name = default_name(definition.name, parameters) if template is None else text(template, after)
        if template is not None and not name.strip():
            raise after.refuse(errors.sweeps.NoName(), template.span)
        memory = training_memory(network, costs) if self.with_memory else 0
        return Point(index, name, definition.name, parameters, costs, memory), network

    def _scope(self, known: dict[str, Value]) -> Scope:
        """The scope in which a line of the sweep is evaluated, with the names it may use."""
        building = Building(self.session)
        return Scope(building, self.plan.module, known, Settings(), GraphBuilder(building))

    @cached_property
    def _figures_wanted(self) -> tuple[str, ...]:
        """Quantities used in the lines that are evaluated after building."""
        lines = (*self.plan.conditions(tree.Keep), *((self.plan.template,) if self.plan.template else ()))
        return tuple({name.text: None for name in names_in(lines) if name.text in SWEEP_QUANTITIES})

    def _network(self, definition: NetworkDefinition, overrides: Mapping[str, Override]) -> tuple[Network, Costs]:
        """A network with its costs, after checking its `expect` lines.

        Unlike `Spec.build`, it does not verify the network and drops the warnings about it, since a sweep may have
        thousands of points. `resdsl check` does both for a single one.
        """
        network, _, stated, _ = build_network(definition, overrides, self.session)
        costs = network_costs(network)
        if failed := failures(check_expectations(network, costs), stated):
            raise SpecError(failed)
        return network, costs

    def _definition(self, values: Mapping[str, Value]) -> NetworkDefinition:
        return self.plan.networks[str(values.get(NETWORK, ""))]

    # --------------------------------------------------------------------------------------- solving

    def _solved(
        self,
        solve: tree.Solve,
        definition: NetworkDefinition,
        overrides: dict[str, Override],
        values: dict[str, Value],
        scope: Scope,
    ) -> tuple[int, str | None] | None:
        """The integer whose cost is closest to the target; None, with a warning, if it is too far.

        Of two equally close integers, the smaller wins. If the target bounds the cost, only integers within the bound
        count, and for an upper bound the larger of two wins.

        The second item says how far the cost is from the target, if there is no tolerance and the integer is the
        smallest or the largest of several candidates.

        Every candidate is built, since costs need not grow with a parameter.
        """
        candidates = _candidates(solve, scope)
        goal = evaluate(solve.target, scope)
        if isinstance(goal, bool) or not isinstance(goal, int | float):
            raise scope.refuse(
                errors.values.WrongType(found_value=describe(goal), wanted="a number"), solve.target.span
            )
        target = Fraction(goal)
        best: _Solution | None = None
        nearest: _Solution | None = None
        for candidate in candidates:
            given = {**overrides, solve.name.text: Override(candidate, solve.candidates.span)}
            try:
                network = build_network(definition, given, self.session).network
            except SpecError as error:
                point = {**values, solve.name.text: candidate}
                raise SpecError([_with_candidate(error.problems[0], solve, point)]) from None
            actual = figure(solve.quantity.text, network_costs(network), network)
            found = _Solution(
                abs(actual - target), -candidate if solve.relation == "<=" else candidate, candidate, actual
            )
            nearest = found if nearest is None else min(nearest, found)
            if _is_within(actual, solve.relation, target):
                best = found if best is None else min(best, found)
        assert nearest is not None
        away, _, candidate, actual = best or nearest
        here = f"{actual:_} at {point_text({**values, solve.name.text: candidate}.items())}"
        if best is not None and (solve.within is None or away <= _tolerance(solve.within, target)):
            ends = solve.within is None and min(candidates) != max(candidates)
            ends = ends and candidate in (min(candidates), max(candidates))
            return candidate, here + _distance(actual, target) if ends and away > abs(target) * _FAR else None
        self._missed.append(here)
        return None

    # -------------------------------------------------------------------------------------- problems

    def _warn_of_what_is_left_out(self, kept: int) -> None:
        found: list[Problem] = []
        solve = self.plan.solve
        if self._missed and solve is not None:
            last = solve.within or solve.target
            wanted = Span(solve.span.source, solve.quantity.span.start, last.span.end).text
            missed = tuple(self._missed)
            bounded = solve.relation != "="
            found.append(
                errors.solving.TargetMissed(
                    span=last.span, name=solve.name.text, wanted=wanted, missed=missed, bounded=bounded
                )
            )
        if self._dropped and solve is not None:
            condition = self.plan.conditions(tree.Keep)[0]
            found.append(
                errors.solving.DroppedAfterSolve(
                    span=condition.span, name=solve.name.text, count=self._dropped, relation=solve.relation
                )
            )
        if self._far and solve is not None:
            wanted = Span(solve.span.source, solve.quantity.span.start, solve.target.span.end).text
            far = tuple(self._far)
            found.append(
                errors.solving.TargetFar(span=solve.candidates.span, name=solve.name.text, wanted=wanted, far=far)
            )
        if not kept:
            found.append(errors.sweeps.NoPointLeft(span=self.plan.place, name=self.name, count=self.size))
        self.warnings += [problem for problem in found if problem not in self.warnings]

    def _to_blame(self, row: _Row, values: dict[str, Value], reason: Problem) -> Problem:
        """The problem of a point, attributed to the value of an axis if other values there can be built."""
        if isinstance(reason, errors.sweeps.PointFails):
            return reason
        blamed = [
            (name, choice)
            for axis, chosen in zip(self.plan.axes, row, strict=True)
            for position, (name, choice) in enumerate(zip(axis.names, chosen, strict=True))
            if self._works_with(_others(axis, position), name, values)
        ]
        name, choice = blamed[0] if len(blamed) == 1 else (None, Choice(None))
        span = choice.span or reason.span or self.plan.place
        point = point_text(values.items())
        return errors.sweeps.PointFails(span=span, chain=reason.chain, point=point, axis=name, reason=reason)

    def _works_with(self, others: Iterable[Choice | None], name: str, values: dict[str, Value]) -> bool:
        """Whether the point can be built with another value of a parameter, or without it."""
        for other in others:
            changed = {**values, name: other.value} if other else {key: values[key] for key in values if key != name}
            if name == NETWORK and other is None:
                continue
            given = {name: Override(value) for name, value in changed.items() if name != NETWORK}
            if self.plan.solve is not None:
                # It may have no default, and no value was found for it.
                given.setdefault(self.plan.solve.name.text, Override(1))
            try:
                self._network(self._definition(changed), {**self.plan.fixed, **given})
            except SpecError:
                continue
            return True
        return False

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


def _others(axis: Axis, position: int) -> Iterable[Choice | None]:
    """The first and last values of a name on an axis, and None for the default of the network."""
    rows = (*axis.rows[:_MOST_TRIED], *axis.rows[_MOST_TRIED:][-_MOST_TRIED:])
    return (*(row[position] for row in rows), None)


def _candidates(solve: tree.Solve, scope: Scope) -> tuple[int, ...]:
    value = evaluate(solve.candidates, scope)
    found = tuple(item for item in value if type(item) is int) if isinstance(value, tuple) else ()
    if not isinstance(value, tuple) or len(found) != len(value):
        wanted = "a range or a list of integers"
        raise scope.refuse(errors.values.WrongType(found_value=describe(value), wanted=wanted), solve.candidates.span)
    if not found:
        raise scope.refuse(errors.sweeps.NoValues(name=solve.name.text), solve.candidates.span)
    if len(found) > MOST_CANDIDATES:
        problem = errors.files.LimitReached(what="values to be tried at each point", limit=MOST_CANDIDATES)
        raise scope.refuse(problem, solve.candidates.span)
    return found


class _Solution(NamedTuple):
    """A value tried by `solve`; better values sort first."""

    away: Fraction
    rank: int
    value: int
    cost: int


def _is_within(cost: int, relation: str, target: Fraction) -> bool:
    return relation == "=" or (cost <= target if relation == "<=" else cost >= target)


def _tolerance(within: tree.Within, target: Fraction) -> Fraction:
    number = Fraction(within.number.value)
    return abs(target) * number / 100 if within.percent else number


def _distance(actual: int, target: Fraction) -> str:
    """By how much a cost misses its target, as a percentage or, if it is large, as a factor."""
    if target <= 0:
        return ""
    factor = float(actual / target)
    return f" ({factor:.3g} times the target)" if factor >= 10 else f" ({100 * (factor - 1):+.1f} %)"


def _with_candidate(reason: Problem, solve: tree.Solve, names: Mapping[str, Value]) -> Problem:
    point, name = point_text(names.items()), solve.name.text
    return errors.sweeps.PointFails(
        span=solve.candidates.span, chain=reason.chain, point=point, axis=name, reason=reason, tried=True
    )
