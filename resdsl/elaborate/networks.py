"""Networks: the top of elaboration.

A network is run like a body, plus what only networks have: an input, taps, expectations, and the differences of the
variants between the definition and the requested network.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, cast

from resdsl.diagnostics.problem import Problem, ProblemFound
from resdsl.diagnostics.spec_error import SpecError
from resdsl.elaborate import apply as applying, control, errors, expressions, functions, joins, stages
from resdsl.elaborate.binding import Level, Override, Top, bind_levels, value_of
from resdsl.elaborate.building import Building
from resdsl.elaborate.dispatch import evaluate, leave, run_body, runs
from resdsl.elaborate.expectations import expectations
from resdsl.elaborate.graph import GraphBuilder, warn_of_dead, warn_of_names
from resdsl.elaborate.linking import NetworkDefinition
from resdsl.elaborate.scope import SETTINGS, Scope, Settings, Unset
from resdsl.elaborate.session import Session
from resdsl.elaborate.values import Dims, Value, describe, to_arguments
from resdsl.elaborate.variants import VariantOverlays
from resdsl.ir.network import INPUT, Argument, NamedShape, Network, Tap
from resdsl.source import Span
from resdsl.syntax import tree
from resdsl.syntax.mentions import names_of

MANY_BLOCKS = 1_000_000
"""The value of `block_count` until the blocks are counted; it is large, so that rates stay below one."""
READERS = (applying, control, expressions, functions, joins, stages)
"""Imported so that their `@runs` and `@evaluates` run, and `functions` enters the built-in functions.

To find what runs a `tree.X`, search for `@runs(tree.X`."""


class Elaborated(NamedTuple):
    """A network that was built, and what its text says of it.

    Attributes:
        warnings: what is allowed but surely not meant.
        stated: where its expectations stand, in their order.
    """

    network: Network
    warnings: tuple[Problem, ...]
    stated: tuple[Span, ...]


def build_network(definition: NetworkDefinition, overrides: Mapping[str, Override], session: Session) -> Elaborated:
    """The network of a definition.

    Args:
        definition: the network or variant.
        overrides: values of its parameters and settings, and `input`.
        session: what was already built from the same text.

    Raises:
        SpecError: with every problem found, just as a new session would find them.
    """
    remembers = session.remembers
    try:
        return _counted(definition, overrides, session)
    except SpecError:
        if remembers:
            # What is remembered does not say again where a setting was given, and messages do.
            _counted(definition, overrides, Session())
        raise


def _counted(definition: NetworkDefinition, overrides: Mapping[str, Override], session: Session) -> Elaborated:
    building = Building(session)
    network = _built(definition, overrides, building)
    if building.block_count is not None:
        # What asked for the number of all blocks was given a stand-in; now the number is known.
        counted = building.blocks_built
        building = Building(session, block_count=counted)
        network = _built(definition, overrides, building)
        if building.blocks_built != counted:
            raise SpecError([errors.networks.CountDependsOnItself(span=definition.node.name.span)])
    return Elaborated(network, tuple(building.warnings), tuple(building.stated))


def _built(definition: NetworkDefinition, overrides: Mapping[str, Override], building: Building) -> Network:
    try:
        network = _build(definition, dict(overrides), building)
    except ProblemFound as refusal:
        building.problems.append(refusal.problem)
        network = None
    except RecursionError:
        span = definition.node.name.span
        raise SpecError([errors.files.LimitReached(span=span, what="nested expressions", limit=500)]) from None
    if building.problems or network is None:
        raise SpecError(building.problems)
    return network


def _build(definition: NetworkDefinition, overrides: dict[str, Override], building: Building) -> Network | None:
    graph = GraphBuilder(building)
    levels, arguments, declared = bind_levels(definition, overrides, building, graph)
    base = levels[-1]
    top = Top(levels, _forced_input(overrides, base.scope))
    if declared is not None:
        top.stated_input = _as_dims(declared, base.scope, None)
    building.top = top
    base.scope.overlays = overlays = VariantOverlays(
        [level.difference for level in reversed(levels) if level.difference]
    )
    node = cast(tree.Definition, base.definition.node)
    if building.block_count is None and _asks_for_count(levels):
        building.block_count = MANY_BLOCKS
    if not _states_input(node.body):
        _begin(top, base.scope, None)
    run_body(node.body, base.scope)
    leave(base.scope, node.body)
    _finish_differences(overlays, building)
    _refuse_unread_items(base.scope, node)
    if building.problems or base.scope.current is None or top.input is None:
        if not building.problems:
            raise base.scope.refuse(errors.flow.NoInput(), node.name.span)
        return None
    warn_of_dead(graph, (*(tap.value for tap in top.taps), base.scope.current.name), ())
    warn_of_names(graph, ())
    return Network(
        name=definition.name,
        arguments=arguments,
        settings=_settings_record(base.scope.settings),
        inputs=(NamedShape(name=INPUT, shape=top.input.shape),),
        nodes=tuple(graph.nodes),
        outputs=(*top.taps, Tap(name="output", value=base.scope.current.name)),
        expectations=tuple(expectations(top, building)),
    )


def _asks_for_count(levels: list[Level]) -> bool:
    """Whether any of the definitions uses `block_count`."""
    return any(name.parts[0] == "block_count" for level in levels for name in names_of(level.definition.node))


def _settings_record(settings: Settings) -> tuple[Argument, ...]:
    given = zip(SETTINGS, settings, strict=True)
    return to_arguments(tuple((name, value) for name, value in given if not isinstance(value, Unset)))


def _refuse_unread_items(scope: Scope, node: tree.Definition) -> None:
    """A list of five widths of which four are used is a mistake, not a network of four stages."""
    if scope.building.problems or (scope.overlays and scope.overlays.present):
        return
    for name, read in scope.tracked.items():
        items = scope.names[name]
        if read is None or not isinstance(items, tuple) or not read:
            continue
        unread = [index for index in range(len(items)) if index not in read]
        if unread:
            span = next((parameter.span for parameter in node.parameters if parameter.name == name), None)
            raise scope.refuse(errors.values.UnreadItem(name=name, length=len(items), index=unread[0]), span)


@runs(tree.Input, tree.Expect, tree.TapStatement, tree.Drop)
def _of_networks(node: tree.Statement, scope: Scope) -> None:
    """Run a statement that only networks have, or a tap, which blocks have too.

    Raises:
        ProblemFound: it is in the wrong place, or it is wrong.
    """
    top = scope.building.top
    if isinstance(node, tree.TapStatement) and not scope.at_top:
        _tap_within(node, scope)
        return
    if not isinstance(top, Top) or not scope.at_top:
        raise scope.refuse(errors.networks.OnlyInNetworks(word=node.span.text.split(None, 1)[0]), node.span)
    match node:
        case tree.Input():
            _input(node, scope, top)
        case tree.TapStatement():
            _tap(node, scope, top)
        case tree.Expect():
            top.checks.append((node, scope))
        case _:
            raise scope.refuse(errors.networks.OnlyInVariants(word="drop"), node.span)


def _input(node: tree.Input, scope: Scope, top: Top) -> None:
    declared = scope.names.get("input")
    if top.input is not None or (declared is not None and declared != _dims_of(node, scope)):
        raise scope.refuse(errors.names.NameGivenTwice(name="input"), node.span)
    too_early = [problem for problem in scope.building.problems if isinstance(problem, errors.flow.NoInput)]
    if too_early:
        scope.building.problems = [problem for problem in scope.building.problems if problem not in too_early]
        raise scope.refuse(errors.flow.LateInput(first=too_early[0].span), node.span)
    _begin(top, scope, node)


def _begin(top: Top, scope: Scope, node: tree.Input | None) -> None:
    """Let the input flow: that of the statement, unless a parameter, a variant or the caller gives another."""
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
        raise ProblemFound(errors.flow.BadInput(span=span, found_value=describe(shape)))
    if _has_channels_last(shape):
        scope.building.warnings.append(errors.flow.ChannelsLast(span=span, shape=tuple(shape)))
    scope.building.has_own_input = shape == stated and not _passed_input(top, scope, node, shape)
    top.input = scope.current = scope.graph.entry(tuple(shape))
    scope.channels = shape[0]


def _has_channels_last(shape: tuple[int, ...]) -> bool:
    """Whether this would be a square image, or a clip of them, with one, three or four channels, with channels last."""
    if len(shape) not in (3, 4) or shape[-1] not in (1, 3, 4) or shape[0] in (1, 3, 4):
        return False
    return shape[-3] == shape[-2] > 4


def _passed_input(top: Top, scope: Scope, node: tree.Input | None, shape: Dims) -> bool:
    """Whether a variant that changes nothing else gives the base a different input from that in its own text."""
    if len(top.levels) == 1 or any(level.difference for level in top.levels):
        return False
    if "input" in scope.names:
        default = next(each.default for each in top.levels[-1].definition.node.parameters if each.name == "input")
        return default is not None and shape != _as_dims(evaluate(default, scope), scope, default.span)
    return node is not None and shape != _dims_of(node, scope)


def _states_input(body: tree.StatementList) -> bool:
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
    raise scope.refuse(errors.flow.BadInput(found_value=describe(value)), span)


def _forced_input(overrides: Mapping[str, Override], scope: Scope) -> tuple[Dims, Span | None] | None:
    override = overrides.get("input")
    if override is None:
        return None
    value = _as_dims(value_of(override, scope, scope.module), scope, override.span)
    if "input" in scope.names:
        scope.names["input"] = value
    return value, override.span


def _tap(node: tree.TapStatement, scope: Scope, top: Top) -> None:
    flow = scope.flowing(node)
    name = node.name.text
    if name in ("output", INPUT) or name in top.tapped:
        within = node.span is node.name.span
        raise scope.refuse(errors.names.NameGivenTwice(name=name, tapped_within=within), node.name.span)
    if flow is not None:
        top.tapped.add(name)
        top.taps.append(Tap(name=name, value=flow.name))


def _tap_within(node: tree.TapStatement, scope: Scope) -> None:
    """Tap a value of a block, which its callers hand on to the network."""
    flow = scope.flowing(node)
    if node.name.text in scope.graph.taps:
        raise scope.refuse(errors.names.NameGivenTwice(name=node.name.text), node.name.span)
    if flow is not None:
        scope.graph.taps[node.name.text] = flow


def _finish_differences(overlays: VariantOverlays, building: Building) -> None:
    for difference, change in overlays.unused():
        path = _path_meant(change.node)
        problem = errors.networks.NothingThere(
            path=path,
            variant=difference.name,
            known=tuple(name for name in difference.met if name not in difference.dropped),
            dropped=overlays.dropper(path, difference),
        )
        if not building.problems:
            raise ProblemFound(problem.at(change.span))


def _path_meant(node: tree.Node) -> str:
    match node:
        case tree.Drop():
            return node.path.text
        case (
            tree.TapStatement(after=tree.Path() as after)
            | tree.StageStatement(label=tree.PathLabel(after=tree.Path() as after))
        ):
            return after.text
        case tree.Apply(label=tree.PathLabel(after=tree.Path() as after)):
            return after.text
        case tree.StageStatement(label=label) | tree.Apply(label=tree.PathLabel() as label):
            return label.span.text
    return node.span.text
