"""From the lines of a sweep to its axes: values evaluated, lengths checked, nothing built yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from resdsl.diagnostics.problem import ProblemFound
from resdsl.diagnostics.spec_error import SpecError
from resdsl.elaborate import errors
from resdsl.elaborate.binding import Override
from resdsl.elaborate.building import Building
from resdsl.elaborate.dispatch import evaluate
from resdsl.elaborate.graph import GraphBuilder
from resdsl.elaborate.linking import Module, NetworkDefinition
from resdsl.elaborate.scope import SETTINGS, Scope, Settings
from resdsl.elaborate.session import Session
from resdsl.elaborate.sweeps import NETWORK, check_sweep, network_named, network_names, networks_of, parameters_of
from resdsl.elaborate.values import Dims, Value, describe
from resdsl.source import Span
from resdsl.syntax import tree
from resdsl.syntax.mentions import names_in

MOST_POINTS = 1_000_000
MOST_CANDIDATES = 10_000
"""Values that a `solve` may try at each point."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of an axis, and where it stands."""

    value: Value
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Axis:
    """What changes from point to point: one parameter, or several in step.

    Attributes:
        names: its parameters.
        rows: its values, each a value for every name.
        span: where it stands.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[Choice, ...], ...]
    span: Span


@dataclass(frozen=True)
class Plan:
    """A sweep whose axes have their values.

    Attributes:
        node: the lines.
        axes: the axes, the slowest first.
        networks: the networks by the names that its points have for them.
        fixed: what all points are given.
        unbound: parameters of the networks that the lines speak of although no axis gives them.
    """

    node: tree.SweepLines
    module: Module
    axes: tuple[Axis, ...]
    networks: Mapping[str, NetworkDefinition]
    fixed: Mapping[str, Override]
    unbound: frozenset[str]

    @property
    def size(self) -> int:
        """Points of the product."""
        return prod(len(axis.rows) for axis in self.axes)

    @property
    def place(self) -> Span | None:
        """Where the sweep stands: its name in the text, or else the first line that was asked for."""
        spans = (self.node.name.span, *(line.span for line in self.node.lines))
        return next((span for span in spans if span.end > span.start), None)

    @property
    def solve(self) -> tree.Solve | None:
        """What is solved for."""
        return next((line for line in self.node.lines if isinstance(line, tree.Solve)), None)

    @property
    def template(self) -> tree.StringLiteral | None:
        """How points are named."""
        return next((line.template for line in self.node.lines if isinstance(line, tree.Named)), None)

    @property
    def may_leave_out(self) -> bool:
        """Whether there may be fewer points than those of the product."""
        narrow = self.solve is not None and (self.solve.within is not None or self.solve.relation != "=")
        return narrow or any(isinstance(line, tree.When | tree.Keep) for line in self.node.lines)

    def conditions(self, kind: type[tree.When] | type[tree.Keep]) -> tuple[tree.Expression, ...]:
        """The conditions of one kind, in the order of the text."""
        return tuple(line.condition for line in self.node.lines if isinstance(line, kind))


def read_plan(node: tree.SweepLines, module: Module, session: Session, fixed: Mapping[str, Override]) -> Plan:
    """The plan of a sweep.

    Args:
        node: its lines.
        module: where names are looked up.
        session: what was built from the same text.
        fixed: values that all points are given.

    Raises:
        SpecError: with every problem of the lines, or the first of their values.
    """
    problems = [problem for problem in check_sweep(node, module) if problem.severity == "error"]
    if problems:
        raise SpecError(problems)
    building = Building(session)
    scope = Scope(building, module, {}, Settings(), GraphBuilder(building))
    try:
        networks = networks_of(node, module)
        axes = tuple(axis for line in node.lines for axis in _axes(line, scope))
        _refuse_fixed(axes, node, fixed)
        _refuse_unknown(networks, fixed)
    except ProblemFound as refusal:
        raise SpecError([refusal.problem]) from None
    plan = Plan(node, module, axes, _by_name(node, module), fixed, _unbound(node, networks))
    _refuse_too_many(axes)
    return plan


def _refuse_too_many(axes: tuple[Axis, ...]) -> None:
    size = 1
    for axis in axes:
        size *= len(axis.rows)
        if size > MOST_POINTS:
            raise SpecError([errors.files.LimitReached(span=axis.span, what="points", limit=MOST_POINTS)])


def _axes(line: tree.SweepLine, scope: Scope) -> list[Axis]:
    if isinstance(line, tree.Over):
        return [
            Axis((axis.name.text,), tuple((one,) for one in _choices(axis, scope)), axis.span) for axis in line.axes
        ]
    if not isinstance(line, tree.Together):
        return []
    columns = [_choices(axis, scope) for axis in line.axes]
    first = line.axes[0]
    for axis, column in zip(line.axes[1:], columns[1:], strict=True):
        if len(column) != len(columns[0]):
            problem = errors.sweeps.NotInStep(
                span=axis.values.span,
                name=axis.name.text,
                count=len(column),
                other=first.name.text,
                wanted=len(columns[0]),
                first=first.values.span,
            )
            raise ProblemFound(problem)
    names = tuple(axis.name.text for axis in line.axes)
    return [Axis(names, tuple(zip(*columns, strict=True)), line.span)]


def _choices(axis: tree.AxisValues, scope: Scope) -> tuple[Choice, ...]:
    """The values of an axis, each with its place where it is written out."""
    if axis.name.text == NETWORK:
        found = tuple(Choice(name.text, name.span) for name in network_names(axis))
    elif isinstance(axis.values, tree.Items):
        found = tuple(Choice(evaluate(item, scope), item.span) for item in axis.values.items)
    else:
        value = evaluate(axis.values, scope)
        if not isinstance(value, tuple) or isinstance(value, Dims):
            raise scope.refuse(
                errors.values.WrongType(found_value=describe(value), wanted="a list of values"), axis.values.span
            )
        found = tuple(Choice(item, axis.values.span) for item in value)
    if not found:
        raise ProblemFound(errors.sweeps.NoValues(span=axis.span, name=axis.name.text))
    return found


def _by_name(node: tree.SweepLines, module: Module) -> dict[str, NetworkDefinition]:
    """The networks by what the axis calls them; the one of all points under no name."""
    found: dict[str, NetworkDefinition] = {}
    for line in node.lines:
        if isinstance(line, tree.Swept):
            found[""] = network_named(line.network, module)
        elif isinstance(line, tree.Over | tree.Together):
            for axis in line.axes:
                names = network_names(axis) if axis.name.text == NETWORK else ()
                found.update({name.text: network_named(name, module) for name in names})
    return found


def _unbound(node: tree.SweepLines, networks: tuple[NetworkDefinition, ...]) -> frozenset[str]:
    spoken = {name.parts[0] for line in node.lines for name in names_in(_expressions(line))}
    given = {parameter for network in networks for parameter in parameters_of(network)} | {*SETTINGS}
    bound = {name for line in node.lines for name in _bound(line)}
    return frozenset((spoken & given) - bound)


def _expressions(line: tree.SweepLine) -> tuple[tree.Node, ...]:
    match line:
        case tree.When() | tree.Keep():
            return (line.condition,)
        case tree.Named():
            return (line.template,)
        case tree.Solve():
            return (line.candidates, line.target)
    return ()


def _bound(line: tree.SweepLine) -> tuple[str, ...]:
    if isinstance(line, tree.Solve):
        return (line.name.text,)
    return tuple(axis.name.text for axis in line.axes) if isinstance(line, tree.Over | tree.Together) else ()


def _refuse_unknown(networks: tuple[NetworkDefinition, ...], fixed: Mapping[str, Override]) -> None:
    """What all points are given is a parameter of one of the networks at least."""
    known = dict.fromkeys(parameter for network in networks for parameter in parameters_of(network))
    for name, override in fixed.items():
        if name in known or name in SETTINGS or name == "input":
            continue
        callee = f"the network `{networks[0].name}`"
        taken = (*known, *SETTINGS, "input")
        raise ProblemFound(errors.values.UnknownArgument(span=override.span, name=name, callee=callee, known=taken))


def _refuse_fixed(axes: tuple[Axis, ...], node: tree.SweepLines, fixed: Mapping[str, Override]) -> None:
    """What all points are given is no axis as well."""
    for line in node.lines:
        for name in _bound(line):
            if name in fixed:
                raise ProblemFound(
                    errors.names.NameGivenTwice(span=fixed[name].span or line.span, name=name, first=line.span)
                )
