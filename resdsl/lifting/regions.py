"""Tangles as text: strands with names for the values that others than the next one read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from resdsl.lifting.graph import PlainNode
from resdsl.lifting.modules import BlockNode, ModuleNode
from resdsl.lifting.rows import Piece, rows_of, with_first, with_last
from resdsl.lifting.structure import Chain, PlainStep, Strand, Tangle


@dataclass
class ValueNames:
    """The names of values in one scope."""

    _names: dict[str, str] = field(default_factory=dict)
    _written: set[str] = field(default_factory=set)
    _given: set[str] = field(default_factory=set)
    _numbers: dict[str, int] = field(default_factory=dict)

    def know(self, names: Mapping[str, str]) -> None:
        """Take note of values that have names already."""
        self._names.update(names)
        self._written.update(names)
        self._given.update(names.values())

    def of(self, value: str) -> str:
        """The name of a value; a new one if it has none."""
        if value not in self._names:
            self._names[value] = self._fresh("v", "1")
        return self._names[value]

    def statement(self, value: str) -> list[str]:
        """The statement that gives a value its name, unless it has one already."""
        if value in self._written:
            return []
        self._written.add(value)
        return [f"as {self.of(value)}"]

    def of_parts(self, node: PlainNode) -> str:
        """A new name for all values that a layer yields."""
        name = self._fresh("maps" if isinstance(node, ModuleNode) else "parts", "")
        self.know({value: f"{name}[{place}]" for place, value in enumerate(node.outputs)})
        return name

    def _fresh(self, kind: str, first: str) -> str:
        """The next name of a kind that nothing has; the number of the first is written as given."""
        number = self._numbers[kind] = self._numbers.get(kind, 0) + 1
        name = f"{kind}{number if number > 1 else first}"
        return self._fresh(kind, first) if name in self._given else name


class ScopeWriter(Protocol):
    """What writes the layers and the chains of a scope."""

    values: ValueNames

    @property
    def ends(self) -> Collection[str]:
        """Values that stay what they are, since they are outputs."""

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
    return _Region(part, writer).rows()


class _Region:
    """A tangle on its way to rows; what only one layer of several values reads stands there as an expression."""

    def __init__(self, part: Tangle, writer: ScopeWriter) -> None:
        self._part = part
        self._writer = writer
        self._terms = _terms(part, writer.ends)
        self._strands = [strand for strand in part.strands if strand.output not in self._terms]
        self._uses = Counter(value for strand in self._strands for value in self._reads(strand.inputs))

    def rows(self) -> Iterator[str]:
        """The rows."""
        names, uses, part = self._writer.values, self._uses, self._part
        flow = part.source
        if flow and (uses[flow] > 1 or flow == part.output or self._strands[0].inputs != (flow,)):
            yield from names.statement(flow)
        for place, strand in enumerate(self._strands):
            is_last = place + 1 == len(self._strands)
            following = () if is_last else self._strands[place + 1].inputs
            rows = self._of_strand(strand, flow)
            flow = strand.output
            behind = self._writer.taps(flow)
            if strand.head is not None and not flow:
                behind = [f"as {names.of_parts(strand.head)}"]
            elif uses[flow] > 1 or (uses[flow] and following != (flow,)) or (flow == part.output and not is_last):
                behind = [*names.statement(flow), *behind]
            yield from with_last(rows, behind)
            if strand.head is not None and not flow:
                for value in strand.head.outputs:
                    yield from (f"from {names.of(value)}; {tap}" for tap in self._writer.taps(value))
        if flow != part.output:
            yield f"from {names.of(part.output)}"

    def _reads(self, values: Sequence[str]) -> Iterator[str]:
        """The named values that these are made of."""
        for value in values:
            yield from self._terms[value].inputs if value in self._terms else (value,)

    def _expression(self, value: str) -> str:
        node, names = self._terms.get(value), self._writer.values
        return names.of(value) if node is None else self._writer.of_call(node, ", ".join(map(names.of, node.inputs)))

    def _of_strand(self, strand: Strand, flow: str) -> list[str]:
        """The rows of a strand, which takes up named values or what flows."""
        writer, head = self._writer, strand.head
        names = [self._expression(value) for value in strand.inputs if strand.inputs != (flow,)]
        before: list[str] = []
        if isinstance(head, ModuleNode):
            before += [f"from {name}" for name in names[:1]]
            before.append(writer.of_call(head, ", ".join(names[1:])))
        elif head is not None and len(strand.inputs) > 1:
            before.append(f"from {writer.of_call(head, ', '.join(names))}")
        else:
            before += [f"from {name}" for name in names]
            before += [writer.of_layer(head)] if head is not None else []
        at_top = writer.at_top(strand.chain)
        if at_top is not None:
            return with_first(before, at_top)
        pieces = list(writer.pieces(strand.chain))
        if before and pieces:
            pieces[0] = pieces[0][0], False
        return list(rows_of([*((each, False) for each in before), *pieces]))


def _terms(part: Tangle, ends: Collection[str]) -> dict[str, PlainNode]:
    """By their values, the layers that can be written where they are read: without weights, and read by one layer."""
    reads = Counter(value for strand in part.strands for value in strand.inputs)
    joined = {value for strand in part.strands if _joins(strand.head) for value in strand.inputs}
    found: dict[str, PlainNode] = {}
    for strand in part.strands:
        node = _only_layer(strand)
        if node is None or reads[strand.output] != 1 or strand.output not in joined or strand.output in ends:
            continue
        if not (node.tensors or node.op.activates or node.op.normalises or any(each in found for each in node.inputs)):
            found[strand.output] = node
    return found


def _joins(node: PlainNode | None) -> bool:
    return node is not None and len(node.inputs) > 1 and not isinstance(node, BlockNode)


def _only_layer(strand: Strand) -> PlainNode | None:
    if strand.head is not None:
        return strand.head if _joins(strand.head) and not strand.chain else None
    step = strand.chain[0]
    return step.node if len(strand.chain) == 1 and isinstance(step, PlainStep) else None
