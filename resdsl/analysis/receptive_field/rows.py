"""The receptive fields of rows, each found once on the way through the network.

For equal repeats that are one row, the fields are those of the last repeat, including the rows below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from resdsl.analysis.receptive_field.field import Field, body_fields, network_fields
from resdsl.analysis.rows.tree import Row
from resdsl.ir.network import Body, Network, Stage


def fields_by_row(network: Network, whole: Row) -> Iterator[tuple[Row, Field | None]]:
    """Each row, in the order of `Row.flat`, with what its output sees of the first input.

    A row has no field if it depends only on another input. Neither has the body of a block without its shortcuts, since
    it has no output of its own.

    Args:
        network: the network.
        whole: its rows, down to any depth, with equal repeats folded or not.
    """
    known = network_fields(network)
    yield whole, known.get(network.outputs[-1].value)
    yield from _in_graph(whole.parts, _Fields(known))


@dataclass(frozen=True, slots=True)
class _Fields:
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
    def within(cls, body: Body, entry: Field | None) -> _Fields:
        return cls(body_fields(body), entry, entry is None)


def _in_graph(parts: Sequence[Row], met: _Fields) -> Iterator[tuple[Row, Field | None]]:
    for row in parts:
        if row.kind == "body":
            yield row, None
            continue
        node = row.nodes[-1]
        yield row, met.of(node.name)
        if isinstance(node, Stage):
            yield from _in_stage(row.parts, met.of(node.inputs[0]))
        elif row.body is not None:
            yield from _in_graph(row.parts, _Fields.within(row.body, met.of(node.inputs[0])))
        else:
            yield from _in_graph(row.parts, met)


def _in_stage(blocks: Sequence[Row], entry: Field | None) -> Iterator[tuple[Row, Field | None]]:
    """Blocks one after the other: each is entered with what the one before yields."""
    for row in blocks:
        assert row.body is not None  # as every block of a stage has
        block = body_fields(row.body)[row.body.output]
        last = entry and entry.then(block.repeated(row.times - 1))
        entry = last and last.then(block)
        yield row, entry
        yield from _in_graph(row.parts, _Fields.within(row.body, last))
