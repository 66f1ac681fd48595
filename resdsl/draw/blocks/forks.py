"""Prepares wirings for drawing: adds forks where a value has several readers, and merges consecutive equal layers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from resdsl.analysis.costs import total
from resdsl.draw.blocks.elements import Element, Wire, Wiring

_REPEATS = 4


def forked(made: Sequence[Element], wires: Sequence[Wire]) -> Wiring:
    """The wiring with a fork after each value that has several readers."""
    readers: dict[tuple[int, int], int] = defaultdict(int)
    for wire in wires:
        readers[wire.source, wire.output] += 1
    outputs: dict[int, list[int]] = defaultdict(list)
    for (source, output), count in sorted(readers.items()):
        if count > 1:
            outputs[source].append(output)
    elements: list[Element] = []
    moved: list[int] = []
    forks: dict[tuple[int, int], int] = {}
    added: list[Wire] = []
    for index, element in enumerate(made):
        moved.append(len(elements))
        elements.append(element)
        for output in outputs[index]:
            forks[index, output] = len(elements)
            added.append(Wire(moved[index], len(elements), output, style="gate" if element.role == "gate" else "flow"))
            elements.append(Element("fork", element.shape, role=element.role))
    for wire in wires:
        fork = forks.get((wire.source, wire.output))
        start, output = (moved[wire.source], wire.output) if fork is None else (fork, 0)
        added.append(replace(wire, source=start, target=moved[wire.target], output=output))
    return Wiring(tuple(elements), tuple(_with_bypasses(elements, added)))


def _with_bypasses(elements: Sequence[Element], wires: Sequence[Wire]) -> Iterator[Wire]:
    """A value that a fork passes to a concatenation unchanged, beside something computed from it."""
    into: dict[int, list[Wire]] = defaultdict(list)
    for wire in wires:
        into[wire.target].append(wire)
    for wire in wires:
        others = [other for other in into[wire.target] if other is not wire]
        kept = elements[wire.source].kind == "fork" and elements[wire.target].kind == "concat"
        if kept and others and all(elements[other.source].kind not in {"fork", "split"} for other in others):
            yield replace(wire, beside=True, style="concat")
        else:
            yield wire


def folded(whole: Wiring) -> Wiring:
    """The wiring with consecutive equal layers merged, if there are many."""
    reads: dict[int, list[Wire]] = defaultdict(list)
    read: dict[int, list[Wire]] = defaultdict(list)
    for wire in whole.wires:
        reads[wire.target].append(wire)
        read[wire.source].append(wire)

    def follows(index: int, before: int) -> bool:
        one, other = whole.elements[before], whole.elements[index]
        same = (one.kind, one.label, one.words, one.role, one.shape) == (
            *(other.kind, other.label, other.words),
            *(other.role, other.shape),
        )
        alone = [wire.source for wire in reads[index]] == [before] and len(read[before]) == 1
        return same and alone and bool(other.label)

    heads: dict[int, int] = {}
    counts: dict[int, list[int]] = {}
    for index in range(len(whole.elements)):
        before = reads[index][0].source if reads[index] else -1
        head = heads[before] if before >= 0 and follows(index, before) else index
        heads[index] = head
        counts.setdefault(head, []).append(index)
    heads = {
        index: head if len(counts[head]) >= _REPEATS and whole.elements[head].kind == "conv" else index
        for index, head in heads.items()
    }
    order = {head: place for place, head in enumerate(sorted(set(heads.values())))}
    if len(order) == len(heads):
        return whole
    elements = [
        _repeated([whole.elements[index] for index in counts.get(head, [head]) if heads[index] == head])
        for head in order
    ]
    wires = [
        replace(wire, source=order[heads[wire.source]], target=order[heads[wire.target]])
        for wire in whole.wires
        if heads[wire.source] != heads[wire.target]
    ]
    return Wiring(tuple(elements), tuple(wires))


def _repeated(same: Sequence[Element]) -> Element:
    first = same[0]
    if len(same) == 1:
        return first
    about = f"{first.about}; and {len(same) - 1} more like it"
    return replace(
        first, label=(*first.label, f"x {len(same)}"), about=about, costs=total([each.costs for each in same])
    )
