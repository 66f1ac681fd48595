"""Where the value of each parameter and setting came from: the call, the stage, a default, the network, or outside.

The nearest value wins, as in `resdsl.elaborate.calls`: the call, the stage, the block's own default, the settings
outside. So the way into the network is followed back until one of them gives the value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from typing import Literal, NamedTuple

from resdsl.compiler import Spec
from resdsl.elaborate.argument_values import names_of_arguments
from resdsl.elaborate.linking import Callee, Module, NetworkDefinition
from resdsl.elaborate.places import Places, PlaceStep
from resdsl.elaborate.scope import SETTINGS, op_of
from resdsl.ir.network import Argument, Layer, Reference
from resdsl.ir.text import value_text
from resdsl.ops.base import Op
from resdsl.ops.text import parameter_value_text, usual_values
from resdsl.source import Span
from resdsl.syntax import tree
from resdsl.syntax.mentions import walk

Giver = Literal["call", "stage", "default", "network", "variant", "option", "setting", "inferred", "language"]

_STATEMENTS = tree.Apply | tree.StageStatement | tree.Residual | tree.Gate | tree.Parallel | tree.BracketRow


class ResolvedSetting(NamedTuple):
    """A parameter or setting with its value, and what gave it.

    Attributes:
        name: its name.
        value: as the language writes it.
        giver: what gave it.
        span: where that stands; None if it stands in no text.
    """

    name: str
    value: str
    giver: Giver
    span: Span | None = None


class _Given(NamedTuple):
    giver: Giver
    span: Span | None = None


class _InForce(NamedTuple):
    """A setting in force, and the arguments within its value."""

    setting: ResolvedSetting
    arguments: frozenset[str] = frozenset()


class Origins:
    """Where the values in a network came from.

    Args:
        spec: the text.
        definition: the network.
        places: where its nodes come from.
        options: the names of the values that are given from outside.
    """

    def __init__(self, spec: Spec, definition: NetworkDefinition, places: Places, options: Collection[str]) -> None:
        self._spec = spec
        self._definition = definition
        self._places = places
        self._options = options

    def of_network(self) -> Iterator[ResolvedSetting]:
        """The parameters of the network, then the settings at its top."""
        network = self._places.network
        names = [argument.name for argument in network.arguments]
        more = [setting for setting in network.settings if setting.name not in names]
        for each in (*network.arguments, *more):
            yield ResolvedSetting(each.name, value_text(each.value), *self._of_network(each.name))

    def of_block(self, way: tuple[PlaceStep, ...]) -> Iterator[ResolvedSetting]:
        """The parameters of the block to which a way leads, then the settings in force in it."""
        body = way[-1].body
        assert body is not None
        for argument in body.origin.arguments:
            yield ResolvedSetting(argument.name, value_text(argument.value), *self._of_parameter(argument.name, way))
        names = [argument.name for argument in body.origin.arguments]
        for name in SETTINGS:
            found = self._setting(name, way) if name not in names else None
            if found is not None:
                yield found.setting

    def of_layer(self, way: tuple[PlaceStep, ...]) -> Iterator[ResolvedSetting]:
        """The parameters of the op of a layer."""
        layer = way[-1].node
        assert isinstance(layer, Layer)
        inputs = tuple([way[-1].graph.values[each] for each in layer.inputs])
        target, arguments = _call(self._statement(way[-1]))
        op = type(layer.op)
        given = {name: each for name, each in names_of_arguments(arguments, op.parameters()) if name is not None}
        usual = usual_values(layer.op, inputs)
        for name in op.parameters():
            value = getattr(layer.op, name)
            found = _Given("call", given[name].span) if name in given else self._of_op(op, target, name, way)
            if name not in given and found.giver == "default" and usual.get(name) != value:
                found = _Given("inferred")
            yield ResolvedSetting(name, parameter_value_text(value), *found)

    def _of_op(self, op: type[Op], target: str, name: str, way: tuple[PlaceStep, ...]) -> _Given:
        if target in ("norm", "act") and op_of(target) is None:
            found = self._setting(target, way[:-1])
            if found is not None and name in found.arguments:
                return _Given("setting", found.setting.span)
        return _Given("default" if op.defaults.get(name) is not None else "inferred")

    def _of_parameter(self, name: str, way: tuple[PlaceStep, ...]) -> _Given:
        """What gave a block a parameter."""
        step = way[-1]
        statement = self._statement(step)
        callee = self._callee(step)
        if isinstance(statement, tree.Residual):
            shortcut = self._setting("shortcut", way[:-1])
            if shortcut is not None and name in shortcut.arguments:
                return _Given("setting", shortcut.setting.span)
        found = self._given_by(statement, callee, name, step)
        if found is not None:
            return found
        default = next((each.default for each in callee.parameters if each.name == name), None)
        if default is not None:
            return _Given("default", default.span)
        outside = self._setting(name, way[:-1]) if name in SETTINGS else None
        return _Given(outside.setting.giver, outside.setting.span) if outside is not None else _Given("inferred")

    def _given_by(self, statement: tree.Node | None, callee: Callee, name: str, step: PlaceStep) -> _Given | None:
        """What a statement gives a block, in its call or behind it."""
        arguments = _call(statement)[1]
        for matched, argument in names_of_arguments(arguments, callee.parameter_names):
            if matched == name:
                return _Given("call", argument.span)
        if isinstance(statement, tree.StageStatement):
            for argument in statement.arguments:
                if argument.name == name:
                    return _Given("stage", argument.span)
        return None

    def _setting(self, name: str, way: tuple[PlaceStep, ...]) -> _InForce | None:
        """A setting in force within the block to which a way leads; None if nothing sets it."""
        if not way:
            top = next((each for each in self._places.network.settings if each.name == name), None)
            return self._in_force(top, self._of_network(name)) if top is not None else None
        body, statement = way[-1].body, self._statement(way[-1])
        if body is None:
            return self._setting(name, way[:-1])
        own = next((each for each in body.origin.arguments if each.name == name), None)
        if own is not None:
            return self._in_force(own, self._of_parameter(name, way))
        behind = _behind(statement)
        argument = next((each for each in (*_call(statement)[1], *behind) if each.name == name), None)
        if argument is None:
            return self._setting(name, way[:-1])
        giver: Giver = "stage" if argument in behind else "call"
        resolved = ResolvedSetting(name, argument.value.span.text, giver, argument.span)
        return _InForce(resolved, _written_arguments(argument.value))

    def _in_force(self, argument: Argument, given: _Given) -> _InForce:
        value = argument.value
        names = [each.name for each in value.arguments] if isinstance(value, Reference) else []
        return _InForce(ResolvedSetting(argument.name, value_text(value), *given), frozenset(names))

    def _of_network(self, name: str) -> _Given:
        """What gave the network a parameter or setting."""
        if name in self._options:
            return _Given("option")
        current: NetworkDefinition | None = self._definition
        while current is not None:
            node = current.node
            default = next((each.default for each in node.parameters if each.name == name), None)
            if default is not None:
                return _Given("network", default.span)
            if isinstance(node, tree.Definition):
                break
            base = _base(node, current.module)
            free = [parameter.name for parameter in base.node.parameters] if base is not None else []
            for matched, argument in names_of_arguments(node.arguments, free):
                if matched == name:
                    return _Given("variant", argument.span)
            current = base
        return _Given("language")

    def _callee(self, step: PlaceStep) -> Callee:
        assert step.body is not None
        known = self._places.built(step.body)
        assert known is not None
        return known[0]

    def _statement(self, step: PlaceStep) -> tree.Node | None:
        span = step.graph.statements.get(step.node.name)
        return self._statements.get(span) if span is not None else None

    @cached_property
    def _statements(self) -> dict[Span, tree.Node]:
        """The statements of all files, by their places."""
        found: dict[Span, tree.Node] = {}
        for module in _modules(self._spec.module):
            for item in module.file.items:
                for node in walk(item):
                    if isinstance(node, _STATEMENTS):
                        found.setdefault(node.span, node)
        return found


def _call(statement: tree.Node | None) -> tuple[str, tuple[tree.CallArgument, ...]]:
    """What a statement calls, and its arguments."""
    match statement:
        case tree.Apply():
            return statement.target.text, statement.arguments
        case tree.StageStatement(unit=tree.Unit() as unit):
            return unit.target.text, unit.arguments
        case tree.BracketRow():
            return "conv", statement.arguments
    return "", ()


def _written_arguments(value: tree.Expression) -> frozenset[str]:
    """The parameters that the value of a setting gives: `groups` of `group_norm(8)`."""
    if not isinstance(value, tree.CallExpression):
        return frozenset()
    op = op_of(value.target.text)
    matched = names_of_arguments(value.arguments, op.parameters() if op is not None else ())
    return frozenset(name for name, _ in matched if name is not None)


def _behind(statement: tree.Node | None) -> tuple[tree.CallArgument, ...]:
    """The arguments of a stage itself."""
    return statement.arguments if isinstance(statement, tree.StageStatement) else ()


def _base(node: tree.Variant, module: Module) -> NetworkDefinition | None:
    """The network that a variant is one of."""
    named: object = module.find(node.base.parts[0])
    for part in node.base.parts[1:]:
        named = named.names.get(part) if isinstance(named, Module) else None
    return named if isinstance(named, NetworkDefinition) else None


def _modules(module: Module) -> Iterable[Module]:
    found: dict[Module, None] = {}
    left = [module]
    while left:
        each = left.pop()
        if each not in found:
            found[each] = None
            named = (*each.names.values(), *each.outer.values())
            left += [one if isinstance(one, Module) else one.module for one in named]
    return found
