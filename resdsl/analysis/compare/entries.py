"""Rows for the alignment of two networks, with a label and a signature of what they compute.

Why it exists: two blocks are the same if they compute the same, whatever their definitions are called and wherever they
are. A row has a name and costs; the signature also covers how its graph is connected.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import blake2b

from resdsl.analysis.rows.repeats import repeats_of
from resdsl.analysis.rows.tree import Kind, Row
from resdsl.ir.network import Body, Network, Node

_OF_LAYERS: tuple[Kind, ...] = ("stem", "part", "head")


@dataclass(frozen=True, slots=True)
class Entry:
    """A row and what identifies it.

    Attributes:
        row: the row.
        label: its name within its parent: a path, `stem` or `head`; empty for the blocks of a stage, whose numbers
            are only positions.
        signature: equal for two rows with the same label if and only if they compute the same in the same way.
            The number of repeats of a block does not matter.
        outer: how often the enclosing part is repeated, for each entry of that row's `kept`.
    """

    row: Row
    label: str
    signature: str
    outer: tuple[int, ...] = (1,)

    @property
    def count(self) -> int:
        """The number of repeats within a single repeat of the enclosing part."""
        return self.row.repeats // sum(self.outer)

    @property
    def body(self) -> Body | None:
        """The body of a block, shortcut or gate."""
        return self.row.body

    def parts(self) -> list[Entry]:
        """The entries of the parts of the row."""
        return _parts(self.row)

    def repeats(self, skipped: int, count: int) -> Entry:
        """An entry with some of the repeats."""
        return replace(self, row=repeats_of(self.row, skipped, count, self.outer))


def entry_of(network: Network, row: Row) -> Entry:
    """The entry of a whole network, from its row down to the layers."""
    outputs = [(tap.name, tap.value) for tap in network.outputs]
    return Entry(row, "", _signature(row, _wiring(network.nodes, outputs)))


def _parts(row: Row) -> list[Entry]:
    outer = tuple([times for _, times in row.kept])
    prefix = f"{row.path}." if row.body is not None else ""
    return [Entry(part, _label(row, part, prefix), _signature(part), outer) for part in row.parts]


def _label(row: Row, part: Row, prefix: str) -> str:
    if row.kind == "stage":
        return ""
    return part.kind if part.kind in _OF_LAYERS else part.path[len(prefix) :]


def _signature(row: Row, wiring: object = None) -> str:
    """The digest of shapes, state and wiring, or for composite rows, of the digests of their layers."""
    own = (row.inputs, row.outputs, row.role, row.costs.params // row.repeats)
    if row.kind == "layer":
        return _digest((row.name, *own))
    if row.body is not None:
        wiring = _wiring(row.body.nodes, row.body.outputs)
    stage = row.kind == "stage"
    parts = [(part.label, part.count if stage else 1, part.signature) for part in _parts(row)]
    return _digest((*own, wiring, parts))


def _digest(value: object) -> str:
    return blake2b(repr(value).encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()


def _wiring(nodes: tuple[Node, ...], outputs: object) -> object:
    """Which node reads which values, and which values can be read from outside."""
    return [(node.name, node.inputs) for node in nodes], outputs
