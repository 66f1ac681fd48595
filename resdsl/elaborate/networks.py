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
from resdsl.elaborate.binding import Level, Override, Top, bind_levels
from resdsl.elaborate.building import AfterStatement, Building
from resdsl.elaborate.dispatch import leave, run_body, runs
from resdsl.elaborate.expectations import expectations
from resdsl.elaborate.expressions import text
from resdsl.elaborate.graph import GraphBuilder, warn_of_dead, warn_of_names
from resdsl.elaborate.inputs import (
    as_dims,
    begin,
    given_inputs,
    records,
    refuse_unknown,
    run_input,
    states_input,
    warn_of_unread,
)
from resdsl.elaborate.linking import NetworkDefinition
from resdsl.elaborate.places import Places
from resdsl.elaborate.scope import SETTINGS, Scope, Settings, Unset
from resdsl.elaborate.session import Session
from resdsl.elaborate.values import Flow, to_arguments
from resdsl.elaborate.variants import VariantOverlays
from resdsl.ir.names import is_output_name
from resdsl.ir.network import INPUT, OUTPUT, Argument, Network, Tap
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
        places: where its nodes come from.
    """

    network: Network
    warnings: tuple[Problem, ...]
    stated: tuple[Span, ...]
    places: Places


def build_network(
    definition: NetworkDefinition,
    overrides: Mapping[str, Override],
    session: Session,
    after_statement: AfterStatement | None = None,
) -> Elaborated:
    """The network of a definition.

    Args:
        definition: the network or variant.
        overrides: values of its parameters and settings, and `input`.
        session: what was already built from the same text.
        after_statement: called after each statement at the top; what it raises ends the build.

    Raises:
        SpecError: with every problem found, just as a new session would find them.
    """
    remembers = session.remembers
    try:
        return _counted(definition, overrides, session, after_statement)
    except SpecError:
        if remembers:
            # What is remembered does not say again where a setting was given, and messages do.
            _counted(definition, overrides, Session(before_step=session.before_step))
        raise


def _counted(
    definition: NetworkDefinition,
    overrides: Mapping[str, Override],
    session: Session,
    after_statement: AfterStatement | None = None,
) -> Elaborated:
    building = Building(session, after_statement=after_statement)
    network, statements = _built(definition, overrides, building)
    if building.block_count is not None:
        # What asked for the number of all blocks was given a stand-in; now the number is known.
        counted = building.blocks_built
        building = Building(session, block_count=counted)
        network, statements = _built(definition, overrides, building)
        if building.blocks_built != counted:
            raise SpecError([errors.networks.CountDependsOnItself(span=definition.node.name.span)])
    places = Places(network, statements, session)
    return Elaborated(network, tuple(building.warnings), tuple(building.stated), places)


def _built(
    definition: NetworkDefinition, overrides: Mapping[str, Override], building: Building
) -> tuple[Network, Mapping[str, Span]]:
    graph = GraphBuilder(building)
    try:
        network = _build(definition, dict(overrides), building, graph)
    except ProblemFound as refusal:
        building.problems.append(refusal.problem)
        network = None
    except RecursionError:
        span = definition.node.name.span
        raise SpecError([errors.files.LimitReached(span=span, what="nested expressions", limit=500)]) from None
    if building.problems or network is None:
        raise SpecError(building.problems)
    return network, graph.statements


def _build(
    definition: NetworkDefinition, overrides: dict[str, Override], building: Building, graph: GraphBuilder
) -> Network | None:
    levels, arguments, declared = bind_levels(definition, overrides, building, graph)
    base = levels[-1]
    top = Top(levels, given_inputs(overrides, base.scope))
    if declared is not None:
        top.stated_input = as_dims(declared, base.scope, None)
    building.top = top
    base.scope.overlays = overlays = VariantOverlays(
        [level.difference for level in reversed(levels) if level.difference]
    )
    node = cast(tree.Definition, base.definition.node)
    if building.block_count is None and _asks_for_count(levels):
        building.block_count = MANY_BLOCKS
    if not states_input(node.body):
        begin(top, base.scope, None)
    run_body(node.body, base.scope)
    leave(base.scope, node.body)
    _finish_differences(overlays, building)
    _refuse_unread_items(base.scope, node)
    refuse_unknown(top, base.scope)
    if building.problems or base.scope.current is None:
        if not building.problems:
            raise base.scope.nothing_flows(node.name.span)
        return None
    last = _last(top, base.scope, base.scope.current)
    live = warn_of_dead(graph, (*(tap.value for tap in top.taps), base.scope.current.name), ())
    warn_of_unread(base.scope, live)
    warn_of_names(graph, ())
    return Network(
        name=definition.name,
        arguments=arguments,
        settings=_settings_record(base.scope.settings),
        inputs=records(base.scope),
        nodes=tuple(graph.nodes),
        outputs=(*top.taps, last),
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


@runs(tree.Input, tree.Expect, tree.TapStatement, tree.OutputStatement, tree.Drop)
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
            run_input(node, scope, top)
        case tree.TapStatement():
            _tap(node, scope, top)
        case tree.OutputStatement():
            _output(node, scope, top)
        case tree.Expect():
            top.checks.append((node, scope))
        case _:
            raise scope.refuse(errors.networks.OnlyInVariants(word="drop"), node.span)


def _tap(node: tree.TapStatement, scope: Scope, top: Top) -> None:
    flow = scope.flowing(node)
    name = _name_of_output(node, scope, top)
    if name == OUTPUT:
        raise scope.refuse(errors.names.NameGivenTwice(name=name), node.name.span)
    if flow is not None:
        top.tapped.add(name)
        top.taps.append(Tap(name=name, value=flow.name, training=node.training))


def _output(node: tree.OutputStatement, scope: Scope, top: Top) -> None:
    flow = scope.flowing(node)
    if top.last is not None:
        raise scope.refuse(errors.networks.OutputNotLast(name=top.last.name), top.last_span)
    name = _name_of_output(node, scope, top)
    if flow is not None:
        top.tapped.add(name)
        top.last, top.last_span = Tap(name=name, value=flow.name), node.span


def _name_of_output(node: tree.TapStatement | tree.OutputStatement, scope: Scope, top: Top) -> str:
    """The name that a statement gives an output.

    Raises:
        ProblemFound: it cannot be the name of an output, or something has it already.
    """
    name = _written_name(node, scope)
    if name in (INPUT, *scope.building.inputs) or name in top.tapped:
        # A tap that a call hands on has no place but that of the call.
        within = node.span is node.name.span
        raise scope.refuse(errors.names.NameGivenTwice(name=name, tapped_within=within), node.name.span)
    return name


def _written_name(node: tree.TapStatement | tree.OutputStatement, scope: Scope) -> str:
    name = node.name.text if isinstance(node.name, tree.Word) else text(node.name, scope)
    if not is_output_name(name):
        raise scope.refuse(errors.networks.BadOutputName(name=name), node.name.span)
    return name


def _tap_within(node: tree.TapStatement, scope: Scope) -> None:
    """Tap a value of a block, which its callers hand on to the network."""
    flow, name = scope.flowing(node), _written_name(node, scope)
    if name in scope.graph.taps:
        raise scope.refuse(errors.names.NameGivenTwice(name=name), node.name.span)
    if flow is not None:
        scope.graph.taps[name] = flow


def _last(top: Top, scope: Scope, flow: Flow) -> Tap:
    """The last output: what flows at the end.

    Raises:
        ProblemFound: the statement that names it stands before the end.
    """
    if top.last is None:
        return Tap(name=OUTPUT, value=flow.name)
    if top.last.value != flow.name:
        raise scope.refuse(errors.networks.OutputNotLast(name=top.last.name), top.last_span)
    return top.last


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
