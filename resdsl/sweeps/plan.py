"""Evaluates the lines of a sweep into its axes and checks them, without building any network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from resdsl.diagnostics.problem import ProblemFound
from resdsl.diagnostics.spec_error import SpecError
from resdsl.elaborate import errors
from resdsl.elaborate.binding import Override, input_named
from resdsl.elaborate.building import Building
from resdsl.elaborate.dispatch import evaluate
from resdsl.elaborate.graph import GraphBuilder
from resdsl.elaborate.linking import Module, NetworkDefinition
from resdsl.elaborate.scope import SETTINGS, Scope, Settings
from resdsl.elaborate.session import Session
from resdsl.elaborate.sweep_names import NETWORK
from resdsl.elaborate.sweeps import check_sweep, names_bound, network_named, network_names, networks_of, parameters_of
from resdsl.elaborate.values import Dims, Value, describe
from resdsl.source import Span
from resdsl.sweeps.drawing import Sampling, read_sampling
from resdsl.syntax import tree
from resdsl.syntax.mentions import names_in

MOST_POINTS = 1_000_000
MOST_CANDIDATES = 10_000
"""The maximum number of values that a `solve` may try at each point."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of an axis and its position in the text."""

    value: Value
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis of a sweep: one parameter that changes from point to point, or several in step.

    Attributes:
        names: its parameters.
        rows: its values, each with one value for every name.
        span: its position in the text.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[Choice, ...], ...]
    span: Span


@dataclass(frozen=True)
class Plan:
    """A sweep with evaluated axes.

    Attributes:
        node: the lines.
        axes: the axes, the slowest first.
        networks: the networks, by the names that its points use for them.
        fixed: the values given to all points.
        unbound: parameters of the networks that the lines use although no axis sets them.
        sampling: what is drawn at each point of the product; None if nothing is.
    """

    node: tree.SweepLines
    module: Module
    axes: tuple[Axis, ...]
    networks: Mapping[str, NetworkDefinition]
    fixed: Mapping[str, Override]
    unbound: frozenset[str]
    sampling: Sampling | None = None

    @property
    def size(self) -> int:
        """The number of points of the product, times the number of points that are drawn at each."""
        return prod(len(axis.rows) for axis in self.axes) * (self.sampling.count if self.sampling else 1)

    @property
    def place(self) -> Span | None:
        """The position of the sweep: its name in the text, or else the first line of the request."""
        spans = (self.node.name.span, *(line.span for line in self.node.lines))
        return next((span for span in spans if span.end > span.start), None)

    @property
    def solve(self) -> tree.Solve | None:
        """The `solve` line, if there is one."""
        return next((line for line in self.node.lines if isinstance(line, tree.Solve)), None)

    @property
    def template(self) -> tree.StringLiteral | None:
        """The template for names of points, if there is one."""
        return next((line.template for line in self.node.lines if isinstance(line, tree.Named)), None)

    @property
    def may_leave_out(self) -> bool:
        """Whether points of the product may be left out."""
        narrow = self.solve is not None and (self.solve.within is not None or self.solve.relation != "=")
        return narrow or any(isinstance(line, tree.When | tree.Keep) for line in self.node.lines)

    def conditions(self, kind: type[tree.When] | type[tree.Keep]) -> tuple[tree.Expression, ...]:
        """The conditions of one kind, in the order of the text."""
        return tuple(line.condition for line in self.node.lines if isinstance(line, kind))


def read_plan(node: tree.SweepLines, module: Module, session: Session, fixed: Mapping[str, Override]) -> Plan:
    """The plan of a sweep.

    Args:
        node: its lines.
        module: the module in which names are looked up.
        session: the session with everything already built from the same text.
        fixed: values given to all points.

    Raises:
        SpecError: with every problem of the lines, or the first of their values.
    """
    # Sweeps of the text were checked when it was read; these lines may be those of a request, or joined with them.
    problems = [problem for problem in check_sweep(node, module) if problem.severity == "error"]
    if problems:
        raise SpecError(problems)
    building = Building(session)
    scope = Scope(building, module, {}, Settings(), GraphBuilder(building))
    try:
        networks = networks_of(node, module)
        axes = tuple(axis for line in node.lines for axis in _axes(line, scope))
        sampling = read_sampling(node.lines, scope, MOST_POINTS)
        _refuse_fixed(node, fixed)
        _refuse_unknown(networks, fixed)
    except ProblemFound as refusal:
        raise SpecError([refusal.problem]) from None
    _refuse_too_many(axes, sampling)
    return Plan(node, module, axes, _by_name(node, module), fixed, _unbound(node, networks), sampling)


def _refuse_too_many(axes: tuple[Axis, ...], sampling: Sampling | None) -> None:
    size = sampling.count if sampling else 1
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
    """The values of an axis, each with its position if it is written out."""
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
    """The networks by their names on the axis; a network common to all points has an empty name."""
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
    several = tree.Over | tree.Together | tree.Draw
    return tuple(axis.name.text for axis in line.axes) if isinstance(line, several) else ()


def _refuse_unknown(networks: tuple[NetworkDefinition, ...], fixed: Mapping[str, Override]) -> None:
    """Refuse a fixed value that is not a parameter of any of the networks."""
    known = dict.fromkeys(parameter for network in networks for parameter in parameters_of(network))
    for name, override in fixed.items():
        if name in known or name in SETTINGS or input_named(name) is not None:
            continue
        callee = f"the network `{networks[0].name}`"
        taken = (*known, *SETTINGS, "input")
        raise ProblemFound(errors.arguments.UnknownArgument(span=override.span, name=name, callee=callee, known=taken))


def _refuse_fixed(node: tree.SweepLines, fixed: Mapping[str, Override]) -> None:
    """Refuse a fixed value for a parameter that the sweep sets."""
    for name in names_bound(node):
        if name.text in fixed:
            span = fixed[name.text].span or name.span
            raise ProblemFound(
                errors.sweeps.ParameterSetTwice(span=span, name=name.text, first=name.span, is_fixed=True)
            )
