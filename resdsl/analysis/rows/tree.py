"""A network as a tree of rows: the whole, its parts and stages, their blocks, their layers.

Why it exists: tables, figures and comparisons show a network at one of five depths, and rely on the same three promises
at each: rows are in execution order, every row with parts is the sum of its parts, and equal consecutive repeats are
one row (`x 3`) unless they are expanded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Literal, TypedDict, get_args

from resdsl.analysis.costs import Costs, body_costs, layer_costs, network_costs, stage_costs
from resdsl.analysis.memory.saved import Saved, Ways, network_kept, node_ways, run_ways, sum_of
from resdsl.analysis.rows.regions import named_parts, regions
from resdsl.ir.network import Body, Call, Layer, Network, Node, Role, Run
from resdsl.ir.text import call
from resdsl.ir.walk import bodies
from resdsl.ops.base import Op, Shape, Shapes
from resdsl.ops.text import op_text

Depth = Literal["model", "part", "stage", "block", "layer"]
Kind = Literal["model", "stem", "part", "head", "stage", "block", "body", "shortcut", "gate", "layer"]
DEPTHS: tuple[Depth, ...] = get_args(Depth)
NestedDepth = Literal["model", "stage", "block", "layer"]
NESTED_DEPTHS: tuple[NestedDepth, ...] = get_args(NestedDepth)
"""The depths at which each row is the sum of rows at the next."""
Definition = tuple[str | None, str]
"""The file of a definition, and its name."""
SavedPerRepeat = tuple[tuple[Saved, int], ...]
"""What repeats of a part save for the backward pass: for each group of consecutive repeats that save the same, what one
of them saves, and how many they are."""


@dataclass(frozen=True, slots=True)
class Row:
    """A part of a network with its costs.

    Attributes:
        path: its module path; for equal repeats that of the first, `layer1.1`. Parts that are not modules
            (`stem`, `head`) have the path of their first layer.
        name: the name of a network, the title of a stage, `basic(64)`, `conv 3x3, 64`.
        kind: the kind of part. `body` is a block without its shortcuts.
        role: whether it is on the main path of the network, in a shortcut, or in a gate.
        repeats: the number of equal parts that it covers, also for a `layer` of a repeated block.
        times: how many of them are consecutive within the enclosing part.
        inputs: the shapes that it reads, for the first repeat.
        outputs: the shapes that it yields, for the last repeat.
        costs: the costs of all its repeats.
        kept: what it keeps for the backward pass, for groups of its repeats: the first may keep its input, which
            the others find kept already.
        op: the op of a `layer`.
        nodes: the nodes that it was made from, in the order of its graph: one node, or several for consecutive layers,
            for equal blocks in one row, and for a block without its shortcuts. The blocks of a stage are not nodes.
        values: the shapes of the values of that graph.
        body: the body that a block, a shortcut or a gate calls.
        parts: the rows whose costs add up to its own; empty at the ends of the tree.
    """

    path: str
    name: str
    kind: Kind
    role: Role
    repeats: int
    inputs: Shapes
    outputs: Shapes
    costs: Costs
    op: Op | None = None
    parts: tuple[Row, ...] = ()
    kept: SavedPerRepeat = ()
    times: int = 1
    nodes: tuple[Node, ...] = field(default=(), compare=False, repr=False)
    values: Mapping[str, Shape] = field(default_factory=dict, compare=False, repr=False)
    body: Body | None = field(default=None, compare=False, repr=False)

    @property
    def saved(self) -> Saved:
        """What all its repeats keep for the backward pass; the rows of the parts add up to this."""
        return sum_of(self.kept)

    @property
    def last_path(self) -> str:
        """The path of the last of its consecutive repeats."""
        before, _, index = self.path.rpartition(".")
        return f"{before}.{int(index) + self.times - 1}" if self.times > 1 else self.path

    def flat(self, level: int = 0) -> Iterator[tuple[int, Row]]:
        """This row and all rows below it, each with its level, in execution order."""
        yield level, self
        for part in self.parts:
            yield from part.flat(level + 1)

    def leaves(self) -> Iterator[Row]:
        """The rows at the ends of the tree."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


def rows(network: Network, by: Depth = "layer", *, expand: bool = False) -> Row:
    """The rows of a network down to a depth.

    Args:
        network: the network.
        by: how deep the tree goes. `part` is `stage` with one row for everything below one name, `backbone` for
            `backbone.layer1` and `backbone.layer2`, and for a block that is shared. From `block` on, a block with a
            shortcut has its body and the shortcut as parts.
        expand: whether equal repeats are separate rows. A thousand of them are a thousand rows.
    """
    depth = DEPTHS.index(by)
    return _Rows(network, depth, telling_arguments(network) if depth else {}, expand=expand).whole()


class _MadeOf(TypedDict):
    nodes: tuple[Node, ...]
    values: Mapping[str, Shape]


class _Rows:
    """Makes the rows of one network."""

    def __init__(
        self, network: Network, depth: int, telling: Mapping[Definition, frozenset[str]], *, expand: bool
    ) -> None:
        self._network = network
        self._depth = depth
        self._expand = expand
        self._telling = telling

    def whole(self) -> Row:
        network = self._network
        inputs = tuple([given.shape for given in network.inputs])
        outputs = tuple([network.values[tap.value] for tap in network.outputs])
        ways = ((network_kept(network), 1),)
        costs = network_costs(network)
        made_of: _MadeOf = {"nodes": network.nodes, "values": network.values}
        whole = Row("", network.name, "model", "main", 1, inputs, outputs, costs, kept=_saved(ways), **made_of)
        return replace(whole, parts=tuple(self._parts(ways))) if self._depth else whole

    def _parts(self, ways: Ways) -> Iterator[Row]:
        """The rows of named parts, and of everything else at the top."""
        network = self._network
        graph = _Graph(network.values, "", 1, "main", _by_node(network.nodes, ways))
        if self._depth != DEPTHS.index("part"):
            yield from self._top(network.nodes, graph)
            return
        for name, nodes in named_parts(network.nodes, network.values):
            if not name:
                yield from self._top(nodes, graph)
                continue
            found = tuple([row for node in nodes for row in self._node(node, graph)])
            yield _row_of(name, name, "part", graph, found, keep=False)

    def _top(self, nodes: Sequence[Node], graph: _Graph) -> Iterator[Row]:
        """Stages and blocks at the top, and the rows of the layers before, between and after them."""
        waiting: list[Layer] = []
        blocks = [index for index, node in enumerate(nodes) if not isinstance(node, Layer)]
        first, last = [bool(nodes) and nodes[end] is self._network.nodes[end] for end in (0, -1)]
        for index, node in enumerate(nodes):
            if isinstance(node, Layer):
                waiting.append(node)
                continue
            if waiting:
                yield from self._layers(waiting, graph, "stem" if first and index == blocks[0] else "part")
            waiting = []
            yield from self._node(node, graph)
        if waiting:
            yield from self._layers(waiting, graph, "head" if last and (blocks or not first) else "part")

    def _layers(self, layers: list[Layer], graph: _Graph, kind: Kind) -> Iterator[Row]:
        """The row of layers that follow each other; layers that branch have a row for each of their regions."""
        found = list(regions(layers))
        for region in found:
            yield self._region(region, graph, kind if len(found) == 1 else "part")

    def _region(self, layers: Sequence[Layer], graph: _Graph, kind: Kind) -> Row:
        parts = tuple([row for layer in layers for row in self._node(layer, graph)])
        ends = dict.fromkeys((layers[0].path, layers[-1].path))
        name = kind if kind != "part" else " to ".join(ends)
        return _row_of(layers[0].path, name, kind, graph, parts, keep=self._depth >= DEPTHS.index("layer"))

    def _node(self, node: Node, graph: _Graph) -> Iterator[Row]:
        """The rows of a node; of what exists in training only, they have the state alone."""
        idle = graph.prefix == "" and node.name in self._network.trained_only
        for row in self._rows_of(node, graph):
            yield _idle(row) if idle else row

    def _rows_of(self, node: Node, graph: _Graph) -> Iterator[Row]:
        """The rows of a node: one, unless it is a module's second call, whose state was counted."""
        role = node.role if graph.role == "main" else graph.role
        inputs = tuple([graph.values[value] for value in node.inputs])
        path = f"{graph.prefix}{node.path}"
        ways = graph.ways[node.name]
        made_of: _MadeOf = {"nodes": (node,), "values": graph.values}
        again = node.path in graph.modules
        graph.modules.add(node.path)
        if isinstance(node, Layer):
            costs = layer_costs(node, inputs).with_role(role) * graph.times
            name = op_text(node.op, inputs)
            flow = (inputs, node.shapes)
            row = Row(path, name, "layer", role, graph.times, *flow, costs, node.op, kept=_saved(ways), **made_of)
            yield _without_state(row) if again else row
            return
        if isinstance(node, Call):
            row = replace(self._body(path, node.body, _kind(node), graph.times, role, ways), **made_of)
        else:
            costs = stage_costs(node).with_role(role) * graph.times
            title, kept = node.title or path, _saved(ways)
            row = Row(path, title, "stage", role, graph.times, inputs, node.shapes, costs, kept=kept, **made_of)
            if self._depth >= DEPTHS.index("block"):
                runs = [
                    self._run(path, run, graph.times, role, run_ways(ways, position, run.count))
                    for position, run in enumerate(node.runs)
                ]
                row = replace(row, parts=tuple([part for parts in runs for part in parts]))
        yield _without_state(row) if again else row

    def _run(self, path: str, run: Run, times: int, role: Role, ways: Ways) -> Iterator[Row]:
        if not self._expand:
            row = self._body(f"{path}.{run.first}", run.body, "block", times * run.count, role, ways)
            yield replace(row, times=run.count)
            return
        index = run.first
        for kept, count in ways:
            first = self._body(f"{path}.{index}", run.body, "block", times, role, ((kept, 1),))
            yield first
            for other in range(index + 1, index + count):
                yield _moved(first, first.path, f"{path}.{other}")
            index += count

    def _body(self, path: str, body: Body, kind: Kind, times: int, role: Role, ways: Ways) -> Row:
        name = call(body.origin, self._telling.get((body.origin.source, body.origin.name)))
        costs = body_costs(body).with_role(role) * times
        row = Row(path, name, kind, role, times, body.inputs, body.shapes, costs, kept=_saved(ways), body=body)
        if self._depth < DEPTHS.index("block"):
            return row
        graph = _Graph(body.values, f"{path}.", times, role, _by_node(body.nodes, ways))
        if self._depth >= DEPTHS.index("layer"):
            return replace(row, parts=tuple([part for node in body.nodes for part in self._node(node, graph)]))
        return replace(row, parts=tuple(self._body_and_shortcuts(body, graph)))

    def _body_and_shortcuts(self, body: Body, graph: _Graph) -> Iterator[Row]:
        """The body of a block and its shortcuts, if it has any; blocks inside it are not expanded."""
        shallow = _Rows(self._network, DEPTHS.index("stage"), self._telling, expand=False)
        found = [row for node in body.nodes for row in shallow._node(node, graph)]
        beside = [row for row in found if row.kind == "shortcut"]
        if not beside:
            return
        rest = [row for row in found if row.kind != "shortcut"]
        yield _row_of(graph.prefix.removesuffix("."), "body", "body", graph, tuple(rest), keep=False)
        yield from beside


@dataclass(slots=True)
class _Graph:
    """The graph that rows are made from.

    Attributes:
        values: the shapes of its values.
        prefix: what the paths of its nodes start with.
        times: how often it is run in the network.
        role: the path of the network that it is on.
        ways: what each node keeps for the backward pass, by name.
        modules: the paths of the modules met so far, whose state is counted.
    """

    values: Mapping[str, Shape]
    prefix: str
    times: int
    role: Role
    ways: Mapping[str, Ways]
    modules: set[str] = field(default_factory=set)


def _row_of(path: str, name: str, kind: Kind, graph: _Graph, parts: tuple[Row, ...], *, keep: bool) -> Row:
    """A row that is nothing but its parts."""
    costs = sum((part.costs for part in parts[1:]), parts[0].costs)
    kept = tuple([reduce(_together, each) for each in zip(*(part.kept for part in parts), strict=True)])
    nodes = tuple([node for part in parts for node in part.nodes])
    flow = (parts[0].inputs, parts[-1].outputs)
    row = Row(path, name, kind, graph.role, graph.times, *flow, costs, kept=kept, nodes=nodes, values=graph.values)
    return replace(row, parts=parts) if keep else row


def _by_node(nodes: tuple[Node, ...], ways: Ways) -> dict[str, Ways]:
    """What each node of a graph keeps, by name."""
    return {node.name: node_ways(ways, position) for position, node in enumerate(nodes)}


def _saved(ways: Ways) -> SavedPerRepeat:
    return tuple([(kept.saved, times) for kept, times in ways])


def _together(one: tuple[Saved, int], other: tuple[Saved, int]) -> tuple[Saved, int]:
    """What two parts of one graph keep, which are run equally often."""
    return one[0].plus(other[0]), one[1]


def _kind(node: Call) -> Kind:
    if node.body.origin.kind == "shortcut":
        return "shortcut"
    return "gate" if node.role == "gate" else "block"


def _without_state(row: Row) -> Row:
    """The row of a module that was called before: its work is done again, its state is not there twice."""
    return replace(row, costs=row.costs.stateless(), parts=tuple(map(_without_state, row.parts)))


def _idle(row: Row) -> Row:
    """The row of what an inference pass leaves out."""
    return replace(row, costs=row.costs.idle(), parts=tuple(map(_idle, row.parts)))


def _moved(row: Row, before: str, after: str) -> Row:
    """The same row elsewhere."""
    path = after + row.path[len(before) :]
    return replace(row, path=path, parts=tuple([_moved(part, before, after) for part in row.parts]))


def telling_arguments(network: Network) -> dict[Definition, frozenset[str]]:
    """For each definition the arguments that tell its uses apart.

    These are the first one, and what is neither the same in all uses nor everywhere what the first is.
    """
    uses: dict[Definition, list[dict[str, object]]] = {}
    for _, body in bodies(network):
        given: dict[str, object] = {each.name: each.value for each in body.origin.arguments}
        uses.setdefault((body.origin.source, body.origin.name), []).append(given)
    return {definition: frozenset(_telling(given)) for definition, given in uses.items()}


def _telling(uses: list[dict[str, object]]) -> Iterator[str]:
    first, *others = uses[0] or [""]
    if first:
        yield first
    for name in others:
        if len({each.get(name) for each in uses}) > 1 and any(each.get(name) != each[first] for each in uses):
            yield name
