"""The inputs of a network: where their shapes come from, and what flows from them.

A network has one input without a name, which flows at once, or inputs with names, which flow where `from` takes them
up. What is given from outside goes before what a variant states, and that before the text of the base.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from resdsl.diagnostics.problem import ProblemFound
from resdsl.elaborate import errors
from resdsl.elaborate.binding import Override, Top, input_named, value_of
from resdsl.elaborate.dispatch import evaluate
from resdsl.elaborate.scope import Scope
from resdsl.elaborate.values import Dims, Value, describe
from resdsl.ir.network import INPUT, OUTPUT, NamedShape
from resdsl.source import Span
from resdsl.syntax import tree

GivenShape = tuple[Dims, Span | None]


def run_input(node: tree.Input, scope: Scope, top: Top) -> None:
    """Run an `input` statement at the top of a network.

    Raises:
        ProblemFound: the network has this input already, the statement comes too late, or it has no valid shape.
    """
    known, declared = scope.building.inputs, scope.names.get(INPUT)
    if known and (node.name is None) != (INPUT in known):
        raise scope.refuse(errors.flow.InputWithoutName(), node.span)
    if node.name is not None and INPUT in scope.names:
        raise scope.refuse(errors.flow.InputWithoutName(), node.span)
    if node.name is not None:
        _refuse_taken(node.name, scope)
    elif known or (declared is not None and declared != _dims_of(node, scope)):
        raise scope.refuse(errors.names.NameGivenTwice(name=INPUT), node.span)
    _refuse_late(node, scope)
    begin(top, scope, node)


def begin(top: Top, scope: Scope, node: tree.Input | None) -> None:
    """Add an input: the shape in its statement, unless a parameter, a variant or the caller gives another.

    Args:
        top: of the network.
        scope: where the statement stands.
        node: the statement; None for an input that only a parameter or the caller gives.
    """
    name = node.name.text if node and node.name else INPUT
    stated = top.stated_input
    span = node.value.span if node else None
    if stated is None and node is not None:
        stated = _dims_of(node, scope)
    for level in reversed(top.levels):
        for other, read_in in level.difference.inputs if level.difference else ():
            if _name_of(other) == name:
                stated, span = _dims_of(other, read_in), other.value.span
    shape, span = top.given_inputs.get(name, (stated, span))
    if shape is None:
        return
    if len(shape) < 1 or any(size < 1 for size in shape):
        raise ProblemFound(errors.flow.BadInput(span=span, found_value=describe(shape)))
    if _has_channels_last(shape):
        scope.building.warnings.append(errors.flow.ChannelsLast(span=span, shape=tuple(shape)))
    own = shape == stated and not _passed_input(top, scope, node, shape)
    scope.building.has_own_input = scope.building.has_own_input and own
    flow = scope.graph.entry(tuple(shape), name)
    scope.building.inputs[name] = flow.shape
    if node is None or node.name is None:
        scope.current, scope.channels = flow, flow.shape[0]
    else:
        scope.flows[name] = flow
        scope.graph.taken.add_value(name)
        scope.graph.places[name] = node.name.span


def states_input(body: tree.StatementList) -> bool:
    """Whether a network's body has an `input` statement."""
    for statement in body.statements:
        match statement:
            case tree.Input():
                return True
            case tree.If(yes=yes, no=no) if states_input(yes) or (no is not None and states_input(no)):
                return True
            case tree.For(body=inner) if states_input(inner):
                return True
    return False


def given_inputs(overrides: Mapping[str, Override], scope: Scope) -> dict[str, GivenShape]:
    """The shapes that are given from outside, by the names of inputs, each with its place."""
    found: dict[str, GivenShape] = {}
    for key, override in overrides.items():
        name = input_named(key)
        if name is None:
            continue
        found[name] = as_dims(value_of(override, scope, scope.module), scope, override.span), override.span
        if key in scope.names:
            scope.names[key] = found[name][0]
    return found


def as_dims(value: Value, scope: Scope, span: Span | None) -> Dims:
    """A shape as dims; a single integer is that of a vector.

    Raises:
        ProblemFound: it is neither.
    """
    if isinstance(value, Dims):
        return value
    if type(value) is int:
        return Dims((value,))
    raise scope.refuse(errors.flow.BadInput(found_value=describe(value)), span)


def refuse_unknown(top: Top, scope: Scope) -> None:
    """Refuse shapes that the caller or a variant gives for an input that the network does not have."""
    known = tuple(scope.building.inputs)
    if scope.building.problems or not known:
        return
    for name, span in _given(top):
        if name not in known:
            named = () if known == (INPUT,) else known
            raise ProblemFound(errors.names.UnknownInput(span=span, name=name, known=named))


def warn_of_unread(scope: Scope, live: set[str]) -> None:
    """Record a warning for every named input that no output depends on."""
    for name in scope.building.inputs:
        if name not in live:
            problem = errors.flow.UnreadInput(span=scope.graph.places.get(name), name=name)
            scope.building.warnings.append(problem)


def records(scope: Scope) -> tuple[NamedShape, ...]:
    """The inputs as they stand in the network."""
    return tuple(NamedShape(name=name, shape=shape) for name, shape in scope.building.inputs.items())


def _given(top: Top) -> Iterator[tuple[str, Span | None]]:
    yield from ((name, span) for name, (_, span) in top.given_inputs.items())
    for level in top.levels:
        for node, _ in level.difference.inputs if level.difference else ():
            yield _name_of(node), node.span


def _name_of(node: tree.Input) -> str:
    return node.name.text if node.name else INPUT


def _refuse_taken(name: tree.Word, scope: Scope) -> None:
    if name.text == OUTPUT or name.text in scope.names or name.text in scope.flows:
        raise scope.refuse(errors.names.NameGivenTwice(name=name.text), name.span)


def _refuse_late(node: tree.Input, scope: Scope) -> None:
    """An input must come before everything that is applied, whatever it is applied to."""
    building = scope.building
    too_early = [problem for problem in building.problems if isinstance(problem, errors.flow.NoInput)]
    if too_early:
        building.problems = [problem for problem in building.problems if problem not in too_early]
        raise scope.refuse(errors.flow.LateInput(first=too_early[0].span), node.span)
    if scope.graph.nodes or scope.current is not None:
        first = scope.graph.places.get(scope.graph.nodes[0].path) if scope.graph.nodes else None
        raise scope.refuse(errors.flow.LateInput(first=first), node.span)


def _has_channels_last(shape: tuple[int, ...]) -> bool:
    """Whether this would be a square image, or a clip of them, with one, three or four channels, with channels last."""
    if len(shape) not in (3, 4) or shape[-1] not in (1, 3, 4) or shape[0] in (1, 3, 4):
        return False
    return shape[-3] == shape[-2] > 4


def _passed_input(top: Top, scope: Scope, node: tree.Input | None, shape: Dims) -> bool:
    """Whether a variant that changes nothing else gives the base a different input from that in its own text."""
    if len(top.levels) == 1 or any(level.difference for level in top.levels):
        return False
    if INPUT in scope.names:
        default = next(each.default for each in top.levels[-1].definition.node.parameters if each.name == INPUT)
        return default is not None and shape != as_dims(evaluate(default, scope), scope, default.span)
    return node is not None and shape != _dims_of(node, scope)


def _dims_of(node: tree.Input, scope: Scope) -> Dims:
    return as_dims(evaluate(node.value, scope), scope, node.value.span)
