"""Tangles as text: strands with names for the values that others than the next one read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from resdsl.lifting.graph import PlainNode
from resdsl.lifting.rows import Piece, rows_of, with_first, with_last
from resdsl.lifting.structure import Chain, Strand, Tangle


@dataclass
class ValueNames:
    """The names of values in one scope."""

    names: dict[str, str] = field(default_factory=dict)
    _splits: int = 0

    def of(self, value: str) -> str:
        """The name of a value; a new one if it has none."""
        if value not in self.names:
            self.names[value] = f"v{len(set(self.names.values())) + 1}"
        return self.names[value]

    def of_parts(self, node: PlainNode) -> str:
        """A new name for all values that a layer yields."""
        self._splits += 1
        name = f"parts{self._splits}" if self._splits > 1 else "parts"
        self.names.update({value: f"{name}[{place}]" for place, value in enumerate(node.outputs)})
        return name


class Writer(Protocol):
    """What writes the layers and the chains of a scope."""

    values: ValueNames

    def of_layer(self, node: PlainNode) -> str:
        """The statement of a layer of what flows."""

    def of_call(self, node: PlainNode, values: str) -> str:
        """The call of a layer on named values."""

    def pieces(self, chain: Chain) -> Iterator[Piece]:
        """The statements of a chain."""

    def at_top(self, chain: Chain) -> list[str] | None:
        """The rows of a chain at the top of a network; None within a block."""

    def taps(self, value: str) -> list[str]:
        """The statement that makes a value an output, if it is one."""


def rows_of_tangle(part: Tangle, writer: Writer) -> Iterator[str]:
    """The rows of strands, one after the other."""
    names = writer.values
    uses = Counter(value for strand in part.strands for value in strand.inputs)
    flow = part.source
    if flow and flow not in names.names and (uses[flow] > 1 or part.strands[0].inputs != (flow,)):
        yield f"as {names.of(flow)}"
    for place, strand in enumerate(part.strands):
        is_last = place + 1 == len(part.strands)
        following = () if is_last else part.strands[place + 1].inputs
        rows = _rows_of_strand(strand, flow, writer)
        flow = strand.output
        behind = writer.taps(flow)
        if strand.head is not None and not flow:
            behind = [f"as {names.of_parts(strand.head)}"]
        elif uses[flow] > 1 or (uses[flow] and following != (flow,)) or (flow == part.output and not is_last):
            behind = [f"as {names.of(flow)}", *behind]
        yield from with_last(rows, behind)
    if flow != part.output:
        yield f"from {names.of(part.output)}"


def _rows_of_strand(strand: Strand, flow: str, writer: Writer) -> list[str]:
    """The rows of a strand, which takes up named values or what flows."""
    names = [writer.values.of(value) for value in strand.inputs if strand.inputs != (flow,)]
    before: list[str] = []
    if strand.head is not None and len(strand.inputs) > 1:
        before.append(f"from {writer.of_call(strand.head, ', '.join(names))}")
    else:
        before += [f"from {name}" for name in names]
        before += [writer.of_layer(strand.head)] if strand.head is not None else []
    at_top = writer.at_top(strand.chain)
    if at_top is not None:
        return with_first(before, at_top)
    pieces = list(writer.pieces(strand.chain))
    if before and pieces:
        pieces[0] = pieces[0][0], False
    return list(rows_of([*((each, False) for each in before), *pieces]))
