"""Modules of a graph that are blocks with several values, which come in and go out, and those that are called again.

Which layers a module has is known from their paths, and from the tensors that a file has once. What no path tells, such
as an activation, is of the module that yields what it reads.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from itertools import count, takewhile

from resdsl.lifting.graph import PlainGraph, PlainNode
from resdsl.lifting.paths import within
from resdsl.lifting.sharing import first_tensor_of
from resdsl.ops.shape import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockNode(PlainNode):
    """A call of a block in place of the layers that it stands for.

    Attributes:
        layers: these, in execution order.
    """

    layers: tuple[PlainNode, ...]

    def plain(self) -> tuple[PlainNode, ...]:
        """The layers that it stands for."""
        return self.layers


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleNode(BlockNode):
    """A call of a module.

    Attributes:
        module: what is called, with paths within it; calls of one block have the same.
    """

    module: PlainGraph


ModuleCall = tuple[ModuleNode, Sequence[int]]
"""A call of a module with the places of the layers that it stands for."""


@dataclass(frozen=True, slots=True)
class _Call:
    """The layers of a call of a module.

    Attributes:
        path: the path of the module.
        number: how many times it was called before.
        places: those of its layers, in execution order.
    """

    path: str
    number: int
    places: Sequence[int]


def with_modules(graph: PlainGraph) -> PlainGraph:
    """A graph in which modules with several values are single layers; the same graph if it has none."""
    found = _Modules(graph).nodes()
    return contracted(graph, found) if found else graph


def repeated_modules(graph: PlainGraph, repeats: Sequence[Sequence[Sequence[int]]]) -> list[ModuleCall]:
    """Calls of modules without paths in place of layers that repeat; none where only one value comes in or goes out.

    Args:
        graph: the graph.
        repeats: for each module the places of its layers, turn by turn; those of all turns compute alike.
    """
    found = _Modules(graph)
    return [call for turns in repeats for call in found.of_turns(turns)]


class _Modules:
    """The modules of a graph; those within others are found later, in the graphs of these."""

    def __init__(self, graph: PlainGraph) -> None:
        self._graph = graph
        reads = [value for node in graph.nodes for value in node.inputs]
        self._uses = Counter([*reads, *(value for _, value in graph.outputs)])
        self._taken: set[int] = set()

    def nodes(self) -> list[ModuleCall]:
        """The calls of modules, each with the places of what it stands for."""
        found: list[ModuleCall] = []
        deepest = max((node.path.count(".") for node in self._graph.nodes if node.tensors), default=0)
        for depth in range(1, deepest + 1):
            for group, ends in self._alike(self._calls(depth)):
                module = self._module(group[0], ends)
                for call in group:
                    self._taken.update(call.places)
                    found.append((self._node(call, ends, module), call.places))
        return found

    def of_turns(self, turns: Sequence[Sequence[int]]) -> list[ModuleCall]:
        """The calls of a module that has no path."""
        calls = [_Call("", number, places) for number, places in enumerate(turns)]
        first = self._form(calls[0])
        calls = list(takewhile(lambda call: self._form(call) == first, calls))
        ends = sorted({end for call in calls for end in self._ends(call)})
        if len(calls) < 2 or len(ends) < 2 or len(self._begins(calls[0])) < 2:
            return []
        module = self._module(calls[0], ends)
        return [(self._node(call, ends, module), call.places) for call in calls]

    def _calls(self, depth: int) -> list[_Call]:
        """The calls of all modules whose path has so many parts."""
        before: Counter[tuple[str, str]] = Counter()
        owners: dict[str, tuple[str, int] | None] = {}
        found: dict[tuple[str, int], list[int]] = defaultdict(list)
        for place, node in enumerate(self._graph.nodes):
            owner = _latest([owner for value in node.inputs if (owner := owners.get(value)) is not None], found)
            if node.tensors:
                key = first_tensor_of(node)
                parts = node.path.split(".")
                owner = (".".join(parts[:depth]), before[key]) if len(parts) > depth else None
                before[key] += bool(key[0])
            if place in self._taken:
                owner = None
            owners.update(dict.fromkeys(node.outputs, owner))
            if owner is not None:
                found[owner].append(place)
        return [_Call(path, number, places) for (path, number), places in found.items()]

    def _alike(self, calls: Sequence[_Call]) -> Iterator[tuple[list[_Call], list[int]]]:
        """Calls that can be of one block, for which it is worth while, and the numbers of the values it yields."""
        alike: dict[object, list[tuple[_Call, list[object]]]] = defaultdict(list)
        for call in calls:
            layers = [self._graph.nodes[place] for place in call.places]
            if sum(node.op.weighted for node in layers) > 1:
                form = self._form(call)
                last = max(number for number, node in enumerate(layers) if node.tensors)
                alike[tuple(form[: last + 1])].append((call, form))
        for group in alike.values():
            length = _common(form for _, form in group)
            cut = [replace(call, places=call.places[:length]) for call, _ in group]
            ends = sorted({end for call in cut for end in self._ends(call)})
            again = len({call.path for call in cut}) < len(cut)
            if again or (len(cut) > 1 and len(ends) > 1 and len(self._begins(cut[0])) > 1):
                yield cut, ends

    def _form(self, call: _Call) -> list[object]:
        """What a module does, layer by layer, as if nothing followed: equal for calls that can be of one block."""
        values: dict[str, tuple[object, ...]] = {}
        found: list[object] = []
        comes_in, made = count(), count()
        for place in call.places:
            node = self._graph.nodes[place]
            for value in node.inputs:
                if value not in values:
                    values[value] = (next(comes_in), self._graph.shapes[value])
            reads = tuple([values[value] for value in node.inputs])
            values.update((value, (next(made),)) for value in node.outputs)
            found.append((node.op, within(node.path, call.path) if node.tensors else None, reads))
        return found

    def _begins(self, call: _Call) -> list[str]:
        """The values that come into a module from outside."""
        made = set(self._made(call))
        reads = (value for place in call.places for value in self._graph.nodes[place].inputs)
        return list(dict.fromkeys(value for value in reads if value not in made))

    def _made(self, call: _Call) -> list[str]:
        return [value for place in call.places for value in self._graph.nodes[place].outputs]

    def _ends(self, call: _Call) -> list[int]:
        """The numbers of the values of a module that are read outside."""
        inside = Counter(value for place in call.places for value in self._graph.nodes[place].inputs)
        return [number for number, value in enumerate(self._made(call)) if self._uses[value] > inside[value]]

    def _module(self, call: _Call, ends: Sequence[int]) -> PlainGraph:
        """The layers of a module as a graph."""
        shapes = self._graph.shapes
        layers = [self._graph.nodes[place] for place in call.places]
        nodes = tuple([replace(node, path=within(node.path, call.path), norm="") for node in layers])
        inputs = {value: shapes[value] for value in self._begins(call)}
        made = self._made(call)
        known = {value: shapes[value] for node in nodes for value in (*node.inputs, *node.outputs)}
        return PlainGraph("", inputs, nodes, tuple([("", made[end]) for end in ends]), known)

    def _node(self, call: _Call, ends: Sequence[int], module: PlainGraph) -> ModuleNode:
        layers = tuple([self._graph.nodes[place] for place in call.places])
        tensors = next(node.tensors for node in layers if node.tensors)
        made = self._made(call)
        reads, yields = tuple(self._begins(call)), tuple([made[end] for end in ends])
        op = Identity(op="identity")
        return ModuleNode(op, reads, yields, call.path, tensors, layers=layers, module=module)


def _latest(
    owners: Sequence[tuple[str, int]], begun: Mapping[tuple[str, int], Sequence[int]]
) -> tuple[str, int] | None:
    """The one of several calls that began last; None if two of them are of one module."""
    if len({path for path, _ in owners}) < len(set(owners)):
        return None
    return max(owners, key=lambda owner: begun[owner][0], default=None)


def _common(forms: Iterator[list[object]]) -> int:
    """How many items lists have in common from the first on."""
    first, *others = forms
    length = len(first)
    for other in others:
        length = next(
            (place for place, (one, two) in enumerate(zip(first, other, strict=False)) if one != two),
            min(length, len(other)),
        )
    return length


def contracted(graph: PlainGraph, found: Sequence[ModuleCall]) -> PlainGraph:
    """A graph with calls in place of the layers of modules; the same if a call would depend on itself."""
    taken = {place for _, places in found for place in places}
    units: list[tuple[int, PlainNode]] = [(places[0], node) for node, places in found]
    units += [(place, node) for place, node in enumerate(graph.nodes) if place not in taken]
    maker = {value: number for number, (_, node) in enumerate(units) for value in node.outputs}
    readers: list[list[int]] = [[] for _ in units]
    waits = [0] * len(units)
    for number, (_, node) in enumerate(units):
        for before in {maker[value] for value in node.inputs if value in maker}:
            readers[before].append(number)
            waits[number] += 1
    ready = [(units[number][0], number) for number, count in enumerate(waits) if not count]
    heapify(ready)
    order: list[PlainNode] = []
    while ready:
        number = heappop(ready)[1]
        order.append(units[number][1])
        for reader in readers[number]:
            waits[reader] -= 1
            if not waits[reader]:
                heappush(ready, (units[reader][0], reader))
    return replace(graph, nodes=tuple(order)) if len(order) == len(units) else graph
