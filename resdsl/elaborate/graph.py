"""A graph under construction: nodes in execution order, each with a name, a path and shapes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from resdsl.diagnostics.problem import Instantiation, ProblemFound
from resdsl.elaborate import errors
from resdsl.elaborate.building import Building
from resdsl.elaborate.cache import BuiltBody
from resdsl.elaborate.values import Dims, Flow, Value, key
from resdsl.ir.modules import may_hold, unusable_part
from resdsl.ir.network import INPUT, Body, Call, Layer, Node, Role, Run, Stage, output_name, value_shapes
from resdsl.ir.sharing import same_module
from resdsl.ops.base import Op, Shape, Shapes
from resdsl.source import Span

NOTHING: Mapping[str, Flow] = {}


class Paths:
    """The paths in use, and which of them enclose which."""

    def __init__(self) -> None:
        self._paths: dict[str, Node] = {}
        self._within: dict[str, str] = {}
        self._values: set[str] = set()

    def add(self, node: Node) -> None:
        """Mark the path of a node as used."""
        self._paths[node.path] = node
        for above in _above(node.path):
            self._within.setdefault(above, node.path)

    def add_value(self, name: str) -> None:
        """Mark a name as that of an input: no module can have it as its path, though one can lie within."""
        self._values.add(name)

    def clash(self, path: str) -> str | None:
        """A path in use that is this one, lies within it, or encloses it."""
        if path in self._paths or path in self._values:
            return path
        if path in self._within:
            return self._within[path]
        around = (above for above in _above(path) if above in self._paths)
        return next((above for above in around if not may_hold(self._paths[above], path)), None)

    def copy(self) -> Paths:
        """A copy of this set of paths."""
        other = Paths()
        other._paths, other._within, other._values = dict(self._paths), dict(self._within), set(self._values)
        return other


def _above(path: str) -> list[str]:
    """The paths that enclose this one: `a` and `a.b` of `a.b.c`."""
    return [path[:at] for at, char in enumerate(path) if char == "."] if "." in path else []


Joins = Literal["residual", "gate", "parallel"]


@dataclass(slots=True)
class GraphBuilder:
    """Collects the nodes of one body.

    Attributes:
        by_position: whether paths are 0, 1, 2, ..., as in a shortcut, rather than made of names.
        taken: the paths in use.
        shared: the paths of modules that may be called again, with the places of their first calls.
        entries: the shapes of what flows into the graph, by name.
        places: where in the text each node comes from, by path.
        taps: in a block, the values that are outputs of the network, by name.
        statement: the statement that is run.
        statements: the statement that each node comes from, by the node's name.
    """

    building: Building
    by_position: bool = False
    nodes: list[Node] = field(default_factory=list)
    taken: Paths = field(default_factory=lambda: Paths())
    shared: dict[str, Span] = field(default_factory=dict)
    entries: dict[str, Shape] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    places: dict[str, Span] = field(default_factory=dict)
    taps: dict[str, Flow] = field(default_factory=dict)
    statement: Span | None = None
    statements: dict[str, Span] = field(default_factory=dict)

    def entry(self, shape: Shape, name: str = INPUT) -> Flow:
        """What flows into the graph."""
        self.entries[name] = shape
        return Flow(name, shape, (1,) * (len(shape) - 1))

    def fresh(self, prefix: str, from_one: bool) -> str:
        """The next path with that prefix: `conv1`, `conv2` if numbered from one, else `act`, `act2`."""
        if self.by_position:
            return str(self._count("") - 1)
        number = self._count(prefix)
        return f"{prefix}{number}" if from_one or number > 1 else prefix

    def clashes(self, path: str) -> str | None:
        """A path in use that is this one, lies within it, or encloses it."""
        return self.taken.clash(path)

    def make(self, op: type[Op], given: Mapping[str, Value], inputs: Shapes) -> tuple[Op, Shapes]:
        """The op that a call means, and the shapes of its outputs.

        Raises:
            resdsl.records.checks.Invalid: a parameter cannot take its value.
            ShapeError: the op cannot be applied to these shapes.
        """
        cache_key = (op, tuple((name, key(value)) for name, value in given.items()), inputs)
        known = self.building.session.ops.get(cache_key)
        if known is None:
            made = op.build(given, inputs)
            known = self.building.session.ops[cache_key] = made, made.infer(inputs)
        return known

    def apply(
        self,
        made: tuple[Op, Shapes],
        inputs: tuple[Flow, ...],
        path: str,
        role: Role,
        joins: Joins | None = None,
        like: Flow | None = None,
    ) -> tuple[Flow, ...]:
        """Add one op, and return what it yields, with the strides of the map that it is made like, if there is one."""
        op, shapes = made
        names, name = tuple(flow.name for flow in inputs), self._name_at(path)
        self.add(Layer(name=name, path=path, op=op, inputs=names, shapes=shapes, role=role, joins=joins))
        strides = like.strides if like is not None else strides_after(op, inputs)
        return tuple(Flow(output_name(name, index), shape, strides) for index, shape in enumerate(shapes))

    def call(
        self, built: BuiltBody, entry: Flow, path: str, role: Role, given: Mapping[str, Flow] = NOTHING
    ) -> tuple[Flow, ...]:
        """Add the call of a body, which may read given values beside what flows in, and return what it yields."""
        if built.body is None:
            return (entry,)
        name = self.add_call(path, built.body, inputs_of(built.body, entry, given), role)
        yielded = enumerate(zip(built.body.shapes, (built.strides, *built.also), strict=True))
        return tuple(
            [Flow(output_name(name, index), shape, scaled(entry.strides, own)) for index, (shape, own) in yielded]
        )

    def add_call(self, path: str, body: Body, inputs: tuple[str, ...], role: Role) -> str:
        """Add the call of a body on these values, and return its name."""
        name = self._name_at(path)
        self.add(Call(name=name, path=path, body=body, inputs=inputs, role=role))
        return name

    def stage(
        self,
        path: str,
        title: str | None,
        runs: list[tuple[Body, int]],
        inputs: tuple[str, ...],
        exit_: Flow,
        role: Role,
    ) -> Flow:
        """Add a stage of runs, each a body and its count, and return what it yields."""
        records = []
        first = 0
        for body, count in runs:
            records.append(Run(body=body, first=first, count=count))
            first += count
        name = self._name_at(path)
        self.add(Stage(name=name, path=path, title=title, runs=tuple(records), inputs=inputs, role=role))
        return Flow(name, exit_.shape, exit_.strides)

    def place_of(self, node: Node) -> Span | None:
        """Where in the text a node comes from."""
        first = self.shared.get(node.path) if node.name == node.path else None
        return first or self.places.get(node.name)

    def checkpoint(self) -> tuple[int, Paths, dict[str, int]]:
        """How far it has come, for `rollback`."""
        return len(self.nodes), self.taken.copy(), dict(self.counters)

    def rollback(self, checkpoint: tuple[int, Paths, dict[str, int]]) -> None:
        """Forget what was added since a checkpoint."""
        nodes, self.taken, self.counters = checkpoint
        del self.nodes[nodes:]

    def add(self, node: Node) -> None:
        """Add an existing node.

        Raises:
            ProblemFound: its module was called before, with another op or another state.
        """
        if node.path in self.shared:
            self._refuse_another(node)
        if node.name != node.path and node.path in self.places:
            self.places[node.name] = self.places[node.path]
        if self.statement is not None:
            self.statements[node.name] = self.statement
        self.taken.add(node)
        self.nodes.append(node)

    def _name_at(self, path: str) -> str:
        """The name of the next node with that path: the path, unless its module is called again."""
        number = 1 + sum(node.path == path for node in self.nodes) if path in self.shared else 1
        if number == 1:
            return path
        first, dot, rest = path.partition(".")
        first = f"_{first}" if first.isdigit() else first
        while self.clashes(name := f"{first}_{number}{dot}{rest}"):
            number += 1
        self.taken.add_value(name)
        return name

    def _refuse_another(self, node: Node) -> None:
        first = next((earlier for earlier in self.nodes if earlier.path == node.path), node)
        shapes = {**self.entries, **value_shapes(tuple(self.nodes))}
        reads, first_reads = (tuple([shapes[value] for value in each.inputs]) for each in (node, first))
        if first is not node and not same_module(first, first_reads, node, reads):
            raise ProblemFound(errors.networks.AnotherModule(path=node.path, first=self.shared[node.path]))

    def _count(self, prefix: str) -> int:
        number = self.counters.get(prefix, 0) + 1
        self.counters[prefix] = number
        return number


def inputs_of(body: Body, entry: Flow, given: Mapping[str, Flow]) -> tuple[str, ...]:
    """The values that a call of a body reads."""
    return (entry.name, *(given[name].name for name in body.beside))


def warn_of_dead(graph: GraphBuilder, outputs: Iterable[str], chain: tuple[Instantiation, ...]) -> set[str]:
    """Record a warning for every node that no output depends on; the names of the values that one does."""
    live = set(outputs)
    for node in reversed(graph.nodes):
        if any(output_name(node.name, index) in live for index in range(len(node.shapes))):
            live.update(node.inputs)
        else:
            problem = errors.flow.DeadValue(span=graph.place_of(node), chain=chain, path=node.path)
            graph.building.warnings.append(problem)
    return live


def warn_of_names(graph: GraphBuilder, chain: tuple[Instantiation, ...]) -> None:
    """Record a warning for every path that no PyTorch module can have."""
    for node in graph.nodes:
        part = unusable_part(node.path) if node.name == node.path else None
        if part is not None:
            problem = errors.flow.NotAModuleName(
                span=graph.places.get(node.path), chain=chain, path=node.path, part=part
            )
            graph.building.warnings.append(problem)


def scaled(strides: tuple[int, ...] | None, factor: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """The strides after another subsampling."""
    if strides is None or factor is None or len(strides) != len(factor):
        return None
    return tuple(a * b for a, b in zip(strides, factor, strict=True))


def strides_between(entry: Flow, exit_: Flow) -> tuple[int, ...] | None:
    """The product of the strides from one flow to another, axis by axis; None if they are not known, or not whole."""
    if entry.strides is None or exit_.strides is None or len(entry.strides) != len(exit_.strides):
        return None
    pairs = list(zip(entry.strides, exit_.strides, strict=True))
    if any(after % before for before, after in pairs):
        return None
    return tuple([after // before for before, after in pairs])


def strides_after(op: Op, inputs: tuple[Flow, ...]) -> tuple[int, ...] | None:
    """The strides where branches meet: those of the first branch that has them, since the shapes agree."""
    before = next((flow.strides for flow in inputs if flow.strides is not None), None)
    if before is None:
        return None
    return scaled(before, op.strides(len(before)))


def stride_between(entry: Flow, exit_: Flow) -> Value:
    """The product of the strides from one flow to another: an integer if all axes agree; None if unknown."""
    strides = strides_between(entry, exit_)
    if strides is None:
        return None
    if not strides:
        return 1  # a vector has no axes to stride along
    return strides[0] if len(set(strides)) == 1 else Dims(strides)
