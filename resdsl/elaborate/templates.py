"""Makes the body of a block from one that was built before with other numbers.

In a design space, nearly every block has a width, a number of groups or of entering channels that no block had before,
while what it consists of was met already: the same ops at the same paths, reading one another in the same way. Then
only the ops are made again, and the records in which they differ. Running the statements takes several times as long.

That holds for definitions of a simple form: ops and residuals, with conditions, where nothing is named, shared or
stated about shapes and `channels` is not used. What their conditions come to must be what it was, and each residual
must find the same kind of shortcut. Numbers above one may differ; everything else that a body depends on is its kind.
Whatever is not as it was, a problem too, is left to a run of the statements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from resdsl.diagnostics.problem import ProblemFound
from resdsl.elaborate.cache import BuiltBody, Known
from resdsl.elaborate.calls import GivenArguments, make_op, read_arguments
from resdsl.elaborate.expressions import truth
from resdsl.elaborate.graph import stride_between, strides_after
from resdsl.elaborate.linking import Callee
from resdsl.elaborate.scope import Scope, Unset
from resdsl.elaborate.values import Bound, Flow, Value, key
from resdsl.ir.network import INPUT, Body, Call, Layer, Node, output_name
from resdsl.ops.base import Op, Shapes
from resdsl.source import Span
from resdsl.syntax import tree
from resdsl.syntax.mentions import names_in, walk

Choose = Callable[[Bound, Flow, Flow, tree.Residual, Scope], BuiltBody]
"""Calls the shortcut in force, from what enters a residual to what its body yields."""
_STATEMENTS = (tree.Apply, tree.Residual, tree.If, tree.Require)


class _Changed(Exception):
    """Something is not as it was."""


class TemplateStep(NamedTuple):
    """How a node came about.

    Attributes:
        node: the node.
        target: the op that was applied; None for a shortcut.
        given: its arguments; None if they have to be read again.
        statement: what applied it, or the residual that it ends.
        reads: the numbers in its arguments that may differ.
    """

    node: Node
    target: Bound | None
    given: GivenArguments | None
    statement: tree.Node
    reads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """A body, and what has to be done to make another one of its kind.

    Attributes:
        built: the body.
        conditions: the conditions that use numbers, and what they came to.
        steps: how its nodes came about, in their order.
    """

    built: BuiltBody
    conditions: tuple[tuple[tree.Expression, bool], ...]
    steps: tuple[TemplateStep, ...]


def kind_of_call(callee: Callee, names: Mapping[str, Value], extra: Mapping[str, Value], inside: Scope) -> Known | None:
    """Everything that two calls have in common if the body of one can be made from that of the other.

    None if the bodies of this definition are no templates.
    """
    if inside.current is None or inside.flows or not _is_simple(callee):
        return None
    values = tuple([_mark(value) for known in (names, extra) for value in known.values()])
    return (callee, values, inside.settings.key(), len(inside.current.shape), inside.building.has_own_input)


def _mark(value: Value) -> object:
    return int if _is_free(value) else key(value)


def _is_free(value: Value) -> bool:
    """Whether it is a number that may differ; 0 and 1 are cases of their own, such as a stride or a group."""
    return type(value) is int and value > 1


def template_of(built: BuiltBody, callee: Callee, inside: Scope) -> Template | None:
    """The template that a body is, if it is one.

    Args:
        built: the body.
        callee: its definition, which has a kind.
        inside: a scope with the names that it knew.
    """
    body = built.body
    if (body is None and not built.empty) or built.shapes or built.warnings or inside.building.problems:
        return None
    if body is not None and (body.also or body.beside):
        return None
    free = {name for name, value in inside.names.items() if _is_free(value)}
    statements = _by_span(callee)
    try:
        conditions = tuple([(each, truth(each, inside)) for each in _conditions(callee) if _uses(each, free)])
        nodes = body.nodes if body is not None else ()
        return Template(built, conditions, tuple([_step(node, built, statements, free, inside) for node in nodes]))
    except (ProblemFound, _Changed):
        return None


def _step(
    node: Node, built: BuiltBody, statements: Mapping[Span, tree.Node], free: set[str], inside: Scope
) -> TemplateStep:
    span = built.statements.get(node.name)
    statement = statements.get(span) if span is not None else None
    if isinstance(node, Layer) and isinstance(statement, tree.Apply):
        target = inside.find(statement.target)
        if not isinstance(target, Bound) or isinstance(target.target, Callee) or _uses(statement.label, free):
            raise _Changed
        reads = tuple(dict.fromkeys(name.parts[0] for name in names_in(statement.arguments) if name.parts[0] in free))
        given = None if reads else read_arguments(target, statement.arguments, inside, statement.span)
        return TemplateStep(node, target, given, statement, reads)
    if isinstance(node, Layer) and isinstance(statement, tree.Residual) and node.joins == "residual":
        return TemplateStep(node, Bound(type(node.op)), GivenArguments({}, {}, {}, statement.span), statement)
    if isinstance(node, Call) and isinstance(statement, tree.Residual) and node.role == "shortcut":
        return TemplateStep(node, None, None, statement)
    raise _Changed


def replayed(template: Template, inside: Scope, choose: Choose) -> tuple[Sequence[Node], Flow] | None:
    """The nodes of another body of the same kind and what flows out of it; None if it is not like its template.

    Args:
        template: a body of this kind.
        inside: a scope with the names that the body knows, and what flows in.
        choose: what calls a shortcut.
    """
    replay = Replay(inside, choose)
    exit_ = replay.run(template)
    return (replay.nodes, exit_) if exit_ is not None else None


class Replay:
    """Goes through the steps of a template with other numbers.

    Args:
        inside: a scope with the names that the body knows, and what flows in.
        choose: what calls a shortcut.

    Attributes:
        nodes: the nodes so far.
    """

    def __init__(self, inside: Scope, choose: Choose) -> None:
        assert inside.current is not None
        self._inside = inside
        self._choose = choose
        self._flows = {INPUT: inside.current}
        self._calls: dict[str, TemplateStep] = {}
        self.nodes: list[Node] = []

    def run(self, template: Template) -> Flow | None:
        """Go through all steps; what flows out, None if something is not as it was."""
        building = self._inside.building
        checkpoint = building.checkpoint()
        try:
            exit_ = self._all(template)
        except (ProblemFound, _Changed):
            exit_ = None
        if exit_ is None or building.checkpoint() != checkpoint:
            building.rollback(checkpoint)
            return None
        return exit_

    def _all(self, template: Template) -> Flow:
        if any(truth(condition, self._inside) != before for condition, before in template.conditions):
            raise _Changed
        for step in template.steps:
            if step.target is None:
                # It depends on what the body of the residual yields.
                self._calls[step.node.name] = step
                self.nodes.append(step.node)
                continue
            if isinstance(step.statement, tree.Residual):
                self._meet(step, step.statement)
            self._layer(step, tuple([self._flow(name) for name in step.node.inputs]))
        body = template.built.body
        return self._flow(body.output if body is not None else INPUT)

    def _flow(self, name: str) -> Flow:
        flow = self._flows.get(name)
        if flow is None:
            raise _Changed
        return flow

    def _layer(self, step: TemplateStep, inputs: tuple[Flow, ...]) -> None:
        """Add a layer."""
        op, shapes = self._op(step, inputs)
        node = step.node
        assert isinstance(node, Layer)
        if op is not node.op or shapes != node.shapes:
            node = Layer(
                name=node.name,
                path=node.path,
                op=op,
                inputs=node.inputs,
                shapes=shapes,
                role=node.role,
                joins=node.joins,
            )
        self.nodes.append(node)
        self._yields(node, shapes, strides_after(op, inputs))

    def _op(self, step: TemplateStep, inputs: tuple[Flow, ...]) -> tuple[Op, Shapes]:
        given, target, statement = step.given, step.target, step.statement
        assert target is not None
        assert not isinstance(target.target, Callee)
        if given is None:
            assert isinstance(statement, tree.Apply)
            given = read_arguments(target, statement.arguments, self._inside, statement.span)
        op, shapes = make_op(target.target, given, tuple([flow.shape for flow in inputs]), self._inside)
        if len(shapes) != len(step.node.shapes):
            raise _Changed
        return op, shapes

    def _yields(self, node: Node, shapes: Shapes, strides: tuple[int, ...] | None) -> None:
        for index, shape in enumerate(shapes):
            name = output_name(node.name, index)
            self._flows[name] = Flow(name, shape, strides)

    def _meet(self, step: TemplateStep, residual: tree.Residual) -> None:
        """Find what is added to the body of a residual."""
        exit_, beside = self._flow(step.node.inputs[0]), step.node.inputs[1]
        call = self._calls.get(beside)
        entry = self._flow(call.node.inputs[0] if call is not None else beside)
        setting = self._inside.settings.shortcut
        if entry.strides is None or exit_.strides is None:
            raise _Changed
        if residual.identity or isinstance(setting, Unset):
            if entry.shape != exit_.shape or (not residual.identity and stride_between(entry, exit_) != 1):
                raise _Changed
            return
        if not isinstance(setting, Bound):
            raise _Changed
        built = self._chosen(step, setting, entry, exit_)
        if call is None:
            if not built.empty or entry.shape != exit_.shape:
                raise _Changed
            return
        if built.body is None or built.body.shape != exit_.shape or built.body.also:
            raise _Changed
        self._shortcut(call.node, built.body)
        self._yields(call.node, built.body.shapes, None)

    def _chosen(self, step: TemplateStep, setting: Bound, entry: Flow, exit_: Flow) -> BuiltBody:
        assert isinstance(step.statement, tree.Residual)
        return self._choose(setting, entry, exit_, step.statement, self._inside)

    def _shortcut(self, call: Node, body: Body) -> None:
        """Add a shortcut in its place, which may be before the body."""
        assert isinstance(call, Call)
        made = Call(name=call.name, path=call.path, body=body, inputs=call.inputs, role=call.role)
        self.nodes[self.nodes.index(call)] = made


@lru_cache(maxsize=4096)
def _is_simple(callee: Callee) -> bool:
    """Whether the bodies of a definition may be templates."""
    if callee.kind == "bracket" or any(name.parts[0] == "channels" for name in names_in(callee.body)):
        return False
    nodes = [*walk(callee.body)]
    if any(isinstance(each, tree.Residual) and each.shape is not None for each in nodes):
        return False
    if any(isinstance(each, tree.Apply) and (each.shape is not None or each.shared) for each in nodes):
        return False
    lists = [each.statements for each in nodes if isinstance(each, tree.StatementList)]
    return all(isinstance(statement, _STATEMENTS) for statements in lists for statement in statements)


@lru_cache(maxsize=4096)
def _by_span(callee: Callee) -> Mapping[Span, tree.Node]:
    return {node.span: node for node in walk(callee.body) if isinstance(node, tree.Apply | tree.Residual)}


@lru_cache(maxsize=4096)
def _conditions(callee: Callee) -> tuple[tree.Expression, ...]:
    return tuple([node.condition for node in walk(callee.body) if isinstance(node, tree.If | tree.Require)])


def _uses(node: object, names: set[str]) -> bool:
    return any(name.parts[0] in names for name in names_in(node))
