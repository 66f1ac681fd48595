"""Costs one combination of values of a sweep: its parameter is solved for, its network built, its conditions asked.

What is found at a combination depends on nothing that was found at another, so that they can be costed in any order
and by any process. All networks are built in the same session, so that parts they share are built once. Costs are
counted on the network itself, after all its `expect` lines are checked, so every point in a table can also be built
with `build`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from resdsl.analysis.costs import Costs, network_costs
from resdsl.analysis.expectations import check_expectations, failures
from resdsl.diagnostics.problem import Instantiation, Problem, ProblemFound
from resdsl.diagnostics.spec_error import SpecError
from resdsl.elaborate import errors
from resdsl.elaborate.binding import Override, values_bound
from resdsl.elaborate.building import Building
from resdsl.elaborate.expressions import text, truth
from resdsl.elaborate.graph import GraphBuilder
from resdsl.elaborate.linking import NetworkDefinition
from resdsl.elaborate.networks import build_network
from resdsl.elaborate.scope import Scope, Settings
from resdsl.elaborate.session import Session
from resdsl.elaborate.sweep_names import DRAW, NETWORK, SWEEP_QUANTITIES
from resdsl.elaborate.values import Value
from resdsl.ir.network import Network
from resdsl.sweeps.canonical import network_hash
from resdsl.sweeps.ceilings import Ceilings, TooDear, ceilings_of
from resdsl.sweeps.plan import Axis, Choice, Plan
from resdsl.sweeps.point import Point, default_name, point_text
from resdsl.sweeps.quantities import figure, training_memory
from resdsl.sweeps.quick_conditions import QuickCondition
from resdsl.sweeps.sketching import OF_SKETCHES, make_room, session_of_sketches
from resdsl.sweeps.solving import Solution, solution
from resdsl.syntax import tree
from resdsl.syntax.mentions import names_in

_MOST_TRIED = 4
"""How many other values of an axis are tried to find out whether it causes a point to fail."""
Row = tuple[tuple[Choice, ...], ...]
"""For every axis, one value for each of its names."""


class Combination(NamedTuple):
    """Values for all parameters of a sweep.

    Attributes:
        place: its index among all combinations.
        row: the values of the axes.
        draw: the number of the draw that the other values come from, if any are drawn.
    """

    place: int
    row: Row
    draw: int | None = None


class Costed(NamedTuple):
    """What was found at a combination.

    Attributes:
        point: the point; None if it is left out.
        network: its network.
        solved: what `solve` found, if it was asked.
        known_digest: the hash of the network, if the network itself is elsewhere.
        left_out: the line that leaves it out: `when`, `solve` or `keep`.
    """

    point: Point | None = None
    network: Network | None = None
    solved: Solution | None = None
    known_digest: str = ""
    left_out: str | None = None

    @property
    def digest(self) -> str:
        """The hash of what the network computes; empty if it is not known."""
        return network_hash(self.network) if self.network is not None else self.known_digest


@dataclass(eq=False)
class Costing:
    """Costs the combinations of a sweep one by one.

    Attributes:
        plan: axes and conditions.
        session: the session with everything already built from the same text.
        with_memory: whether to count the memory of each point as well, which takes a quarter longer.
    """

    plan: Plan
    session: Session
    with_memory: bool = False
    _quick: list[QuickCondition] | None = None
    _sketches: Session | None = None

    def at(self, combination: Combination) -> Costed:
        """What is found at a combination.

        Raises:
            SpecError: its network cannot be built, or a line cannot be evaluated.
        """
        values = self.values(combination)
        surely = self._quick_look(values) if combination.draw is not None else None
        if surely is False:
            return Costed(left_out="when")
        self.session.make_room()
        overrides = {name: Override(value) for name, value in values.items() if name != NETWORK}
        for axis, chosen in zip(self.plan.axes, combination.row, strict=True):
            for name, choice in zip(axis.names, chosen, strict=True):
                if name != NETWORK:
                    overrides[name] = Override(choice.value, choice.span)
        try:
            return self._completed(combination, values, {**self.plan.fixed, **overrides}, surely is True)
        except ProblemFound as refusal:
            place = self.plan.place
            way = (Instantiation(f"the point {point_text(values.items())}", place),) if place is not None else ()
            raise SpecError([refusal.problem.at(None, way)]) from None
        except SpecError as error:
            raise SpecError([self._to_blame(combination.row, values, error.problems[0])]) from None

    def values(self, combination: Combination) -> dict[str, Value]:
        """The values of a combination by name, without what is solved for."""
        values = {
            name: choice.value
            for axis, chosen in zip(self.plan.axes, combination.row, strict=True)
            for name, choice in zip(axis.names, chosen, strict=True)
        }
        if self.plan.sampling is not None and combination.draw is not None:
            values.update(self.plan.sampling.values(combination.draw))
        return values

    def _completed(
        self, combination: Combination, values: dict[str, Value], overrides: dict[str, Override], first_holds: bool
    ) -> Costed:
        index, _, draw = combination
        definition = self.definition(values)
        known: dict[str, Value] = {NETWORK: definition.name, **values}
        if self.plan.unbound:
            bound = values_bound(definition, overrides, self.session)
            known.update({name: bound[name] for name in self.plan.unbound if name in bound})
        scope = self._scope(known)
        conditions = self.plan.conditions(tree.When)
        if not all(truth(condition, scope) for condition in (conditions[1:] if first_holds else conditions)):
            return Costed(left_out="when")
        solve, solved = self.plan.solve, None
        if solve is not None:
            solved = self._solved(solve, definition, overrides, values, scope)
            if not solved.fits:
                return Costed(solved=solved, left_out="solve")
            known[solve.name.text] = values[solve.name.text] = solved.value
            overrides[solve.name.text] = Override(solved.value, solve.candidates.span)
        if draw is not None and not self._may_stay(definition, overrides, known):
            return Costed(solved=solved, left_out="keep")
        network, costs = self._network(definition, overrides, self.session)
        for name in self._figures_wanted:
            known[name] = figure(name, costs, network)
        after = self._scope(known)
        if not all(truth(condition, after) for condition in self.plan.conditions(tree.Keep)):
            return Costed(solved=solved, left_out="keep")
        parameters = tuple(values.items())
        template = self.plan.template
        if draw is not None:
            known[DRAW] = draw
        name = self._default_name(definition, parameters, draw) if template is None else text(template, after)
        if template is not None and not name.strip():
            raise after.refuse(errors.sweeps.NoName(), template.span)
        memory = training_memory(network, costs) if self.with_memory else 0
        return Costed(Point(index, name, definition.name, parameters, costs, memory), network, solved)

    def _may_stay(
        self, definition: NetworkDefinition, overrides: Mapping[str, Override], known: Mapping[str, Value]
    ) -> bool:
        """Whether a sketch of the network passes the `keep` lines; True if they ask for more than a sketch has."""
        if not self._figures_of_keep or not set(self._figures_of_keep) <= OF_SKETCHES:
            return True
        if self._sketches is None:
            self._sketches = session_of_sketches(self.session.before_step)
        make_room(self._sketches)
        try:
            ceilings = Ceilings(self._ceilings) if self._ceilings else None
            network, costs = self._network(definition, overrides, self._sketches, ceilings)
        except TooDear:
            return False
        figures: dict[str, Value] = {name: figure(name, costs, network) for name in self._figures_of_keep}
        scope = self._scope({**known, **figures})
        return all(truth(condition, scope) for condition in self.plan.conditions(tree.Keep))

    def _quick_look(self, values: Mapping[str, Value]) -> bool | None:
        """Whether the first of the `when` lines holds; None if there is none, or the evaluator has to say so."""
        if self._quick is None:
            conditions = self.plan.conditions(tree.When)
            self._quick = [QuickCondition(condition, values) for condition in conditions[:1]]
        return self._quick[0].holds(values) if self._quick else None

    def _default_name(
        self, definition: NetworkDefinition, parameters: tuple[tuple[str, Value], ...], draw: int | None
    ) -> str:
        """The name of a point without a template; what was drawn is known from the number of the draw."""
        if self.plan.sampling is None:
            return default_name(definition.name, parameters)
        drawn = {axis.name for axis in self.plan.sampling.axes}
        others = [(name, value) for name, value in parameters if name not in drawn]
        return default_name(definition.name, [(DRAW, draw), *others])

    def _solved(
        self,
        solve: tree.Solve,
        definition: NetworkDefinition,
        overrides: Mapping[str, Override],
        values: Mapping[str, Value],
        scope: Scope,
    ) -> Solution:
        def cost(candidate: int) -> int:
            given = {**overrides, solve.name.text: Override(candidate, solve.candidates.span)}
            network = build_network(definition, given, self.session).network
            return figure(solve.quantity.text, network_costs(network), network)

        return solution(solve, values, scope, cost)

    def _scope(self, known: dict[str, Value]) -> Scope:
        """The scope in which a line of the sweep is evaluated, with the names it may use."""
        building = Building(self.session)
        return Scope(building, self.plan.module, known, Settings(), GraphBuilder(building))

    @cached_property
    def _figures_wanted(self) -> tuple[str, ...]:
        """Quantities used in the lines that are evaluated after building."""
        lines = (*self.plan.conditions(tree.Keep), *((self.plan.template,) if self.plan.template else ()))
        return tuple({name.text: None for name in names_in(lines) if name.text in SWEEP_QUANTITIES})

    @cached_property
    def _figures_of_keep(self) -> tuple[str, ...]:
        """Quantities used in the `keep` lines."""
        names = names_in(self.plan.conditions(tree.Keep))
        return tuple({name.text: None for name in names if name.text in SWEEP_QUANTITIES})

    @cached_property
    def _ceilings(self) -> dict[str, int | float]:
        """The most that a network may cost, for those that are drawn: all others are built to the end."""
        if self.plan.sampling is None:
            return {}
        return ceilings_of(self.plan.conditions(tree.Keep), self.plan.module)

    def _network(
        self,
        definition: NetworkDefinition,
        overrides: Mapping[str, Override],
        session: Session,
        ceilings: Ceilings | None = None,
    ) -> tuple[Network, Costs]:
        """A network with its costs, after checking its `expect` lines.

        Unlike `Spec.build`, it does not verify the network and drops the warnings about it, since a sweep may have
        thousands of points. `resdsl check` does both for a single one.
        """
        network, _, stated, _ = build_network(definition, overrides, session, ceilings)
        costs = network_costs(network)
        if failed := failures(check_expectations(network, costs), stated):
            raise SpecError(failed)
        return network, costs

    def definition(self, values: Mapping[str, Value]) -> NetworkDefinition:
        """The network that is built for these values."""
        return self.plan.networks[str(values.get(NETWORK, ""))]

    # -------------------------------------------------------------------------------------- problems

    def _to_blame(self, row: Row, values: dict[str, Value], reason: Problem) -> Problem:
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
                self._network(self.definition(changed), {**self.plan.fixed, **given}, self.session)
            except SpecError:
                continue
            return True
        return False


def _others(axis: Axis, position: int) -> Iterable[Choice | None]:
    """The first and last values of a name on an axis, and None for the default of the network."""
    rows = (*axis.rows[:_MOST_TRIED], *axis.rows[_MOST_TRIED:][-_MOST_TRIED:])
    return (*(row[position] for row in rows), None)
