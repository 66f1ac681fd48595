"""Stages, which repeat a block.

Two hundred equal repeats cost as much as two: the first block changes the shape, the second is built, and the rest are
the second again, unless the arguments use the number of the repeat.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial

from resdsl.elaborate import errors
from resdsl.elaborate.block_names import add_blocks, block_paths
from resdsl.elaborate.brackets import StageStride, bracket_block, is_one
from resdsl.elaborate.building import STEPS_OF_NODE
from resdsl.elaborate.cache import BuiltBody, Repeats
from resdsl.elaborate.calls import GivenArguments, read_arguments
from resdsl.elaborate.definitions import call_again, call_definition
from resdsl.elaborate.dispatch import evaluate, runs
from resdsl.elaborate.expressions import text, whole
from resdsl.elaborate.graph import inputs_of, scaled
from resdsl.elaborate.linking import Callee
from resdsl.elaborate.paths import check_shape, path_of, refuse_clash
from resdsl.elaborate.scope import SETTINGS, Scope
from resdsl.elaborate.settings import set_at
from resdsl.elaborate.statement_cache import remembering
from resdsl.elaborate.values import Bound, Dims, Flow, Value, describe, key, kind_of, show
from resdsl.ir.network import Body
from resdsl.source import Span
from resdsl.syntax import tree
from resdsl.syntax.mentions import names_of

REPEAT_NAMES = ("i", "n", "block_index", "block_count")
"""What the arguments of a stage's block can use: index and count in the stage and in the network."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """A stage, evaluated as far as it is the same for all repeats.

    Attributes:
        stride: the stage's stride, if it has one.
        stride_span: the place of the stride.
        varies: whether the arguments use the number of the repeat.
        named: the argument that names each block, if the blocks are not called `0`, `1`, ...
    """

    node: tree.StageStatement
    count: int
    stride: Value
    stride_span: Span | None
    settings: dict[str, Value]
    varies: bool
    named: tree.CallArgument | None = None


@runs(tree.StageStatement)
@remembering
def run_stage(node: tree.StageStatement, scope: Scope) -> None:
    """Run a stage.

    Raises:
        ProblemFound: with the first problem in it.
    """
    path = path_of(node.label, scope)
    assert path is not None
    if scope.overlays is not None:
        scope.overlays.place(path, scope, lambda: _stage_at(node, path, scope))
    else:
        _stage_at(node, path, scope)
    check_shape(node.shape, scope)


def _stage_at(node: tree.StageStatement, path: str, scope: Scope) -> None:
    refuse_clash(path, node.label, scope, shared=node.shared)
    title = text(node.title, scope) if node.title else None
    plan = _plan(node, scope)
    entry = scope.flowing(node)
    if entry is None:
        _arguments(plan, 0, scope)
        return
    paths: list[str] = []
    if plan.named is not None:
        numbered = partial(_numbered, plan, scope=scope)
        paths = block_paths(path, node, plan.named, numbered, plan.count)
    flow, stage_runs, inputs = _repeats(plan, entry, scope)
    if flow is None:
        scope.current = None
        return
    if paths:
        scope.current = add_blocks(paths, stage_runs, inputs, flow, node, scope)
        return
    scope.graph.places[path] = node.label.span
    scope.current = scope.graph.stage(path, title, stage_runs, inputs, flow, scope.role)


def _plan(node: tree.StageStatement, scope: Scope) -> _Plan:
    stride: Value = None
    span: Span | None = None
    settings: dict[str, Value] = {}
    named: tree.CallArgument | None = None
    for argument in node.arguments:
        if argument.name == "stride":
            if span is not None:
                raise scope.refuse(errors.arguments.ArgumentGivenTwice(name="stride"), argument.span)
            stride, span = _stage_stride(argument, scope), argument.span
        elif argument.name in SETTINGS and argument.name not in settings:
            value = settings[argument.name] = evaluate(argument.value, scope)
            set_at(argument.name, value, argument.span, scope.building)
        elif argument.name == "path" and named is None:
            named = argument
        elif argument.name in settings or argument.name == "path":
            raise scope.refuse(errors.arguments.ArgumentGivenTwice(name=str(argument.name)), argument.span)
        else:
            raise scope.refuse(errors.networks.NotOfStages(written=argument.span.text), argument.span)
    requested = [name for name in names_of(node.unit) if name.parts[0] in REPEAT_NAMES]
    for name in (*requested, *(each for each in (names_of(named.value) if named else ()) if each.text in REPEAT_NAMES)):
        if name.parts[0] in scope.names:
            raise scope.refuse(errors.names.AmbiguousName(name=name.text), name.span)
    count = 1 if node.count is None else whole(node.count, scope, least=1)
    return _Plan(node, count, stride, span, settings, varies=bool(requested), named=named)


def _stage_stride(argument: tree.CallArgument, scope: Scope) -> Value:
    value = evaluate(argument.value, scope)
    sizes = value if isinstance(value, Dims) else (value,)
    if all(type(size) is int and size >= 1 for size in sizes):
        return value
    raise scope.refuse(
        errors.values.WrongType(found_value=describe(value), wanted="an integer of at least 1, or dims"), argument.span
    )


_Runs = list[tuple[Body, int]]


def _repeats(plan: _Plan, entry: Flow, scope: Scope) -> tuple[Flow | None, _Runs, tuple[str, ...]]:
    """What flows out of the last repeat; the bodies, each with the number of times it occurs in a row; and the values
    that the stage reads.
    """
    cache_key = _cache_key(plan, entry, scope)
    known = scope.building.session.repeats.get(cache_key) if cache_key is not None else None
    if known is not None:
        return *_repeated(known, plan, entry, scope), (entry.name,)
    stage_runs: _Runs = []
    builts: list[BuiltBody] = []
    flow = entry
    index = 0
    steady = False
    inputs: tuple[str, ...] = ()
    while index < plan.count:
        scope.building.spend(STEPS_OF_NODE, plan.node.span)
        target, given = _arguments(plan, index, scope)
        built = call_definition(target, given, scope, flow)
        if built.body is None:
            if not built.empty:
                return None, stage_runs, ()
            raise scope.refuse(errors.flow.EmptyBlock(name=target.name), plan.node.unit.span)
        if built.body.also:
            reason = f"`{target.name}` yields or taps several values, but a block of a stage yields one"
            raise scope.refuse(errors.flow.DoesNotFit(reason=reason, shapes=()), plan.node.unit.span)
        inputs = _same_inputs(inputs, inputs_of(built.body, entry, given.flows), given, scope)
        if index == 0:
            _check_stride(plan, target, built.strides, scope)
            _refuse_stride_of_all(plan, target, built.strides, scope)
        steady = built.body.shape == flow.shape and not plan.varies and index > 0
        times = plan.count - index if steady else 1
        _append_repeat(stage_runs, built.body, times)
        builts.append(built)
        flow = _after(flow, built.body, built.strides, times)
        index += times
    if cache_key is not None and (plan.count == 1 or (steady and len(builts) == 2)):
        scope.building.session.repeats[cache_key] = Repeats(builts[0], builts[1] if plan.count > 1 else None)
    if scope.at_top:
        scope.building.blocks_built += plan.count
    return flow, stage_runs, inputs


def _same_inputs(
    before: tuple[str, ...], inputs: tuple[str, ...], given: GivenArguments, scope: Scope
) -> tuple[str, ...]:
    """What the stage reads; every block of it reads the same values beside what flows."""
    if before and before != inputs:
        reason = "every block of a stage reads the same values beside what flows; for others, write a loop of blocks"
        raise scope.refuse(errors.flow.DoesNotFit(reason=reason, shapes=()), given.call)
    return inputs


def _cache_key(plan: _Plan, entry: Flow, scope: Scope) -> tuple[object, ...] | None:
    """Everything the blocks of a stage depend on except their number; None if they depend on more."""
    if plan.varies or plan.node.count is None:
        return None
    names = _names(plan.node.unit)
    if any(name in scope.tracked or name in scope.flows for name in names):
        return None
    values = [(name, key(scope.names[name])) for name in names if name in scope.names]
    own = (key(plan.stride), *[(name, key(value)) for name, value in plan.settings.items()])
    around = (scope.settings.key(), entry.shape, scope.channels, scope.building.has_own_input)
    return (plan.node, plan.count > 1, scope.module, own, around, *values)


@lru_cache(maxsize=4096)
def _names(unit: tree.Unit | tree.Bracket) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.parts[0] for name in names_of(unit)))


def _repeated(known: Repeats, plan: _Plan, entry: Flow, scope: Scope) -> tuple[Flow, _Runs]:
    """Add a stage whose blocks are already known."""
    building = scope.building
    stage_runs: _Runs = []
    flow = entry
    for built, times in ((known.first, 1), (known.others, plan.count - 1)):
        if built is None or built.body is None:
            continue
        building.spend(STEPS_OF_NODE, plan.node.span)
        call_again(built, plan.node.unit.span, scope)
        _append_repeat(stage_runs, built.body, times)
        flow = _after(flow, built.body, built.strides, times)
    if scope.at_top:
        building.blocks_built += plan.count
    return flow, stage_runs


def _append_repeat(stage_runs: _Runs, body: Body, times: int) -> None:
    if stage_runs and stage_runs[-1][0] is body:
        stage_runs[-1] = (body, stage_runs[-1][1] + times)
    else:
        stage_runs.append((body, times))


def _after(flow: Flow, body: Body, strides: tuple[int, ...] | None, times: int) -> Flow:
    factor = None if strides is None else tuple(stride**times for stride in strides)
    return Flow(flow.name, body.shape, scaled(flow.strides, factor))


def _arguments(plan: _Plan, index: int, scope: Scope) -> tuple[Bound, GivenArguments]:
    """The block of one repeat and its arguments."""
    inside = _numbered(plan, index, scope) if plan.varies else scope
    if isinstance(plan.node.unit, tree.Bracket):
        stride = StageStride(plan.stride, plan.stride_span, plan.node.count is not None)
        target = bracket_block(plan.node.unit, stride, inside)
        given = GivenArguments({}, {}, {}, plan.node.unit.span)
    else:
        target = _unit(plan.node.unit, inside)
        given = read_arguments(target, plan.node.unit.arguments, inside, plan.node.unit.span)
        _refuse_repeated_stride(plan, target, given, scope)
    given.settings = {**plan.settings, **given.settings}
    _set_stride(plan, target, given, index, scope)
    return target, given


def _numbered(plan: _Plan, index: int, scope: Scope) -> Scope:
    """The scope of one repeat, with its numbers."""
    numbers: dict[str, Value] = {"i": index, "n": plan.count}
    if scope.at_top:
        numbers["block_index"] = scope.building.blocks_built + index
        if scope.building.block_count is not None:
            numbers["block_count"] = scope.building.block_count
    return scope.inner(**numbers)


def _unit(node: tree.Unit, scope: Scope) -> Bound:
    value = scope.find(node.target)
    if isinstance(value, Bound) and isinstance(value.target, Callee) and value.target.kind != "shortcut":
        return value
    raise scope.refuse(errors.values.NotABlock(name=node.target.text, what=kind_of(value)), node.target.span)


def _refuse_repeated_stride(plan: _Plan, target: Bound, given: GivenArguments, scope: Scope) -> None:
    if "stride" not in given.spans and "stride" not in dict(target.given):
        return
    if plan.node.count is not None or plan.stride is not None:
        raise scope.refuse(errors.strides.StrideOfRepeats(block=target.name), given.spans.get("stride", given.call))


def _refuse_stride_of_all(plan: _Plan, target: Bound, strides: tuple[int, ...] | None, scope: Scope) -> None:
    """Refuse a block that is bound to a stride of its own, which would silently apply to every repeat."""
    if plan.stride is not None or plan.count == 1 or strides is None or all(stride == 1 for stride in strides):
        return
    if isinstance(target.target, Callee) and "stride" in target.target.parameter_names:
        raise scope.refuse(errors.strides.StrideOfRepeats(block=target.name), plan.node.unit.span)


def _set_stride(plan: _Plan, target: Bound, given: GivenArguments, index: int, scope: Scope) -> None:
    """Pass the stage's stride to its first block; the others get 1."""
    if plan.stride is None:
        return
    assert isinstance(target.target, Callee)
    if "stride" in target.target.parameter_names:
        given.values["stride"] = plan.stride if index == 0 else 1
        given.spans["stride"] = plan.stride_span or given.call
    elif not is_one(plan.stride):
        raise scope.refuse(errors.strides.NoStride(callee=f"the block `{target.name}`"), plan.stride_span)


def _check_stride(plan: _Plan, target: Bound, strides: tuple[int, ...] | None, scope: Scope) -> None:
    """Check that the main path of the first block has the stride of the stage."""
    if plan.stride is None or (strides is None and is_one(plan.stride)):
        return
    sizes = plan.stride if isinstance(plan.stride, Dims) else (plan.stride,) * len(strides or ())
    if strides is None or tuple(sizes) != strides:
        actual = (
            "no stride" if strides is None else "stride " + show(Dims(strides) if len(set(strides)) > 1 else strides[0])
        )
        problem = errors.strides.StrideWithoutEffect(block=target.name, stated=show(plan.stride), actual=actual)
        raise scope.refuse(problem, plan.stride_span)
