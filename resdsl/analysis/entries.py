"""Rows as an alignment of two networks sees them: with a label and a signature of what they compute.

Why it exists: two blocks are the same where they compute the same, whatever their definitions are called
and wherever they stand. A row says what stands there and what it costs; how it is wired is known to the
graph that it was made of, and both are in the signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b

from resdsl.analysis.repeats import repeats_of
from resdsl.analysis.rows import Kind, Row
from resdsl.ir.network import Body, Call, Network, Node, Stage

Graph = Network | Body

_OF_LAYERS: tuple[Kind, ...] = ("stem", "part", "head")


@dataclass(frozen=True, slots=True)
class Entry:
    """A row and what tells it from others.

    Attributes:
        row: the row.
        label: what it is called within its parent: a path, `stem`, `head`; nothing for the blocks of a
            stage, whose numbers only say where they stand.
        signature: equal for two rows of one label if and only if they compute the same in the same way.
            How often a block of a stage is repeated does not count.
        within: the graph, or the stage, that the parts are nodes of; None for a layer.
        outer: how often what it is a part of is repeated, in each of the ways of that row's `kept`.
    """

    row: Row
    label: str
    signature: str
    within: Graph | Stage | None
    outer: tuple[int, ...] = (1,)

    @property
    def count(self) -> int:
        """How many repeats it has within one of what it is a part of."""
        return self.row.repeats // sum(self.outer)

    @property
    def body(self) -> Body | None:
        """The body of a block, shortcut or gate."""
        return self.within if isinstance(self.within, Body) else None

    def parts(self) -> list[Entry]:
        """The entries of the row's parts."""
        return _parts(self.row, self.within)

    def repeats(self, skipped: int, count: int) -> Entry:
        """Some of its repeats."""
        return replace(self, row=repeats_of(self.row, skipped, count, self.outer))


def entry_of(network: Network, row: Row) -> Entry:
    """The entry of a whole network, from its row down to the layers."""
    return Entry(row, "", _signature(row, network), network)


def _parts(row: Row, within: Graph | Stage | None) -> list[Entry]:
    if within is None:
        return []
    if isinstance(within, Stage):
        return [_block_of(within, part, _outer(row)) for part in row.parts]
    nodes: dict[str, Node] = {}
    for node in within.nodes:
        nodes.setdefault(node.path, node)
    prefix = "" if isinstance(within, Network) else f"{row.path}."
    return [_node(part, part.path[len(prefix) :], nodes, within, _outer(row)) for part in row.parts]


def _node(row: Row, label: str, nodes: Mapping[str, Node], graph: Graph, outer: tuple[int, ...]) -> Entry:
    if row.kind in _OF_LAYERS:
        return Entry(row, row.kind, _signature(row, graph), graph, outer)
    node = nodes[label]
    within = node.body if isinstance(node, Call) else node if isinstance(node, Stage) else None
    return Entry(row, label, _signature(row, within), within, outer)


def _outer(row: Row) -> tuple[int, ...]:
    return tuple([times for _, times in row.kept])


def _block_of(stage: Stage, row: Row, outer: tuple[int, ...]) -> Entry:
    index = int(row.path.rpartition(".")[2])
    body = next(run.body for run in stage.runs if index in run.indices)
    return Entry(row, "", _signature(row, body), body, outer)


def _signature(row: Row, within: Graph | Stage | None) -> str:
    """The digest of shapes, state and wiring; for what is made of layers, of theirs."""
    own = (row.inputs, row.outputs, row.role, row.costs.params // row.repeats)
    if within is None:
        return _digest((row.name, *own))
    parts = [
        (part.label, part.count if isinstance(within, Stage) else 1, part.signature) for part in _parts(row, within)
    ]
    return _digest((*own, _wiring(row, within), parts))


def _digest(value: object) -> str:
    return blake2b(repr(value).encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()


def _wiring(row: Row, within: Graph | Stage) -> object:
    """Which node reads which values, and what is shown of them; nothing where the row is a part of a graph."""
    if isinstance(within, Stage) or row.kind in _OF_LAYERS:
        return None
    shown = within.output if isinstance(within, Body) else [(tap.name, tap.value) for tap in within.outputs]
    return [(node.name, node.inputs) for node in within.nodes], shown
