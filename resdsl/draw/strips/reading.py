"""Converts a network to the sequence of parts that figures draw.

Every body is read once, however often it is called. Anything that is not a chain, even without its shortcuts and
gates, becomes one part that names its layers, so that nothing is drawn in a sequence that does not exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from resdsl.analysis.costs import Costs, body_costs, node_costs, total
from resdsl.draw.descriptions import branching
from resdsl.draw.errors import NotDrawn
from resdsl.draw.labels import kind_of, label_of
from resdsl.draw.strips.beside import MOST_KINDS, branches, gate_nodes, kinds_of, skip_of
from resdsl.draw.strips.chain import expect_row
from resdsl.draw.strips.flow import Region, bypasses, outputs_of, regions
from resdsl.draw.strips.strip import Growing, Part, Strip
from resdsl.ir.network import INPUT, Body, Call, Layer, Network, Node, Run, Stage
from resdsl.ir.text import call, output_text
from resdsl.ops.base import Shape, show
from resdsl.ops.text import op_text

_LONG_NUMBER = re.compile(r"\d+\.\d{4,}")


@dataclass(frozen=True)
class Reader:
    """Reads networks.

    Attributes:
        fold: whether to draw equal repeats once.
        blocks: whether a block is one part rather than one part for each of its layers.
        telling: for each definition, the arguments to show in the names of its uses; a missing one has none.
        breaks: by the path of a stage, the indices of blocks at which to split a run of equal ones.
    """

    fold: bool = False
    blocks: bool = False
    telling: Mapping[tuple[str | None, str], frozenset[str]] = field(default_factory=dict)
    breaks: Mapping[str, frozenset[int]] = field(default_factory=dict)
    _known: dict[Body, Strip] = field(default_factory=dict)

    def read(self, network: Network) -> Strip:
        """The strip of a network; its first part is the input.

        Raises:
            NotDrawn: there are too many parts, or the network branches in a way that a strip cannot show.
        """
        expect_row(network)
        graph = _Graph(network.nodes, network.values, network.outputs[-1].value, network.name)
        given = " ".join(show(each.shape) for each in network.inputs)
        first = Part((f"input {given}",), "input", network.inputs[0].shape, ("",))
        names = [each.name for each in network.inputs]
        walk = _Walk(self, graph, top=True)
        walk.grown.add(first)
        strip = walk.whole(names)
        taps = [(walk.places[tap.value], output_text(tap)) for tap in network.outputs[:-1]]
        return replace(_positioned(strip), taps=tuple(taps))

    def body(self, body: Body) -> Strip:
        """The strip of a body, down to its layers."""
        known = self._known.get(body)
        if known is None:
            graph = _Graph(body.nodes, body.values, body.output)
            known = self._known[body] = _Walk(self, graph, top=False).whole([INPUT, *body.beside])
        return known


@dataclass(frozen=True, slots=True)
class _Graph:
    nodes: tuple[Node, ...]
    values: Mapping[str, Shape]
    output: str
    name: str = ""


class _Walk:
    """Reads one graph from its first node to its last."""

    def __init__(self, reader: Reader, graph: _Graph, *, top: bool) -> None:
        self.grown = Growing()
        self.places: dict[str, int] = {}
        self._reader = reader
        self._graph = graph
        self._top = top
        self._made_by = {value: node for node in graph.nodes for value in outputs_of(node)}
        self._beside = bypasses(graph.nodes)
        self._called: set[str] = set()
        self._stages = 0

    def whole(self, given: Sequence[str]) -> Strip:
        graph = self._graph
        self.places.update(dict.fromkeys(given, self.grown.place))
        found = list(regions(graph.nodes, given, graph.output))
        for _, group in groupby(found, self._repeated):
            alike = list(group)
            self._region(alike[0], len(alike))
            for region in alike:
                self.places.update((value, self.grown.place) for node in region.nodes for value in outputs_of(node))
                self._skips(region)
        return self.grown.done()

    def _repeated(self, region: Region) -> object:
        """A key that is equal for consecutive calls of the same body, if they are drawn once."""
        node = region.nodes[0]
        whole_blocks = self._top and self._reader.blocks
        if self._reader.fold and not whole_blocks and len(region.nodes) == 1 and isinstance(node, Call):
            return node.body
        return id(region)

    def _region(self, region: Region, times: int) -> None:
        if len(region.nodes) > 1:
            self._branches(region.nodes, "branches:")
        elif region.aside:
            self._branches(region.nodes, "aside:")
        else:
            self._node(region.nodes[0], times)

    def _node(self, node: Node, times: int) -> None:
        if isinstance(node, Stage):
            self._stage(node)
        elif isinstance(node, Call):
            self._call(node, times)
        elif node.joins == "gate":
            self._gate(node)
        else:
            part = self._layer(node)
            if part:
                self.grown.add(part)
            else:
                self.grown.spend(self._costs(node))

    def _layer(self, layer: Layer) -> Part | None:
        inputs = tuple([self._graph.values[value] for value in layer.inputs])
        label = label_of(layer.op, inputs)
        if label is None:
            return None
        words = op_text(layer.op, inputs)
        return Part((label,), kind_of(layer.op), layer.shapes[0], (layer.path,), self._costs(layer), op=words)

    def _costs(self, node: Node) -> Costs:
        """The costs of a node; parameters of a module that is called again count once."""
        costs = node_costs(node, self._graph.values)
        again = node.path in self._called
        self._called.add(node.path)
        return costs.stateless() if again else costs

    # -------------------------------------------------------------- blocks

    def _call(self, node: Call, times: int) -> None:
        if self._top and self._reader.blocks and self._is_block(node.body):
            self._block(node.path, node.body, 1)
            return
        strip = self._reader.body(node.body)
        if len(strip.parts) == 1 and strip.parts[0].kind == "gate":
            strip = replace(strip, parts=(replace(strip.parts[0], label=(self._name(node.body),)),))
        if node.path in self._called:
            strip = replace(strip, parts=tuple([replace(each, costs=each.costs.stateless()) for each in strip.parts]))
        self._called.add(node.path)
        self.grown.extend(strip, f"{node.path}.", times)

    def _is_block(self, body: Body) -> bool:
        """Whether a body is more than one layer."""
        strip = self._inside(body)
        return len(strip.parts) != 1 or bool(strip.skips)

    def _inside(self, body: Body) -> Strip:
        """The strip of a block; None if it has too many parts and only its name is drawn."""
        try:
            return self._reader.body(body)
        except NotDrawn:
            return Strip()

    def _stage(self, node: Stage) -> None:
        start = self.grown.place
        for run in node.runs:
            for piece in self._pieces(node.path, run):
                self._run(node.path, piece)
        if self._top:
            stage = self._stages
            title = node.title or node.path
            mine = self.grown.parts[start:]
            self.grown.parts[start:] = [replace(part, stage=stage, title=title) for part in mine]
            self._stages += 1

    def _pieces(self, path: str, run: Run) -> Iterator[Run]:
        """Split a run into pieces that are drawn separately."""
        breaks = self._reader.breaks.get(path, frozenset()) if self._top else frozenset()
        inner = sorted(index for index in breaks if run.first < index < run.first + run.count)
        for first, end in zip([run.first, *inner], [*inner, run.first + run.count], strict=True):
            yield Run(body=run.body, first=first, count=end - first)

    def _run(self, path: str, run: Run) -> None:
        if self._top and self._reader.blocks:
            self._block(f"{path}.{run.first}", run.body, run.count)
            return
        strip = self._reader.body(run.body)
        if self._reader.fold:
            self.grown.extend(strip, f"{path}.{run.first}.", run.count)
        else:
            for index in run.indices:
                self.grown.extend(strip, f"{path}.{index}.")

    def _block(self, path: str, body: Body, times: int) -> None:
        """A block as one part, and the shortcut around it, if there is one."""
        strip = self._inside(body)
        around = [skip for skip in strip.skips if (skip.start, skip.stop) == (0, len(strip.parts))]
        place = self.grown.place
        again = path in self._called
        self._called.add(path)
        costs = body_costs(body).stateless() if again else body_costs(body)
        reshapes = body.inputs[0] != body.shape
        name = (self._name(body),)
        part = Part(name, "block", body.shape, (path,), costs, op=body.origin.name, reshapes=reshapes)
        self.grown.add(part * times)
        for skip in around[:1]:
            self.grown.skips.append(replace(skip, start=place, stop=place + 1, path=f"{path}.{skip.path}"))

    def _name(self, body: Body) -> str:
        origin = body.origin
        visible = self._reader.telling.get((origin.source, origin.name), frozenset())
        return _LONG_NUMBER.sub(lambda found: f"{float(found[0]):.3g}", call(origin, visible))

    # ----------------------------------------------------- branches and gates

    def _branches(self, nodes: Sequence[Node], title: str) -> None:
        """Parts that do not form a sequence, merged into one."""
        inner = Growing()
        for node in nodes:
            if isinstance(node, Layer):
                part = self._layer(node)
                inner.extend(Strip((part,))) if part else inner.spend(self._costs(node))
            elif isinstance(node, Call):
                self._in_branch(inner, node.path, node.body, 1)
            else:
                for run in node.runs:
                    self._in_branch(inner, f"{node.path}.{run.first}", run.body, run.count)
        gates = [node for node in nodes if isinstance(node, Layer) and node.joins == "gate"]
        costs = total([part.costs for part in inner.parts] + [inner.ahead, *map(self._gate_costs, gates)])
        if not inner.parts and not gates:
            self.grown.spend(costs)
            return
        kinds = kinds_of(inner.parts, len(gates))
        if self._top and len(kinds) > MOST_KINDS:
            raise branching(
                self._graph.name, f"there are {len(kinds)} kinds of parallel layers, from `{nodes[0].path}` on"
            )
        shape = self._graph.values[outputs_of(nodes[-1])[0]]
        self.grown.add(branches(title, inner.parts, kinds, shape, costs))

    def _in_branch(self, inner: Growing, path: str, body: Body, times: int) -> None:
        """Add the parts of a body to branches, without its skips."""
        if self._top and self._reader.blocks and self._is_block(body):
            name = (self._name(body),)
            inner.add(Part(name, "block", body.shape, (path,), body_costs(body), op=body.origin.name) * times)
            return
        strip = self._reader.body(body)
        beside = total([skip.costs for skip in strip.skips])
        inner.extend(replace(strip, skips=(), folds=(), ahead=strip.ahead + beside), f"{path}.", times)

    def _gate(self, layer: Layer) -> None:
        nodes = self._gate_nodes(layer)
        calls = [node for node in nodes if isinstance(node, Call)]
        name = calls[0].body.origin.name if len(calls) == len(nodes) == 1 else "gate"
        paths = tuple([node.path for node in nodes]) or (layer.path,)
        costs = self._gate_costs(layer) + self._costs(layer)
        self.grown.add(Part((name,), "gate", layer.shapes[0], paths, costs))

    def _gate_nodes(self, layer: Layer) -> list[Node]:
        return gate_nodes(layer, self._graph.nodes, self._made_by)

    def _gate_costs(self, layer: Layer) -> Costs:
        return total([self._costs(node) for node in self._gate_nodes(layer) if node.path not in self._called])

    # -------------------------------------------------------------- skips

    def _skips(self, region: Region) -> None:
        """Values from outside a region that are joined in it from beside the main path."""
        for node in region.nodes:
            if isinstance(node, Layer) and node.joins != "gate":
                for value in dict.fromkeys(self._beside.get(node.name, ())):
                    self._skip(node, value)

    def _skip(self, join: Layer, value: str) -> None:
        nodes: list[Node] = []
        joined = self._graph.values[value]
        while (node := self._made_by.get(value)) is not None and node.role != "main":
            nodes.insert(0, node)
            value = node.inputs[0]
        costs = total([self._costs(node) for node in nodes])
        start = self.places.get(value, self.grown.place)
        if start >= self.grown.place:
            if join.joins != "residual":
                self.grown.spend(costs)
                return
            # A residual in which nothing has a box is one all the same.
            self.grown.add(Part(("no convolution",), "other", join.shapes[0], (join.path,)))
            self.places.update(dict.fromkeys(outputs_of(join), self.grown.place))
        changes = self._graph.values[value] != joined
        skip = skip_of(join, nodes, self._graph.values, costs, changes=changes)
        self.grown.skips.append(replace(skip, start=start, stop=self.grown.place))


def _positioned(strip: Strip) -> Strip:
    """Parts before the first stage form the stem, parts after the last one the head."""
    staged = [index for index, part in enumerate(strip.parts) if part.stage is not None]
    if not staged:
        return strip
    first, last = staged[0], staged[-1]
    parts = [
        replace(part, place="stem") if index < first else replace(part, place="head") if index > last else part
        for index, part in enumerate(strip.parts)
    ]
    return replace(strip, parts=tuple(parts))
