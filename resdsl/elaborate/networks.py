"""Networks: the top of elaboration.

A network is run like a body, with what only networks have: an input, taps, expectations, and the
differences of the variants that lie between the definition and what was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from resdsl.diagnostics.problem import Frame, Problem, Refusal, SpecError
from resdsl.elaborate import errors
from resdsl.elaborate.counting import count_blocks, mentions
from resdsl.elaborate.expressions import evaluate, same, truth
from resdsl.elaborate.graph import Graph, warn_of_dead
from resdsl.elaborate.library import Module, NetworkDefinition
from resdsl.elaborate.scope import SETTINGS, Scope, Settings
from resdsl.elaborate.session import MOST_LEVELS, Session
from resdsl.elaborate.statements import run_body
from resdsl.elaborate.values import Bound, Dims, Flow, Value, to_arguments, told
from resdsl.elaborate.variants import Difference, Overlays, read_difference
from resdsl.ir.network import INPUT, Argument, Expectation, NamedShape, Network, Place, Tap
from resdsl.ops.registry import op_named
from resdsl.source import Span
from resdsl.syntax import tree

QUANTITIES = ("depth", "params", "macs", "flops", "activations")
"""What `expect` may speak of."""
_OF_THE_INPUT = ("macs", "flops", "activations")
_ANOTHER_INPUT = "the input is not the one in the text"


@dataclass(frozen=True)
class Override:
    """A value given from outside: `--set`, `--input`, an argument in Python, a point of a sweep.

    Attributes:
        value: the value, or the expression that yields it in the names of the network's file.
        span: where it was written, if it was.
    """

    value: Value | tree.Expression
    span: Span | None = None


@dataclass
class _Level:
    """One definition on the way from what was asked for to the base."""

    definition: NetworkDefinition
    scope: Scope
    difference: Difference | None
    as_written: bool = True


@dataclass
class _Top:
    """What only the top of a network has; reached through the scope's session while it is built."""

    levels: list[_Level]
    forced_input: tuple[Dims, Span | None] | None
    stated_input: Dims | None = None
    input: Flow | None = None
    taps: list[Tap] = field(default_factory=list)
    checks: list[tuple[tree.Expect, Scope]] = field(default_factory=list)


def build_network(definition: NetworkDefinition, overrides: Mapping[str, Override], session: Session) -> Network:
    """The network of a definition.

    Args:
        definition: the network or variant.
        overrides: values of its parameters and settings, and `input`.
        session: what was built from the same text before.

    Raises:
        SpecError: with every problem found.
    """
    session.begin()
    try:
        network = _build(definition, dict(overrides), session)
    except Refusal as refusal:
        session.problems.append(refusal.problem)
        network = None
    except RecursionError:
        span = definition.node.name.span
        raise SpecError([errors.LimitReached(span=span, what="expressions within each other", limit=500)]) from None
    if session.problems or network is None:
        raise SpecError(session.problems)
    return network


def _build(definition: NetworkDefinition, overrides: dict[str, Override], session: Session) -> Network | None:
    graph = Graph(session)
    levels, arguments, declared = _levels(definition, overrides, session, graph)
    base = levels[-1]
    top = _Top(levels, _forced_input(overrides, base.scope))
    if declared is not None:
        top.stated_input = _as_dims(declared, base.scope, None)
    session.top = top
    base.scope.overlays = Overlays([level.difference for level in reversed(levels) if level.difference])
    node = cast(tree.Definition, base.definition.node)
    if mentions(levels_nodes(levels), "block_count"):
        session.block_count = count_blocks(node.body, base.scope)
    if not _states_input(node.body):
        _begin(top, base.scope, None)
    run_body(node.body, base.scope)
    _finish_differences(base.scope)
    _refuse_unread_items(base.scope)
    if session.problems or base.scope.current is None or top.input is None:
        if not session.problems:
            raise base.scope.refuse(errors.NoInput(), node.name.span)
        return None
    warn_of_dead(graph, (*(tap.value for tap in top.taps), base.scope.current.name), ())
    expectations = _expectations(top, session)
    return Network(
        name=definition.name,
        arguments=arguments,
        settings=_settings_record(base.scope.settings),
        inputs=(NamedShape(name=INPUT, shape=top.input.shape),),
        nodes=tuple(graph.nodes),
        outputs=(*top.taps, Tap(name="output", value=base.scope.current.name)),
        expectations=tuple(expectations),
    )


def levels_nodes(levels: list[_Level]) -> tuple[tree.Node, ...]:
    """The definitions of all levels."""
    return tuple(level.definition.node for level in levels)


# ------------------------------------------------------------------------------------- parameters


def _levels(
    definition: NetworkDefinition, overrides: dict[str, Override], session: Session, graph: Graph
) -> tuple[list[_Level], tuple[Argument, ...], Value]:
    """The chain from what was asked for down to the base, parameters bound; all arguments; a declared `input`."""
    given = {name: override for name, override in overrides.items() if name != "input"}
    levels: list[_Level] = []
    arguments: dict[str, Value] = {}
    defaults = Settings(norm=Bound(op_named("bn")), act=Bound(op_named("relu")))
    current, outside = definition, definition.module
    seen: list[NetworkDefinition] = []
    while True:
        if current in seen:
            raise Refusal(errors.VariantCycle(span=current.node.name.span, name=current.name))
        if len(seen) >= MOST_LEVELS:
            what = "variants of variants"
            raise Refusal(errors.LimitReached(span=definition.node.name.span, what=what, limit=MOST_LEVELS))
        seen.append(current)
        scope = Scope(session, current.module, {}, defaults, graph, chain=_way_to(current, levels))
        level = _Level(current, scope, None)
        changed = _bind_parameters(level, given, outside, arguments)
        levels.append(level)
        for outer in levels:
            outer.as_written = outer.as_written and not changed.user
        level.as_written = level.as_written and not changed.any
        if isinstance(current.node, tree.Definition):
            level.scope.settings = _settings(level, given, outside, levels)
            _refuse_leftovers(given, current)
            _read_differences(levels)
            passed = given.get("input")
            declared = _value(passed, scope, outside) if passed else scope.names.get("input")
            return levels, to_arguments(tuple(arguments.items())), declared
        _pass_on(current.node.arguments, given, level)
        current = _base(current)


def _way_to(network: NetworkDefinition, levels: list[_Level]) -> tuple[Frame, ...]:
    """For messages: which variant asked for a network."""
    if not levels:
        return ()
    variant = cast(tree.Variant, levels[-1].definition.node)
    return (Frame(f"network {network.name}", variant.base.span), *levels[-1].scope.chain)


def _read_differences(levels: list[_Level]) -> None:
    """Read what each variant changes; it sees the parameters of what it is made of, bound or not."""
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
    level: _Level, given: dict[str, Override], outside: Module, arguments: dict[str, Value]
) -> _Changed:
    """Give the level's parameters their values, taking them out of `given`."""
    changed = _Changed()
    scope, node = level.scope, level.definition.node
    for parameter in node.parameters:
        name = parameter.name
        default = evaluate(parameter.default, scope) if parameter.default is not None else None
        override = given.pop(name, None)
        if override is None and parameter.default is None and name not in SETTINGS:
            problem = errors.MissingArgument(name=name, callee=f"the network `{level.definition.name}`")
            raise Refusal(problem.at(parameter.span))
        if override is None:
            value = default
        else:
            value = _value(override, scope, outside)
            if parameter.default is None or not same(value, default):
                changed.any = True
                changed.user = changed.user or not isinstance(override, _Passed)
        scope.names[name] = arguments[name] = value
        if isinstance(value, tuple) and not isinstance(value, Dims):
            scope.tracked[name] = set()
    return changed


@dataclass(frozen=True)
class _Passed(Override):
    """An argument that a variant passes to its base, with the scope in which it is read."""

    scope: Scope | None = None


def _value(override: Override, scope: Scope, outside: Module) -> Value:
    if not isinstance(override.value, tree.Node):
        return override.value
    reading = override.scope if isinstance(override, _Passed) and override.scope else None
    if reading is None:
        reading = Scope(scope.session, outside, {}, scope.settings, scope.graph)
    return evaluate(override.value, reading)


def _pass_on(arguments: tuple[tree.Argument, ...], given: dict[str, Override], level: _Level) -> None:
    """What a variant gives its base: its arguments, and its parameters that bear the name of a setting."""
    bound: set[str] = set()
    for argument in arguments:
        name = argument.name
        if name is None:
            raise level.scope.refuse(errors.PositionalInVariant(), argument.span)
        if name in bound:
            raise level.scope.refuse(errors.ArgumentGivenTwice(name=name), argument.span)
        if name in given:
            raise Refusal(errors.BoundByVariant(span=given[name].span, name=name, variant=level.definition.name))
        bound.add(name)
        given[name] = _Passed(argument.value, argument.span, level.scope)
    for name in (*SETTINGS, "input"):
        if name in level.scope.names:
            given.setdefault(name, _Passed(level.scope.names[name], None, level.scope))


def _settings(level: _Level, given: dict[str, Override], outside: Module, levels: list[_Level]) -> Settings:
    """Settings at the top: declared parameters, then what is given without being declared."""
    scope = level.scope
    settings = scope.settings
    for name in SETTINGS:
        if name in scope.names:
            settings = settings._replace(**{name: scope.names[name]})
        elif name in given:
            override = given.pop(name)
            settings = settings._replace(**{name: _value(override, scope, outside)})
            level.as_written = False
            if not isinstance(override, _Passed):
                for outer in levels:
                    outer.as_written = False
    return settings


def _refuse_leftovers(given: dict[str, Override], base: NetworkDefinition) -> None:
    for name, override in given.items():
        if name == "input":
            continue
        known = (*(parameter.name for parameter in base.node.parameters), *SETTINGS, "input")
        problem: Problem = errors.UnknownArgument(
            span=override.span, name=name, callee=f"the network `{base.name}`", known=known
        )
        raise Refusal(problem)


def _base(variant: NetworkDefinition) -> NetworkDefinition:
    node = cast(tree.Variant, variant.node)
    found: object = variant.module
    for part in node.base.parts:
        found = found.find(part) if isinstance(found, Module) else None
    if isinstance(found, NetworkDefinition):
        return found
    known = tuple(network.name for network in variant.module.networks if network is not variant)
    if found is None:
        raise Refusal(errors.UnknownName(span=node.base.span, name=node.base.text, known=known, what="network"))
    raise Refusal(errors.NotANetwork(span=node.base.span, name=node.base.text))


def _settings_record(settings: Settings) -> tuple[Argument, ...]:
    given = tuple((name, value) for name, value in zip(SETTINGS, settings, strict=True) if _is_set(value))
    return to_arguments(cast(tuple[tuple[str, Value], ...], given))


def _is_set(value: object) -> bool:
    from resdsl.elaborate.scope import Unset

    return not isinstance(value, Unset)


def _refuse_unread_items(scope: Scope) -> None:
    """A list of five widths of which four are used is a mistake, not a network of four stages."""
    if scope.session.problems:
        return
    for name, read in scope.tracked.items():
        items = scope.names[name]
        if read is None or not isinstance(items, tuple) or not read:
            continue
        unread = [index for index in range(len(items)) if index not in read]
        if unread:
            raise scope.refuse(errors.UnreadItem(name=name, length=len(items), index=unread[0]), _span_of(scope, name))


def _span_of(scope: Scope, name: str) -> Span | None:
    top = cast(_Top, scope.session.top)
    node = top.levels[-1].definition.node
    return next((parameter.span for parameter in node.parameters if parameter.name == name), None)


# -------------------------------------------------------------------------- statements of networks


def run_network_statement(node: tree.Statement, scope: Scope) -> None:
    """Run a statement that only networks have.

    Raises:
        Refusal: it stands where it means nothing, or means something wrong.
    """
    top = scope.session.top
    if not isinstance(top, _Top) or scope.overlays is None:
        raise scope.refuse(errors.OnlyInNetworks(word=node.span.text.split(None, 1)[0]), node.span)
    match node:
        case tree.Input():
            _input(node, scope, top)
        case tree.Tap():
            _tap(node, scope, top)
        case tree.Expect():
            top.checks.append((node, scope))
        case _:
            raise scope.refuse(errors.OnlyInVariants(word="drop"), node.span)


def _input(node: tree.Input, scope: Scope, top: _Top) -> None:
    if top.input is not None:
        raise scope.refuse(errors.NameGivenTwice(name="input"), node.span)
    too_early = [problem for problem in scope.session.problems if isinstance(problem, errors.NoInput)]
    if too_early:
        scope.session.problems = [problem for problem in scope.session.problems if problem not in too_early]
        raise scope.refuse(errors.LateInput(first=too_early[0].span), node.span)
    _begin(top, scope, node)


def _begin(top: _Top, scope: Scope, node: tree.Input | None) -> None:
    """Let the input flow: that of the statement, unless a parameter, a variant or the caller has another."""
    stated = top.stated_input
    span = node.value.span if node else None
    if stated is None and node is not None:
        stated = _dims_of(node, scope)
    for level in reversed(top.levels):
        for other, read_in in level.difference.inputs if level.difference else ():
            stated, span = _dims_of(other, read_in), other.value.span
    shape, span = top.forced_input or (stated, span)
    if shape is None:
        return
    if len(shape) < 1 or any(size < 1 for size in shape):
        raise Refusal(errors.BadInput(span=span, found_value=told(shape)))
    scope.session.as_written = shape == stated and not _passed_input(top, scope, node, shape)
    top.input = scope.current = scope.graph.entry(tuple(shape))
    scope.channels = shape[0]


def _passed_input(top: _Top, scope: Scope, node: tree.Input | None, shape: Dims) -> bool:
    """Whether a variant that changes nothing else gives the base another input than its own text has."""
    if node is None or "input" in scope.names or any(level.difference for level in top.levels):
        return False
    return shape != _dims_of(node, scope)


def _states_input(body: tree.Body) -> bool:
    """Whether a network's body has an `input` statement."""
    for statement in body.statements:
        match statement:
            case tree.Input():
                return True
            case tree.If(yes=yes, no=no) if _states_input(yes) or (no is not None and _states_input(no)):
                return True
            case tree.For(body=inner) if _states_input(inner):
                return True
    return False


def _dims_of(node: tree.Input, scope: Scope) -> Dims:
    return _as_dims(evaluate(node.value, scope), scope, node.value.span)


def _as_dims(value: Value, scope: Scope, span: Span | None) -> Dims:
    if isinstance(value, Dims):
        return value
    if type(value) is int:
        return Dims((value,))
    raise scope.refuse(errors.BadInput(found_value=told(value)), span)


def _forced_input(overrides: Mapping[str, Override], scope: Scope) -> tuple[Dims, Span | None] | None:
    override = overrides.get("input")
    if override is None:
        return None
    value = _as_dims(_value(override, scope, scope.module), scope, override.span)
    if "input" in scope.names:
        scope.names["input"] = value
    return value, override.span


def _tap(node: tree.Tap, scope: Scope, top: _Top) -> None:
    flow = scope.flowing(node)
    name = node.name.text
    if name in ("output", INPUT) or any(tap.name == name for tap in top.taps):
        raise scope.refuse(errors.NameGivenTwice(name=name), node.name.span)
    if flow is not None:
        top.taps.append(Tap(name=name, value=flow.name))


# ------------------------------------------------------------------------------------ expectations


def _finish_differences(scope: Scope) -> None:
    assert scope.overlays is not None
    for difference, change in scope.overlays.unused():
        problem = errors.NothingThere(
            path=_path_meant(change.node), variant=difference.name, known=tuple(scope.overlays.paths)
        )
        if not scope.session.problems:
            raise Refusal(problem.at(change.span))


def _path_meant(node: tree.Node) -> str:
    match node:
        case tree.Drop():
            return node.path.text
        case tree.Tap(after=tree.Path() as after) | tree.Stage(label=tree.Label(after=tree.Path() as after)):
            return after.text
        case tree.Apply(label=tree.Label(after=tree.Path() as after)):
            return after.text
        case tree.Stage(label=label) | tree.Apply(label=tree.Label() as label):
            return label.span.text
    return node.span.text


def _expectations(top: _Top, session: Session) -> list[Expectation]:
    """Everything the text states, with the reason where it is not to be checked."""
    made = []
    changed_by = next((level.difference.name for level in top.levels if level.difference), None)
    for node, scope in top.checks:
        skipped = f"the variant `{changed_by}` changes the network" if changed_by else None
        made.append(_expectation(node, scope, top.levels[-1], skipped, session))
    for index, level in reversed(list(enumerate(top.levels))):
        outer = next((other.difference.name for other in top.levels[:index] if other.difference), None)
        for node, scope in level.difference.checks if level.difference else ():
            skipped = f"the variant `{outer}` changes the network" if outer else None
            made.append(_expectation(node, scope, level, skipped, session))
    reason = f"the variant `{changed_by}` changes the network" if session.as_written else _ANOTHER_INPUT
    made += [_shape_statement(span, reason) for span in session.unchecked]
    session.stated += session.unchecked
    return made


def _expectation(node: tree.Expect, scope: Scope, level: _Level, skipped: str | None, session: Session) -> Expectation:
    quantity = node.quantity.text
    if quantity not in QUANTITIES:
        raise scope.refuse(errors.UnknownName(name=quantity, known=QUANTITIES, what="quantity"), node.quantity.span)
    value = evaluate(node.value, scope)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise scope.refuse(errors.WrongType(found_value=told(value), wanted="a number"), node.value.span)
    reason = skipped or _reason_to_skip(node, quantity, scope, level, session)
    exact = node.relation != "=" or not isinstance(node.value, tree.Number)
    session.stated.append(node.span)
    return Expectation(
        text=" ".join(node.span.text.split()),
        quantity=quantity,
        relation=node.relation,
        value=value,
        tolerance=0 if exact else cast(tree.Number, node.value).slack,
        place=_place(node.span),
        skipped=reason,
    )


def _reason_to_skip(node: tree.Expect, quantity: str, scope: Scope, level: _Level, session: Session) -> str | None:
    if node.when is not None:
        default = level.as_written and session.as_written
        inside = scope.inner(default=default)
        if not truth(node.when, inside):
            return f"its condition is false: {' '.join(node.when.span.text.split())}"
    if quantity in _OF_THE_INPUT and not session.as_written:
        return _ANOTHER_INPUT
    return None


def _shape_statement(span: Span, reason: str) -> Expectation:
    return Expectation(
        text=f"-> {span.text}",
        quantity="shape",
        relation="=",
        value=0,
        place=_place(span),
        skipped=reason,
    )


def _place(span: Span) -> Place:
    position = span.position
    return Place(
        file=span.source.name.replace("\\", "/").rsplit("/", 1)[-1], line=position.line, column=position.column
    )
