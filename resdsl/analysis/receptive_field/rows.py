"""The receptive fields of rows, each found once on the way through the network.

For equal repeats that are one row, the fields are those of the last repeat, including the rows below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from resdsl.analysis.receptive_field.field import Entry, Field, entered_after, field_within, network_fields
from resdsl.analysis.rows.tree import Row
from resdsl.ir.network import Body, Call, Layer, Network, Stage


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
        top: at the top, what each value sees of the network's input.
        body: within a body, the body.
        entry: what its inputs see.
    """

    top: Mapping[str, Field]
    body: Body | None = None
    entry: Entry = ()

    def of(self, value: str) -> Field | None:
        return self.top.get(value) if self.body is None else field_within(self.body, value, self.entry)

    def into(self, node: Call | Stage) -> Entry:
        return tuple([self.of(value) for value in node.inputs])

    @classmethod
    def within(cls, body: Body, entry: Entry) -> _Fields:
        return cls({}, body, entry)


def _in_graph(parts: Sequence[Row], met: _Fields) -> Iterator[tuple[Row, Field | None]]:
    for row in parts:
        if row.kind == "body":
            yield row, None
            continue
        node = row.nodes[-1]
        yield row, met.of(node.name)
        if isinstance(node, Stage):
            yield from _in_stage(row.parts, met.into(node))
        elif row.body is not None and not isinstance(node, Layer):
            yield from _in_graph(row.parts, _Fields.within(row.body, met.into(node)))
        else:
            yield from _in_graph(row.parts, met)


def _in_stage(blocks: Sequence[Row], entry: Entry) -> Iterator[tuple[Row, Field | None]]:
    """Blocks one after the other: each is entered with what the one before yields."""
    for row in blocks:
        assert row.body is not None  # as every block of a stage has
        last = entered_after(row.body, entry, row.times - 1)
        entry = entered_after(row.body, last, 1)
        yield row, entry[0]
        yield from _in_graph(row.parts, _Fields.within(row.body, last))
