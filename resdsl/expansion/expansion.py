"""What a path of a network, or one of its definitions, expands to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from resdsl.analysis.costs import Costs, body_costs, layer_costs, network_costs, node_costs, stage_costs
from resdsl.compiler import Built, Spec
from resdsl.diagnostics.suggest import did_you_mean
from resdsl.elaborate.binding import Override
from resdsl.elaborate.linking import NetworkDefinition
from resdsl.elaborate.places import Places, PlaceStep
from resdsl.expansion.origins import Origins, ResolvedSetting
from resdsl.ir.network import Body, Call, Layer, Node, Stage
from resdsl.ir.text import call
from resdsl.ops.base import Shape, Shapes, show
from resdsl.ops.text import op_text
from resdsl.refusal import Refused
from resdsl.source import Span


class NothingToShow(Refused):
    """The network has no such part, and uses no definition of that name."""

    of_usage = True


class ExpandedNode(NamedTuple):
    """A node of a network or block.

    Attributes:
        path: within what is expanded.
        text: the op or the block, as the language writes it.
        repeats: how often a block comes in a row.
        shape: what it yields.
        costs: of all repeats.
        statement: where it comes from.
    """

    path: str
    text: str
    repeats: int
    shape: Shape
    costs: Costs
    statement: Span


class ExpandedPart(NamedTuple):
    """A network, a block or a layer.

    Attributes:
        path: in the network; empty for the network itself.
        text: the block or op, as the language writes it; the name of the network.
        repeats: how often it comes in a row.
        statement: where it comes from; None for the network.
        calls: the calls that lead there, from the innermost on.
        entering: what flows in.
        leaving: what flows out.
        strides: by how much each axis is subsampled; None if that is not defined.
        costs: of one of the repeats.
        settings: its parameters, and the settings in force.
        nodes: what it consists of; nothing for a layer.
    """

    path: str
    text: str
    repeats: int
    statement: Span | None
    calls: tuple[Span, ...]
    entering: Shapes
    leaving: Shapes
    strides: tuple[int, ...] | None
    costs: Costs
    settings: tuple[ResolvedSetting, ...]
    nodes: tuple[ExpandedNode, ...]


class Expansion(NamedTuple):
    """What was asked for: one part, or several where a stage or a definition expands to different blocks."""

    network: str
    path: str
    parts: tuple[ExpandedPart, ...]


def expand(
    spec: Spec, definition: NetworkDefinition, built: Built, overrides: Mapping[str, Override], path: str = ""
) -> Expansion:
    """What a network, or a part of it, expands to.

    Args:
        spec: the text.
        definition: the network in it.
        built: the same as it was built.
        overrides: the values from outside.
        path: of a stage, a block or a layer; or the name of a block or shortcut, all of whose forms are meant.

    Raises:
        NothingToShow: there is no such part, and no such definition is used.
    """
    assert built.places is not None
    expander = _Expander(built, built.places, Origins(spec, definition, built.places, tuple(overrides)))
    return Expansion(built.network.name, path, tuple(expander.parts(path)))


class _Expander:
    def __init__(self, built: Built, places: Places, origins: Origins) -> None:
        self._network = built.network
        self._places = places
        self._origins = origins

    def parts(self, path: str) -> Iterator[ExpandedPart]:
        if path in ("", self._network.name):
            yield self._whole()
            return
        way = self._places.way(path)
        if way is None:
            yield from self._of_definition(path)
        elif isinstance(way[-1].node, Layer):
            yield self._layer(path, way)
        elif isinstance(way[-1].node, Stage) and way[-1].repeat is None:
            yield from self._blocks(path, way)
        else:
            yield self._block(path, way, 1)

    def _whole(self) -> ExpandedPart:
        network = self._network
        top = next(self._places.graphs())
        return ExpandedPart(
            "",
            network.name,
            1,
            None,
            (),
            tuple(each.shape for each in network.inputs),
            tuple(network.values[each.value] for each in network.outputs),
            None,
            network_costs(network),
            tuple(self._origins.of_network()),
            tuple(_nodes(top.nodes, top.values, top.statements)),
        )

    def _of_definition(self, name: str) -> Iterator[ExpandedPart]:
        """Every form that a block or shortcut has in the network."""
        names: dict[str, None] = {}
        met: set[Body] = set()
        for graph in self._places.graphs():
            for node in graph.nodes:
                for body, index, count in _called(node):
                    names[body.origin.name] = None
                    if body.origin.name == name and body not in met:
                        met.add(body)
                        below = f"{graph.path}.{node.path}" if graph.path else node.path
                        path = below if index is None else f"{below}.{index}"
                        way = self._places.way(path)
                        assert way is not None
                        yield self._block(path, way, count)
        if not met:
            known = [*(node.path for node in self._network.nodes), *names]
            hint = did_you_mean(name, known)
            message = f"`{self._network.name}` has no part `{name}`, and uses no block or shortcut of that name"
            raise NothingToShow(message + (f"; {hint}" if hint else ""))

    def _blocks(self, path: str, way: tuple[PlaceStep, ...]) -> Iterator[ExpandedPart]:
        """The different blocks of a stage."""
        for _, index, count in _called(way[-1].node):
            yield self._block(f"{path}.{index}", (*way[:-1], way[-1]._replace(repeat=index)), count)

    def _block(self, path: str, way: tuple[PlaceStep, ...], count: int) -> ExpandedPart:
        body = way[-1].body
        assert body is not None
        known = self._places.built(body)
        assert known is not None
        place = self._places.of(path)
        assert place is not None
        return ExpandedPart(
            path,
            call(body.origin),
            count,
            place.statement,
            place.calls,
            body.inputs,
            body.shapes,
            known[1].strides,
            body_costs(body),
            tuple(self._origins.of_block(way)),
            tuple(_nodes(body.nodes, body.values, known[1].statements)),
        )

    def _layer(self, path: str, way: tuple[PlaceStep, ...]) -> ExpandedPart:
        graph, layer, _ = way[-1]
        assert isinstance(layer, Layer)
        inputs = tuple([graph.values[each] for each in layer.inputs])
        place = self._places.of(path)
        assert place is not None
        return ExpandedPart(
            path,
            op_text(layer.op, inputs),
            1,
            place.statement,
            place.calls,
            inputs,
            layer.shapes,
            layer.op.strides(len(inputs[0]) - 1),
            layer_costs(layer, inputs),
            tuple(self._origins.of_layer(way)),
            (),
        )


def _called(node: Node) -> Iterator[tuple[Body, int | None, int]]:
    """The blocks that a node calls, each with its index in a stage and how often it comes in a row."""
    if isinstance(node, Call):
        yield node.body, None, 1
    elif isinstance(node, Stage):
        yield from ((run.body, run.first, run.count) for run in node.runs)


def _nodes(
    nodes: tuple[Node, ...], values: Mapping[str, Shape], statements: Mapping[str, Span]
) -> Iterator[ExpandedNode]:
    for node in nodes:
        statement = statements[node.name]
        if isinstance(node, Layer):
            inputs = tuple([values[each] for each in node.inputs])
            costs = layer_costs(node, inputs)
            yield ExpandedNode(node.name, op_text(node.op, inputs), 1, node.shapes[0], costs, statement)
        elif isinstance(node, Call):
            costs = node_costs(node, values)
            yield ExpandedNode(node.name, call(node.body.origin), 1, node.shapes[0], costs, statement)
        else:
            yield from _runs(node, statement)


def _runs(stage: Stage, statement: Span) -> Iterator[ExpandedNode]:
    """The blocks of a stage, as far as they differ."""
    for run in stage.runs:
        last = run.first + run.count - 1
        path = f"{stage.name}.{run.first}" + (f"-{last}" if last > run.first else "")
        costs = stage_costs(stage.replace(runs=(run,)))
        yield ExpandedNode(path, call(run.body.origin), run.count, run.body.shape, costs, statement)


def strides_text(strides: tuple[int, ...] | None) -> str:
    """Strides in words; nothing if there are none."""
    if not strides or set(strides) == {1}:
        return ""
    return f", /{show(strides) if len(set(strides)) > 1 else strides[0]}"
