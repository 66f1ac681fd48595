"""Binds every parameter on the way from the requested network down to the definition that it is based on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from resdsl.diagnostics.problem import Instantiation, Problem, ProblemFound
from resdsl.diagnostics.spec_error import SpecError
from resdsl.elaborate import errors
from resdsl.elaborate.building import MOST_LEVELS, Building
from resdsl.elaborate.dispatch import evaluate
from resdsl.elaborate.expressions import same
from resdsl.elaborate.graph import GraphBuilder
from resdsl.elaborate.linking import Module, NetworkDefinition
from resdsl.elaborate.scope import SETTINGS, Scope, Settings, Unset
from resdsl.elaborate.session import Session
from resdsl.elaborate.settings import PARTS, fitting, set_at
from resdsl.elaborate.values import Bound, Dims, Value, describe, to_arguments
from resdsl.elaborate.variants import VariantDifference, read_difference
from resdsl.ir.network import INPUT, Argument, Tap
from resdsl.ops.registry import op_named
from resdsl.resources import shipped_specs
from resdsl.source import Span
from resdsl.syntax import tree


@dataclass(frozen=True)
class Override:
    """A value given from outside: `--set`, `--input`, an argument in Python, a point of a sweep.

    Attributes:
        value: the value, or an expression in the names of the network's file.
        span: where it was written, if anywhere.
    """

    value: Value | tree.Expression
    span: Span | None = None


@dataclass
class Level:
    """One definition on the way from the requested network to its base."""

    definition: NetworkDefinition
    scope: Scope
    difference: VariantDifference | None
    has_own_arguments: bool = True


@dataclass
class Top:
    """What only the top of a network has; available through the scope's building.

    Attributes:
        given_inputs: shapes of inputs that are given from outside, by name, with their places.
        stated_input: the shape of the input without a name, if a parameter gives it.
        taps: the outputs so far, without the last.
        tapped: the names of outputs, including the last if it is given one.
        last: the last output, if a statement names it; `last_span` is the place of the statement.
    """

    levels: list[Level]
    given_inputs: dict[str, tuple[Dims, Span | None]]
    stated_input: Dims | None = None
    taps: list[Tap] = field(default_factory=list)
    tapped: set[str] = field(default_factory=set)
    last: Tap | None = None
    last_span: Span | None = None
    checks: list[tuple[tree.Expect, Scope]] = field(default_factory=list)


def input_named(key: str) -> str | None:
    """The input that an override replaces: `input` is that without a name, `input.rgb` the one called `rgb`."""
    first, _, name = key.partition(".")
    return (name or INPUT) if first == INPUT else None


def bind_levels(
    definition: NetworkDefinition, overrides: dict[str, Override], building: Building, graph: GraphBuilder
) -> tuple[list[Level], tuple[Argument, ...], Value]:
    """The chain from the requested network down to its base, parameters bound; all arguments; a declared `input`."""
    given = {name: override for name, override in overrides.items() if input_named(name) is None}
    levels: list[Level] = []
    arguments: dict[str, Value] = {}
    defaults = Settings(norm=Bound(op_named("bn")), act=Bound(op_named("relu")))
    current, outside = definition, definition.module
    met: list[NetworkDefinition] = []
    while True:
        if current in met:
            raise ProblemFound(errors.networks.VariantCycle(span=current.node.name.span, name=current.name))
        if len(met) >= MOST_LEVELS:
            what = "variants of variants"
            raise ProblemFound(errors.files.LimitReached(span=definition.node.name.span, what=what, limit=MOST_LEVELS))
        met.append(current)
        scope = Scope(building, current.module, {}, defaults, graph, chain=_way_to(current, levels))
        level = Level(current, scope, None)
        changed = _bind_parameters(level, given, outside, arguments)
        levels.append(level)
        for outer in levels:
            outer.has_own_arguments = outer.has_own_arguments and not changed.user
        level.has_own_arguments = level.has_own_arguments and not changed.any
        if isinstance(current.node, tree.Definition):
            level.scope.settings = _settings(level, given, outside, levels)
            _refuse_leftovers(given, current)
            _read_differences(levels)
            passed = given.get("input")
            declared = value_of(passed, scope, outside) if passed else scope.names.get("input")
            return levels, to_arguments(tuple(arguments.items())), declared
        _pass_on(current.node.arguments, given, level)
        current = _base(current)


def values_bound(
    definition: NetworkDefinition, overrides: Mapping[str, Override], session: Session
) -> dict[str, Value]:
    """All parameters of a network, and the settings at its top, by name. Nothing is built.

    Raises:
        SpecError: an expression has no value, or there is no such parameter.
    """
    building = Building(session)
    try:
        levels, _, _ = bind_levels(definition, dict(overrides), building, GraphBuilder(building))
    except ProblemFound as refusal:
        raise SpecError([refusal.problem]) from None
    settings = zip(SETTINGS, levels[-1].scope.settings, strict=True)
    names: dict[str, Value] = {name: value for name, value in settings if not isinstance(value, Unset)}
    for level in reversed(levels):
        names.update(level.scope.names)
    return names


def _read_differences(levels: list[Level]) -> None:
    """Read what each variant changes; a variant sees the parameters of its base, bound or not."""
    base = levels[-1].scope
    names = dict(base.names)
    for level in reversed(levels[:-1]):
        names = level.scope.names = {**names, **level.scope.names}
        level.scope.settings = base.settings
        level.scope.tracked = base.tracked
        node = cast(tree.Variant, level.definition.node)
        if node.body is not None:
            level.difference = read_difference(level.definition.name, node.body, level.scope)


@dataclass
class _Changed:
    user: bool = False
    any: bool = False


def _bind_parameters(
    level: Level, given: dict[str, Override], outside: Module, arguments: dict[str, Value]
) -> _Changed:
    """Give the level's parameters their values, removing them from `given`."""
    changed = _Changed()
    scope, node = level.scope, level.definition.node
    for parameter in node.parameters:
        name = parameter.name
        default = evaluate(parameter.default, scope) if parameter.default is not None else None
        override = given.pop(name, None)
        if override is None and parameter.default is None and name in SETTINGS and _inherits(name, scope):
            default = getattr(scope.settings, name)
        elif override is None and parameter.default is None and name != "input":
            problem = errors.arguments.MissingArgument(name=name, callee=f"the network `{level.definition.name}`")
            raise ProblemFound(problem.at(parameter.span))
        if override is None:
            value = default
            set_at(name, value, parameter.default.span if parameter.default else None, scope.building)
        else:
            value = _given(name, override, scope, outside, default)
            if parameter.default is None or not same(value, default):
                changed.any = True
                changed.user = changed.user or not isinstance(override, Passed)
        scope.names[name] = arguments[name] = value
        if isinstance(value, tuple) and not isinstance(value, Dims):
            scope.tracked[name] = set()
    return changed


def _inherits(name: str, scope: Scope) -> bool:
    """Whether a setting that is declared without a value has a default in the language."""
    return not isinstance(getattr(scope.settings, name), Unset)


@dataclass(frozen=True)
class Passed(Override):
    """An argument that a variant passes to its base, with the scope in which it is read."""

    scope: Scope | None = None


def value_of(override: Override, scope: Scope, outside: Module) -> Value:
    """The value that was given, evaluated with the names of the place where it was written."""
    if not isinstance(override.value, tree.Node):
        return override.value
    reading = override.scope if isinstance(override, Passed) and override.scope else None
    if reading is None:
        reading = Scope(scope.building, outside, {}, scope.settings, scope.graph)
    return evaluate(override.value, reading)


def _given(name: str, override: Override, scope: Scope, outside: Module, default: Value | None = None) -> Value:
    """The value that was given for a parameter or a setting; for a setting, the place is remembered.

    Raises:
        ProblemFound: it has no value; for an unknown name, with the values that the setting could have, or with the
            default of the parameter.
    """
    try:
        value = value_of(override, scope, outside)
    except ProblemFound as refusal:
        problem = refusal.problem
        if name in SETTINGS and isinstance(problem, errors.names.UnknownName) and isinstance(override.value, tree.Name):
            problem = replace(problem, known=(*fitting(name, outside), "none"), what=PARTS[name])
        elif isinstance(problem, errors.names.UnknownName) and default is not None:
            problem = replace(problem, usual=f"the default of `{name}` is {describe(default)}")
        raise ProblemFound(problem) from None
    set_at(name, value, override.span, scope.building)
    return value


def _pass_on(arguments: tuple[tree.CallArgument, ...], given: dict[str, Override], level: Level) -> None:
    """What a variant gives its base: its arguments, and those of its parameters that have the name of a setting."""
    bound: set[str] = set()
    for argument in arguments:
        name = argument.name
        if name is None:
            raise level.scope.refuse(errors.networks.PositionalInVariant(), argument.span)
        if name in bound:
            raise level.scope.refuse(errors.arguments.ArgumentGivenTwice(name=name), argument.span)
        if name in given:
            raise ProblemFound(
                errors.networks.BoundByVariant(span=given[name].span, name=name, variant=level.definition.name)
            )
        bound.add(name)
        given[name] = Passed(argument.value, argument.span, level.scope)
    for name in (*SETTINGS, "input"):
        if name in level.scope.names:
            given.setdefault(name, Passed(level.scope.names[name], None, level.scope))


def _settings(level: Level, given: dict[str, Override], outside: Module, levels: list[Level]) -> Settings:
    """Settings at the top: declared parameters, then those that are given without being declared."""
    scope = level.scope
    settings = scope.settings
    for name in SETTINGS:
        if name in scope.names:
            settings = settings._replace(**{name: scope.names[name]})
        elif name in given:
            override = given.pop(name)
            settings = settings._replace(**{name: _given(name, override, scope, outside)})
            level.has_own_arguments = False
            if not isinstance(override, Passed):
                for outer in levels:
                    outer.has_own_arguments = False
    return settings


def _refuse_leftovers(given: dict[str, Override], base: NetworkDefinition) -> None:
    for name, override in given.items():
        if name == "input":
            continue
        known = (*(parameter.name for parameter in base.node.parameters), *SETTINGS, "input")
        problem: Problem = errors.arguments.UnknownArgument(
            span=override.span, name=name, callee=f"the network `{base.name}`", known=known
        )
        raise ProblemFound(problem)


def _base(variant: NetworkDefinition) -> NetworkDefinition:
    node = cast(tree.Variant, variant.node)
    found: object = variant.module
    for part in node.base.parts:
        found = found.find(part) if isinstance(found, Module) else None
    if isinstance(found, NetworkDefinition):
        return found
    known = tuple(network.name for network in variant.module.networks if network is not variant)
    if found is None:
        problem = errors.names.UnknownName(
            span=node.base.span, name=node.base.text, known=known, what="network", shipped=shipped_with(node.base.text)
        )
        raise ProblemFound(problem)
    raise ProblemFound(errors.networks.NotANetwork(span=node.base.span, name=node.base.text))


def shipped_with(name: str) -> str | None:
    """The shipped file that defines a network of that name."""
    defines = re.compile(rf"^network {re.escape(name)}\b", re.MULTILINE)
    for path in shipped_specs():
        if defines.search(path.read_text(encoding="utf-8")):
            return path.name
    return None


def _way_to(network: NetworkDefinition, levels: list[Level]) -> tuple[Instantiation, ...]:
    """For messages: the variants through which a network was requested."""
    if not levels:
        return ()
    variant = cast(tree.Variant, levels[-1].definition.node)
    return (Instantiation(f"network {network.name}", variant.base.span), *levels[-1].scope.chain)
