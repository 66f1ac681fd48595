"""Tangles as text: strands with names for the values that others than the next one read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from resdsl.lifting.graph import PlainNode
from resdsl.lifting.modules import ModuleNode
from resdsl.lifting.rows import Piece, rows_of, with_first, with_last
from resdsl.lifting.structure import Chain, Strand, Tangle


@dataclass
class ValueNames:
    """The names of values in one scope."""

    _names: dict[str, str] = field(default_factory=dict)
    _count: int = 0
    _written: set[str] = field(default_factory=set)
    _kinds: dict[str, int] = field(default_factory=dict)

    def know(self, names: Mapping[str, str]) -> None:
        """Take note of values that have names already."""
        self._names.update(names)
        self._written.update(names)

    def of(self, value: str) -> str:
        """The name of a value; a new one if it has none."""
        if value not in self._names:
            self._count += 1
            self._names[value] = f"v{self._count}"
        return self._names[value]

    def statement(self, value: str) -> list[str]:
        """The statement that gives a value its name, unless it has one already."""
        if value in self._written:
            return []
        self._written.add(value)
        return [f"as {self.of(value)}"]

    def of_parts(self, node: PlainNode) -> str:
        """A new name for all values that a layer yields."""
        kind = "maps" if isinstance(node, ModuleNode) else "parts"
        number = self._kinds[kind] = self._kinds.get(kind, 0) + 1
        name = f"{kind}{number}" if number > 1 else kind
        self.know({value: f"{name}[{place}]" for place, value in enumerate(node.outputs)})
        return name


class ScopeWriter(Protocol):
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


def rows_of_tangle(part: Tangle, writer: ScopeWriter) -> Iterator[str]:
    """The rows of strands, one after the other."""
    names = writer.values
    uses = Counter(value for strand in part.strands for value in strand.inputs)
    flow = part.source
    if flow and (uses[flow] > 1 or part.strands[0].inputs != (flow,)):
        yield from names.statement(flow)
    for place, strand in enumerate(part.strands):
        is_last = place + 1 == len(part.strands)
        following = () if is_last else part.strands[place + 1].inputs
        rows = _rows_of_strand(strand, flow, writer)
        flow = strand.output
        behind = writer.taps(flow)
        if strand.head is not None and not flow:
            behind = [f"as {names.of_parts(strand.head)}"]
        elif uses[flow] > 1 or (uses[flow] and following != (flow,)) or (flow == part.output and not is_last):
            behind = [*names.statement(flow), *behind]
        yield from with_last(rows, behind)
        if strand.head is not None and not flow:
            yield from (f"from {names.of(value)}; {tap}" for value in strand.head.outputs for tap in writer.taps(value))
    if flow != part.output:
        yield f"from {names.of(part.output)}"


def _rows_of_strand(strand: Strand, flow: str, writer: ScopeWriter) -> list[str]:
    """The rows of a strand, which takes up named values or what flows."""
    names = [writer.values.of(value) for value in strand.inputs if strand.inputs != (flow,)]
    before: list[str] = []
    if isinstance(strand.head, ModuleNode):
        first, *others = names or [""]
        before += [f"from {first}"] if first else []
        before.append(writer.of_call(strand.head, ", ".join(others)))
    elif strand.head is not None and len(strand.inputs) > 1:
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
