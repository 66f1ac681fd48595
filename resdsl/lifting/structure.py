"""The structure of a graph: a chain of layers, joins of branches, and what is neither.

A value through which everything flows cuts a graph in two. What lies between two cuts is one layer, or a join of
branches that share nothing but what flows into all of them, each of which is a chain again; anything else is a tangle
of layers with names. So every graph has a structure, and it takes one pass for each level of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from resdsl.lifting.graph import PlainGraph, PlainNode
from resdsl.lifting.strands import threads_of

JOINS = ("add", "mul", "concat")


@dataclass(frozen=True, slots=True)
class PlainStep:
    """One layer that reads what flows.

    Attributes:
        node: the layer.
        source: what flows in.
    """

    node: PlainNode
    source: str

    @property
    def output(self) -> str:
        """What flows out."""
        return self.node.output


@dataclass(frozen=True, slots=True)
class Branches:
    """Chains side by side, and the layer that joins what they yield.

    Attributes:
        node: the layer that joins.
        source: what flows into all of them.
        chains: one for each operand, in order; an empty one passes on what flows in.
    """

    node: PlainNode
    source: str
    chains: tuple[Chain, ...]

    @property
    def output(self) -> str:
        """What flows out."""
        return self.node.output


@dataclass(frozen=True, slots=True)
class Strand:
    """A layer of named values, and the chain that goes on with what it yields.

    Attributes:
        head: the layer; None if a named value flows on as it is.
        source: what flows into the chain; empty if nothing does.
        chain: the chain; may be empty.
        output: what flows out; empty if the layer yields several values.
    """

    head: PlainNode | None
    source: str
    chain: Chain
    output: str

    @property
    def inputs(self) -> tuple[str, ...]:
        """The named values that it reads."""
        return (self.source,) if self.head is None else self.head.inputs


@dataclass(frozen=True, slots=True)
class Tangle:
    """What is no chain and no branches: strands that read each other's values.

    Attributes:
        strands: each after those that it reads.
        source: what flows in; empty if nothing does, as before several inputs.
        output: what flows out.
    """

    strands: tuple[Strand, ...]
    source: str
    output: str


Part = PlainStep | Branches | Tangle
Chain = tuple[Part, ...]


def chain_of(graph: PlainGraph, flows: str = "") -> Chain:
    """The structure of a graph, up to its last output.

    Args:
        graph: the graph.
        flows: which of several inputs flows at the beginning; none of them does by default.
    """
    tapped = {value for _, value in graph.outputs[:-1]}
    source = next(iter(graph.inputs)) if len(graph.inputs) == 1 else ""
    first, *others = _parts(graph.nodes, source, list(graph.inputs), graph.outputs[-1][1], tapped)
    if isinstance(first, Tangle) and not source:
        first = replace(first, source=flows)
    return first, *others


def nodes_of(chain: Chain) -> Iterator[PlainNode]:
    """All layers of a chain, in the order of its text."""
    for part in chain:
        if isinstance(part, PlainStep):
            yield from part.node.plain()
        elif isinstance(part, Tangle):
            for strand in part.strands:
                if strand.head is not None:
                    yield from strand.head.plain()
                yield from nodes_of(strand.chain)
        else:
            for inner in part.chains:
                yield from nodes_of(inner)
            yield part.node


def chains_within(part: Part) -> tuple[Chain, ...]:
    """The chains that a part holds."""
    if isinstance(part, Branches):
        return part.chains
    return tuple([strand.chain for strand in part.strands]) if isinstance(part, Tangle) else ()


def _parts(
    nodes: Sequence[PlainNode], source: str, entries: Sequence[str], last: str, tapped: Collection[str]
) -> Iterator[Part]:
    """The parts between the cuts of a graph.

    Args:
        nodes: its layers.
        source: what flows in.
        entries: all values that come from outside.
        last: the value with which it ends.
        tapped: values that are outputs of the network too.
    """
    left: dict[str, int] = dict.fromkeys(entries, 0)
    for node in nodes:
        for value in node.inputs:
            left[value] = left.get(value, 0) + 1
    left[last] = left.get(last, 0) + 1
    open_values = sum(1 for value in entries if left[value])
    piece: list[PlainNode] = []
    for node in nodes:
        piece.append(node)
        for value in node.inputs:
            left[value] -= 1
            open_values -= not left[value]
        open_values += sum(1 for value in node.outputs if left.get(value))
        if open_values == 1 and left.get(node.output) and len(node.outputs) == 1:
            yield _part(piece, source, entries, node.output, tapped)
            source, piece = node.output, []
    if piece:
        yield _tangle(piece, source, [source] if source else entries, last, tapped)


def _part(
    piece: Sequence[PlainNode], source: str, entries: Sequence[str], output: str, tapped: Collection[str]
) -> Part:
    """What lies between two cuts."""
    *inner, node = piece
    if not inner and node.inputs == (source,):
        return PlainStep(node, source)
    if source and node.op.op in JOINS and not any(value in tapped for each in inner for value in each.outputs):
        branches = _branches(inner, node, source)
        if branches is not None:
            chains = [tuple(_parts(nodes, source, [source], end, tapped)) for nodes, end in branches]
            return Branches(node, source, tuple(chains))
    return _tangle(piece, source, [source] if source else entries, output, tapped)


def _tangle(
    piece: Sequence[PlainNode], source: str, entries: Sequence[str], output: str, tapped: Collection[str]
) -> Tangle:
    """Layers that are no branches, as strands."""
    strands = [
        Strand(
            each.head,
            each.source,
            tuple(_parts(each.nodes, each.source, [each.source], each.output, tapped)) if each.nodes else (),
            each.output,
        )
        for each in threads_of(piece, entries, output, tapped)
    ]
    return Tangle(tuple(strands), source, output)


def _branches(inner: Sequence[PlainNode], node: PlainNode, source: str) -> list[tuple[list[PlainNode], str]] | None:
    """The layers of each branch with the value that it ends in; None if they share more than what flows in."""
    if len(set(node.inputs)) < max(len(node.inputs), 2):
        return None
    group: dict[str, int] = {}
    parent = list(range(len(inner)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for place, each in enumerate(inner):
        for value in each.inputs:
            if value in group:
                parent[root(group[value])] = root(place)
            elif value != source:
                return None
        group.update(dict.fromkeys(each.outputs, place))
    members: dict[int, list[PlainNode]] = {}
    for place, each in enumerate(inner):
        members.setdefault(root(place), []).append(each)
    found: list[tuple[list[PlainNode], str]] = []
    for value in node.inputs:
        found.append((members.pop(root(group[value]), []) if value in group else [], value))
        if not found[-1][0] and value != source:
            return None
    return None if members else found
