"""What autograd keeps for the backward pass of one training step, layer by layer.

The ops have the rules (`Op.keeps`); this module combines them. A value that two layers keep is kept once, and counted
for the first of them. Views of a tensor, such as those of `split`, keep the whole tensor. Where no gradient flows,
nothing is kept: before the first weights, and in parts that no output depends on. Whether an activation overwrites its
input makes no difference, since it does so only if nothing keeps the input, or a copy of it is kept.

A body is examined once for each way in which it can be entered, so a thousand equal blocks take the time of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import NamedTuple
from weakref import WeakKeyDictionary

from resdsl.ir.network import INPUT, Body, Call, Layer, Network, Node, Stage, output_name
from resdsl.ops.base import Shape


class Saved(NamedTuple):
    """An amount of memory, before batch and data type are known.

    Attributes:
        values: numbers per sample, as wide as those of the network.
        integers: numbers of 64 bits per sample.
        statistics: numbers as wide as those of the network, once for all samples.
    """

    values: int = 0
    integers: int = 0
    statistics: int = 0

    def plus(self, other: Saved, times: int = 1) -> Saved:
        """This and another amount, taken a number of times."""
        return Saved(*(mine + times * theirs for mine, theirs in zip(self, other, strict=True)))

    def bytes(self, batch: int, width: int) -> int:
        """Bytes of it, with numbers that are `width` bytes wide."""
        return (self.values * batch + self.statistics) * width + self.integers * batch * 8


def sum_of(amounts: Iterable[tuple[Saved, int]]) -> Saved:
    """The sum of amounts, each taken a number of times."""
    total = Saved()
    for amount, times in amounts:
        total = total.plus(amount, times)
    return total


class Storage(NamedTuple):
    """The tensor behind a value, as a graph is entered with it or left.

    Attributes:
        size: numbers per sample, which are more than the value's where that is a part of it.
        wanted: whether a gradient is computed for the value.
        kept: whether a layer before keeps it.
    """

    size: int
    wanted: bool = False
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Keeping:
    """What one node, or one way through a graph, keeps.

    Attributes:
        saved: all of it.
        parts: of a graph, what each of its nodes keeps.
        runs: of a stage, the ways in which the blocks of each run are passed, one after the other, and how
            many are passed so.
        output: the tensor behind the first value that it yields.
        inputs_kept: whether the tensors that came in are kept now.
        passed_on: which of these the output is, or a part of it; None if it is another.
        also: the tensors behind the further values, each with its number: the place of an input, or a number from
            that of inputs on, which the first output has.
    """

    saved: Saved
    output: Storage
    parts: tuple[Keeping, ...] = ()
    runs: tuple[Ways, ...] = ()
    inputs_kept: tuple[bool, ...] = ()
    passed_on: int | None = None
    also: tuple[tuple[Storage, int], ...] = ()


class Incoming(NamedTuple):
    """The tensors behind the inputs of a graph.

    Attributes:
        storages: one for each input.
        tensors: which inputs have the same tensor behind them: for each, the place of the first such.
    """

    storages: tuple[Storage, ...]
    tensors: tuple[int, ...]

    @classmethod
    def of(cls, storages: Sequence[Storage], tensors: Sequence[int]) -> Incoming:
        """The entry with these tensors, whatever their numbers."""
        return cls(tuple(storages), tuple([tensors.index(tensor) for tensor in tensors]))

    def after(self, kept: Keeping) -> Incoming:
        """The entry of the next repeat: what flowed out, and beside it the same as before."""
        first = -1 if kept.passed_on is None else self.tensors[kept.passed_on]
        numbers = [first, *self.tensors[1:]]
        beside = zip(self.storages[1:], kept.inputs_kept[1:], strict=True)
        return Incoming.of([kept.output, *(storage._replace(kept=now) for storage, now in beside)], numbers)


Ways = tuple[tuple[Keeping, int], ...]
"""What equal blocks in a row keep: the first may keep what flows in, where the others find it kept."""


def node_ways(ways: Ways, position: int) -> Ways:
    """What one node of a graph keeps, which is passed in these ways."""
    return tuple([(kept.parts[position] if kept.parts else _NOTHING, times) for kept, times in ways])


def run_ways(ways: Ways, position: int, count: int) -> Ways:
    """What one run of a stage keeps, which has so many repeats and is passed in these ways."""
    return tuple(
        [
            (block, times * repeats)
            for kept, times in ways
            for block, repeats in (kept.runs[position] if kept.runs else ((_NOTHING, count),))
        ]
    )


_of_bodies: WeakKeyDictionary[Body, dict[tuple[Incoming, frozenset[str]], Keeping]] = WeakKeyDictionary()


def network_kept(network: Network) -> Keeping:
    """What a network keeps if its inputs need no gradients and all of its parameters are trained."""
    visible = {tap.value for tap in network.outputs}
    storages = [Storage(prod(given.shape)) for given in network.inputs]
    entry = Incoming.of(storages, range(len(storages)))
    graph = _Graph(network.values, visible, [given.name for given in network.inputs], entry)
    return graph.passed(network.nodes, (network.outputs[-1].value,))


def body_kept(body: Body, entry: Incoming, read: frozenset[str] | None = None) -> Keeping:
    """What a body keeps that is entered with these tensors, if these of its outputs are read; None means all."""
    visible = frozenset(body.outputs) if read is None else read
    known = _of_bodies.setdefault(body, {})
    if (entry, visible) not in known:
        graph = _Graph(body.values, set(visible), (INPUT, *body.beside), entry)
        known[entry, visible] = graph.passed(body.nodes, body.outputs)
    return known[entry, visible]


def stage_kept(stage: Stage, entry: Incoming) -> Keeping:
    """What the blocks of a stage keep, one run of equal ones after the other."""
    flow = _Passing(entry)
    runs: list[Ways] = []
    for run in stage.runs:
        ways: list[tuple[Keeping, int]] = []
        left = run.count
        while left:  # soon each repeat is entered as the one before was
            kept = body_kept(run.body, flow.entry)
            times = left if flow.entry.after(kept) == flow.entry else 1
            ways.append((kept, times))
            flow.passed(kept, times)
            left -= times
        runs.append(tuple(ways))
    return Keeping(flow.saved, flow.entry.storages[0], runs=tuple(runs), inputs_kept=flow.kept, passed_on=flow.source)


class _Passing:
    """The way through the blocks of a stage.

    Attributes:
        entry: what the next block is entered with.
        saved: what was kept so far.
        kept: whether the tensors that came into the stage are kept.
        source: which of these flows now; None if it is another.
    """

    def __init__(self, entry: Incoming) -> None:
        self.entry = entry
        self.saved = Saved()
        self.kept = tuple([storage.kept for storage in entry.storages])
        self.source: int | None = 0

    def passed(self, kept: Keeping, times: int) -> None:
        self.saved = self.saved.plus(kept.saved, times)
        flowing, *beside = kept.inputs_kept
        known = [flowing if self.source == 0 else self.kept[0], *beside]
        if self.source is not None and self.source > 0:
            known[self.source] = known[self.source] or flowing
        self.kept = tuple(known)
        self.source = self.source if kept.passed_on == 0 else kept.passed_on
        self.entry = self.entry.after(kept)


@dataclass(slots=True)
class _Graph:
    """A graph on its way through its nodes.

    Attributes:
        shapes: of its values.
        visible: values that are read from outside.
        given: the values that come in.
        entry: the tensors behind them.
        tensors: the tensors met so far.
        behind: for each value, which of them is behind it.
        wanted: the values for which a gradient is computed.
        read: the values on which something depends that is read from outside.
    """

    shapes: Mapping[str, Shape]
    visible: set[str]
    given: Sequence[str]
    entry: Incoming
    tensors: list[Storage] = field(default_factory=list)
    behind: dict[str, int] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)

    def passed(self, nodes: tuple[Node, ...], yielded: Sequence[str]) -> Keeping:
        for place, (value, storage) in enumerate(zip(self.given, self.entry.storages, strict=True)):
            first = self.entry.tensors[place]
            tensor = self._new(storage) if first == place else self.behind[self.given[first]]
            self._yield(value, tensor, wanted=storage.wanted)
        self.read = _read(nodes, self.visible)
        read = {value.partition(":")[0] for value in self.read}
        parts: list[Keeping] = []
        saved = Saved()
        for node in nodes:
            kept = self._node(node) if node.name in read else _NOTHING
            saved = saved.plus(kept.saved)
            parts.append(kept)
        given = [self.behind[value] for value in self.given]
        numbers = list(given)
        storages = []
        for value in yielded:
            tensor = self.behind[value] if value in self.behind else self._new(Storage(0))
            numbers.append(tensor)
            storages.append(self.tensors[tensor]._replace(wanted=value in self.wanted))
        places = [numbers.index(tensor) for tensor in numbers[len(given) :]]
        return Keeping(
            saved,
            storages[0],
            parts=tuple(parts),
            inputs_kept=tuple([self.tensors[tensor].kept for tensor in given]),
            passed_on=places[0] if places[0] < len(given) else None,
            also=tuple(zip(storages[1:], places[1:], strict=True)),
        )

    def _node(self, node: Node) -> Keeping:
        if isinstance(node, Layer):
            return self._layer(node)
        behind = [self.behind[value] for value in node.inputs]
        storages = [self.tensors[self.behind[value]]._replace(wanted=value in self.wanted) for value in node.inputs]
        entry = Incoming.of(storages, behind)
        kept = body_kept(node.body, entry, self._read_of(node)) if isinstance(node, Call) else stage_kept(node, entry)
        for tensor, now in zip(behind, kept.inputs_kept, strict=True):
            self.tensors[tensor] = self.tensors[tensor]._replace(kept=now)
        output = self._new(kept.output) if kept.passed_on is None else behind[kept.passed_on]
        self._yield(node.name, output, wanted=kept.output.wanted)
        known = dict(enumerate([*behind, output]))
        for index, (storage, place) in enumerate(kept.also, 1):
            tensor = known[place] if place in known else known.setdefault(place, self._new(storage))
            self._yield(output_name(node.name, index), tensor, wanted=storage.wanted)
        return kept

    def _read_of(self, node: Call) -> frozenset[str]:
        """The values that a body yields and that something reads."""
        outputs = enumerate(node.body.outputs)
        return frozenset([value for index, value in outputs if output_name(node.name, index) in self.read])

    def _layer(self, layer: Layer) -> Keeping:
        inputs = tuple([self.shapes[value] for value in layer.inputs])
        wanted = tuple([value in self.wanted for value in layer.inputs])
        flows = any(wanted) or any(each.role != "buffer" for each in layer.op.state(inputs))
        rule = layer.op.keeps(inputs, wanted)
        whole = self.behind[layer.inputs[0]]
        tensor = whole if rule.view else self._new(Storage(sum(map(prod, layer.shapes))))
        for index in range(len(layer.shapes)):
            self._yield(output_name(layer.name, index), tensor, wanted=flows)
        if not flows:
            return _NOTHING
        values = rule.values
        for each in (*(self.behind[layer.inputs[position]] for position in rule.inputs), *[tensor] * rule.output):
            if not self.tensors[each].kept:
                values += self.tensors[each].size
                self.tensors[each] = self.tensors[each]._replace(kept=True)
        return Keeping(Saved(values, rule.integers, rule.statistics), self.tensors[tensor])

    def _new(self, storage: Storage) -> int:
        self.tensors.append(storage)
        return len(self.tensors) - 1

    def _yield(self, value: str, tensor: int, *, wanted: bool) -> None:
        self.behind[value] = tensor
        if wanted:
            self.wanted.add(value)


def _read(nodes: tuple[Node, ...], visible: set[str]) -> set[str]:
    """The values on which something depends that is read from outside."""
    read = set(visible)
    for node in reversed(nodes):
        if any(output_name(node.name, index) in read for index in range(len(node.shapes))):
            read.update(node.inputs)
    return read


_NOTHING = Keeping(Saved(), Storage(0))
