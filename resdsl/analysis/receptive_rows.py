"""The receptive fields of rows, each found once on the way through the network.

Of equal repeats that are one row, fields are those of the last: what stands below such a row, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from resdsl.analysis.receptive import Field, body_fields, network_fields
from resdsl.analysis.row_nodes import nodes_of, runs_of
from resdsl.analysis.rows import Row
from resdsl.ir.network import Body, Call, Network, Node, Stage


def fields_by_row(network: Network, whole: Row) -> Iterator[tuple[Row, Field | None]]:
    """Each row, in the order of `Row.flat`, with what its output sees of the first input.

    A row has none where it is of another input alone, and what a block does beside its shortcuts has none, as it
    yields no value of its own.

    Args:
        network: the network.
        whole: its rows, down to any depth, equal repeats folded or not.
    """
    known = network_fields(network)
    yield whole, known.get(network.outputs[-1].value)
    yield from _in_graph(whole.parts, network.nodes, _Seen(known))


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the values of a graph see.

    Attributes:
        known: of the graph's input, or at the top of the network's.
        entry: what the graph's input sees of the network's; None at the top.
        blind: whether that is nothing.
    """

    known: Mapping[str, Field]
    entry: Field | None = None
    blind: bool = False

    def of(self, value: str) -> Field | None:
        found = self.known.get(value)
        if found is None or self.blind:
            return None
        return found if self.entry is None else self.entry.then(found)

    @classmethod
    def within(cls, body: Body, entry: Field | None) -> _Seen:
        return cls(body_fields(body), entry, entry is None)


def _in_graph(parts: Sequence[Row], nodes: Sequence[Node], seen: _Seen) -> Iterator[tuple[Row, Field | None]]:
    for row, own in nodes_of(parts, nodes):
        (*_, node) = own
        yield row, None if row.kind == "body" else seen.of(node.name)
        if row.kind in ("stem", "part", "head"):
            yield from _in_graph(row.parts, own, seen)
        elif isinstance(node, Stage):
            yield from _in_stage(row, node, seen.of(node.inputs[0]))
        elif isinstance(node, Call) and row.kind != "body":
            yield from _in_graph(row.parts, node.body.nodes, _Seen.within(node.body, seen.of(node.inputs[0])))


def _in_stage(row: Row, stage: Stage, entry: Field | None) -> Iterator[tuple[Row, Field | None]]:
    """Blocks one after the other: each is entered with what the one before yields."""
    for part, run in runs_of(row.parts, stage):
        block = body_fields(run.body)[run.body.output]
        last = entry and entry.then(block.repeated(part.times - 1))
        entry = last and last.then(block)
        yield part, entry
        yield from _in_graph(part.parts, run.body.nodes, _Seen.within(run.body, last))
