"""Calls of blocks and shortcuts: runs the bodies of definitions, or takes what was built before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from resdsl.diagnostics.problem import Instantiation, Problem, ProblemFound
from resdsl.elaborate import errors
from resdsl.elaborate.building import DEEPEST_CALL, STEPS_OF_NODE
from resdsl.elaborate.cache import BuiltBody
from resdsl.elaborate.calls import GivenArguments
from resdsl.elaborate.dispatch import evaluate, leave, run_body
from resdsl.elaborate.graph import GraphBuilder, stride_between, strides_between, warn_of_dead, warn_of_names
from resdsl.elaborate.linking import Callee
from resdsl.elaborate.paths import head_of
from resdsl.elaborate.scope import SETTINGS, UNSET, Scope, Settings
from resdsl.elaborate.settings import set_at
from resdsl.elaborate.sketches import Sketching
from resdsl.elaborate.templates import Template, kind_of_call, replayed, template_of
from resdsl.elaborate.values import Bound, Flow, Value, describe, holds_flow, key, shortened, to_arguments
from resdsl.ir.network import Body, Origin
from resdsl.ops.base import Shape
from resdsl.source import Span
from resdsl.syntax import tree


def call_definition(
    target: Bound, given: GivenArguments, scope: Scope, entry: Flow, extra: Mapping[str, Value] | None = None
) -> BuiltBody:
    """Run the body of a block or a shortcut, or take the result from an earlier run with the same values.

    Args:
        target: the callee.
        given: its arguments.
        scope: where it is called.
        entry: what flows in.
        extra: the names that a shortcut knows besides its parameters.

    Raises:
        ProblemFound: an argument is missing, or blocks are nested too deeply.
    """
    callee = target.target
    assert isinstance(callee, Callee)
    shape, beside = entry.shape, _beside(given, entry)
    names, settings = _bind(callee, given, scope, shape, beside)
    cache_key = (
        callee,
        tuple(map(key, names.values())),
        settings.key(),
        shape,
        scope.building.has_own_input,
        tuple(map(key, extra.values())) if extra else None,
        tuple(beside.values()),
    )
    for value in names.values():
        scope.building.spend_on(value, given.call)
    known = scope.building.session.bodies.get(cache_key)
    if known is not None:
        call_again(known, given.call, scope)
        return known
    _refuse_depth(1, given.call, scope)
    built = _run_definition(callee, names, settings, given.call, scope, shape, extra or {}, beside)
    if built.body is not None or built.empty:
        scope.building.session.bodies[cache_key] = built
    return built


def _beside(given: GivenArguments, entry: Flow) -> dict[str, Flow]:
    """The values of the network that a body reads beside what flows in, as it knows them."""
    return {name: Flow(name, flow.shape, strides_between(entry, flow)) for name, flow in given.flows.items()}


def call_again(built: BuiltBody, call: Span, scope: Scope) -> None:
    """Repeat the effect of a call on the network, for a body that was built before.

    Raises:
        ProblemFound: blocks are nested too deeply.
    """
    building = scope.building
    _refuse_depth(built.depth, call, scope)
    building.depth = max(building.depth, built.depth)
    building.shapes += built.shapes
    way = (Instantiation(built.what, call), *scope.chain)
    building.warnings += [replace(warning, chain=(*warning.chain, *way)) for warning in built.warnings]


def _refuse_depth(depth: int, call: Span, scope: Scope) -> None:
    if len(scope.chain) + depth > DEEPEST_CALL:
        raise scope.refuse(errors.files.LimitReached(what="nested blocks", limit=DEEPEST_CALL), call)


def _bind(
    callee: Callee, given: GivenArguments, scope: Scope, shape: Shape, beside: Mapping[str, Flow]
) -> tuple[dict[str, Value], Settings]:
    """The values of the parameters in order, and the settings in force within the body.

    The nearest value wins: the call, the stage (both are in `given`), the block's own default, the settings outside. A
    default may use the `channels` that enter, just like the body.
    """
    names: dict[str, Value] = {}
    settings = scope.settings._replace(**given.settings)
    inside = Scope(scope.building, callee.module, names, settings, scope.graph, channels=shape[0], chain=scope.chain)
    inside.flows = dict(beside)
    for parameter in callee.parameters:
        name = parameter.name
        if name in beside:
            continue
        if name in given.values:
            names[name] = given.values[name]
        elif name in given.settings:
            names[name] = given.settings[name]
        elif parameter.default is not None:
            names[name] = evaluate(parameter.default, inside)
            if holds_flow(names[name]):
                problem = errors.values.WrongType(found_value=describe(names[name]), wanted="a value of the language")
                raise scope.refuse(problem, parameter.default.span)
            set_at(name, names[name], parameter.default.span, scope.building)
        elif name in SETTINGS and getattr(scope.settings, name) is not UNSET:
            names[name] = getattr(scope.settings, name)
        else:
            described = f"the {callee.kind} `{callee.name}`"
            raise scope.refuse(errors.arguments.MissingArgument(name=name, callee=described), given.call)
        if name in SETTINGS:
            settings = settings._replace(**{name: names[name]})
    return names, settings


def _run_definition(
    callee: Callee,
    names: dict[str, Value],
    settings: Settings,
    call: Span,
    scope: Scope,
    shape: Shape,
    extra: Mapping[str, Value],
    beside: dict[str, Flow],
) -> BuiltBody:
    building = scope.building
    visible = ", ".join(f"{name}={shortened(value)}" for name, value in (names | beside).items())
    step = Instantiation(f"{callee.kind} {callee.name}({visible})" if callee.kind != "bracket" else "a bracket", call)
    building.spend(3 * STEPS_OF_NODE, call)
    graph = GraphBuilder(building, by_position=callee.kind == "shortcut")
    entry = graph.entry(shape)
    inside = Scope(
        building,
        callee.module,
        {**extra, **names},
        settings,
        graph,
        flows=dict(beside),
        current=entry,
        channels=shape[0],
        chain=(step, *scope.chain),
    )
    deepest, building.depth = building.depth, 0
    kind = kind_of_call(callee, names, extra, inside)
    built = _from_template(
        building.session.templates.get(kind) if kind is not None else None, callee, names, step.what, inside
    )
    if built is None:
        built = _from_statements(callee, names, step.what, inside, beside)
        made = template_of(built, callee, inside) if kind is not None else None
        if kind is not None and made is not None:
            building.session.templates[kind] = made
    building.depth = max(deepest, built.depth)
    return built


def _from_template(
    template: object, callee: Callee, names: Mapping[str, Value], what: str, inside: Scope
) -> BuiltBody | None:
    """The body as its template has it; None if there is none, or something is not as it was."""
    if not isinstance(template, Template) or inside.current is None:
        return None
    known, sketching = template.built, inside.building.session.sketching
    if isinstance(sketching, Sketching) and known.body is not None:
        sketch = sketching.body(template, inside, call_shortcut)
        if sketch is None:
            return None
        return replace(known, body=sketch[0], strides=sketch[1].strides, depth=inside.building.depth + 1)
    made = replayed(template, inside, call_shortcut)
    if made is None:
        return None
    nodes, exit_ = made
    depth = inside.building.depth + 1
    if known.body is None:
        return replace(known, what=what, depth=depth)
    body = known.body.replace(origin=_origin(callee, names), inputs=(inside.current.shape,), nodes=tuple(nodes))
    return replace(known, body=body, strides=exit_.strides, what=what, depth=depth)


def _from_statements(
    callee: Callee, names: Mapping[str, Value], what: str, inside: Scope, beside: Mapping[str, Flow]
) -> BuiltBody:
    """The body as its statements make it; empty and without a body if there is a problem in it."""
    building, graph, entry = inside.building, inside.graph, inside.current
    assert entry is not None
    checkpoint = building.checkpoint()
    try:
        run_body(callee.body, inside)
        leave(inside, callee.body, parts=callee.kind == "block")
    except ProblemFound as refusal:
        if isinstance(refusal.problem, errors.files.LimitReached):
            raise
        building.problems.append(refusal.problem)
    building.problems += _clashes(graph, beside, inside)
    depth = building.depth + 1
    if len(building.problems) > checkpoint.problems or inside.current is None:
        return BuiltBody(None, depth=depth)
    shapes = building.since(checkpoint).shapes
    yielded = (*(inside.parted or (inside.current,)), *graph.taps.values())
    if not graph.nodes and yielded[0].name not in beside and len(yielded) == 1:
        return BuiltBody(None, entry.strides, empty=True, shapes=shapes, what=what, depth=depth)
    warn_of_dead(graph, [flow.name for flow in yielded], inside.chain)
    warn_of_names(graph, inside.chain)
    outside = len(inside.chain)
    own = [replace(warning, chain=warning.chain[:-outside]) for warning in building.since(checkpoint).warnings]
    body = Body(
        origin=_origin(callee, names),
        inputs=(entry.shape, *(flow.shape for flow in beside.values())),
        beside=tuple(beside),
        nodes=tuple(graph.nodes),
        output=yielded[0].name,
        also=tuple([flow.name for flow in yielded[1:]]),
    )
    first, *also = [flow.strides for flow in yielded]
    return BuiltBody(
        body,
        first,
        shapes=shapes,
        warnings=tuple(own),
        what=what,
        depth=depth,
        also=tuple(also),
        taps=tuple(graph.taps),
        statements=graph.statements,
    )


def _origin(callee: Callee, names: Mapping[str, Value]) -> Origin:
    return Origin(
        kind=callee.kind,
        name=callee.name,
        source=callee.module.home,
        arguments=to_arguments(tuple(names.items())),
    )


def _clashes(graph: GraphBuilder, beside: Mapping[str, Flow], inside: Scope) -> list[Problem]:
    """The problems of modules that have the name of a value, so that one of the two could not be meant."""
    return [
        errors.networks.PathTaken(path=node.path, other=node.name).at(graph.places.get(node.path), inside.chain)
        for node in graph.nodes
        if node.name in beside
    ]


# --------------------------------------------------------------------------------------- shortcuts


def call_shortcut(setting: Bound, entry: Flow, exit_: Flow, node: tree.Residual, scope: Scope) -> BuiltBody:
    """Call a shortcut from what enters a residual to what its body yields, whose strides are known.

    Raises:
        ProblemFound: an argument is missing, or blocks are nested too deeply.
    """
    stride = stride_between(entry, exit_)
    changes = entry.shape[0] != exit_.shape[0] or stride != 1
    extra: dict[str, Value] = {"out": exit_.shape[0], "stride": stride, "changes": changes}
    given = GivenArguments({**dict(setting.given)}, {}, {}, head_of(node))
    return call_definition(setting, given, scope, entry, extra)
