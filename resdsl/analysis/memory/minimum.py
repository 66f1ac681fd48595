"""The fewest numbers that must be alive at once in inference, if layers run one by one in the network's order.

A good runtime reaches this: every value, including the input, lives from the layer that makes it to the last one that
reads it. Element-wise ops, sums and products overwrite an input that is not needed afterwards, views are not copies,
and layers need no memory besides their outputs. With fused layers, or in another order, less may be possible.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import prod
from typing import NamedTuple

from resdsl.ir.inference import for_inference
from resdsl.ir.network import INPUT, Body, Call, Layer, Network, Node, Stage, output_name
from resdsl.ops.base import Elementwise, Shape
from resdsl.ops.join import Add, Mul


class Need(NamedTuple):
    """The memory that a graph needs, in numbers per sample.

    Attributes:
        peak: the most that is alive at once, beyond what is alive when it begins, its inputs included.
        output: the tensor that it yields.
        reused: which of the tensors that come in that is; None if it is none of them.
        also: the further tensors that it yields, each with its number: that of one that comes in, or a number from
            theirs on, which the first output has.
    """

    peak: int
    output: int
    reused: int | None
    also: tuple[tuple[int, int], ...] = ()


class Inflow(NamedTuple):
    """The tensors that come into a graph.

    Attributes:
        tensors: which inputs have the same tensor: for each, the number of the tensor.
        sizes: of each tensor, by number.
        dies: for each tensor, whether it may be given up within, as nothing reads it afterwards.
    """

    tensors: tuple[int, ...]
    sizes: tuple[int, ...]
    dies: tuple[bool, ...]


def least_values(network: Network) -> int:
    """The most numbers alive at once for one sample."""
    network = for_inference(network)
    sizes = {each.name: prod(each.shape) for each in network.inputs}
    known: _Known = {}
    graph = _Graph(network.values, [tap.value for tap in network.outputs], known)
    entry = Inflow(tuple(range(len(sizes))), tuple(sizes.values()), (True,) * len(sizes))
    return graph.run(network.nodes, list(sizes), entry).peak + sum(sizes.values())


_Known = dict[tuple[Body, Inflow, tuple[str, ...]], Need]
"""What bodies need, by the tensors that come in and the values that are read from outside."""


class _Graph:
    """A graph on its way through its nodes.

    Args:
        shapes: of its values.
        visible: values that are read from outside, the one that it yields last.
        known: what bodies need.
    """

    def __init__(self, shapes: Mapping[str, Shape], visible: Collection[str], known: _Known) -> None:
        self._shapes = shapes
        self._visible = list(visible)
        self._known = known
        self._sizes: list[int] = []
        self._behind: dict[str, int] = {}
        self._last: dict[str, int] = {}
        self._alive = self._peak = 0

    def run(
        self, nodes: tuple[Node, ...], given: Sequence[str], entry: Inflow, yields: Sequence[str] | None = None
    ) -> Need:
        self._sizes = list(entry.sizes)
        self._behind = dict(zip(given, entry.tensors, strict=True))
        needed = self._needed(nodes)
        dies = [entry.dies[tensor] for tensor in entry.tensors]
        self._last = {value: -1 if each else len(needed) + 1 for value, each in zip(given, dies, strict=True)}
        for position, node in enumerate(needed):
            for value in node.inputs:
                self._last[value] = max(position, self._last.get(value, 0))
        self._last |= dict.fromkeys(self._visible, len(needed) + 1)
        for position, node in enumerate(needed):
            self._pass(node, position)
        count = len(entry.sizes)
        # A value that nothing reads is given up at once: it is no tensor for the caller.
        yielded = [
            self._behind[value] if value in self._visible else self._new(0) for value in (yields or self._visible[-1:])
        ]
        numbers = [*range(count), *yielded]
        also = tuple([(self._sizes[tensor], numbers.index(tensor)) for tensor in yielded[1:]])
        output = yielded[0]
        return Need(self._peak, self._sizes[output], output if output < count else None, also)

    def _needed(self, nodes: tuple[Node, ...]) -> list[Node]:
        read = {value.partition(":")[0] for value in self._visible}
        kept: list[Node] = []
        for node in reversed(nodes):
            if node.name in read:
                kept.append(node)
                read.update([value.partition(":")[0] for value in node.inputs])
        return kept[::-1]

    def _pass(self, node: Node, position: int) -> None:
        tensors = {self._behind[value] for value in node.inputs}
        dying = {tensor for tensor in tensors if self._dies(tensor, position)}
        count = len(node.shapes)
        made = [self._yielded(node, dying)] * count if isinstance(node, Layer) else self._called(node, dying)
        for index, tensor in enumerate(made):
            value = output_name(node.name, index)
            self._behind[value] = tensor
            self._last.setdefault(value, position)
        for each in {*made, *dying}:
            if self._dies(each, position):
                self._alive -= self._sizes[each]

    def _dies(self, tensor: int, position: int) -> bool:
        """Whether nothing reads a tensor after this place."""
        return all(self._last[value] <= position for value, behind in self._behind.items() if behind == tensor)

    def _yielded(self, layer: Layer, dying: set[int]) -> int:
        """The tensor behind the outputs of a layer."""
        inputs = tuple([self._shapes[value] for value in layer.inputs])
        first = self._behind[layer.inputs[0]]
        if layer.op.makes(inputs).view:
            return first
        size = sum(map(prod, layer.shapes))
        if isinstance(layer.op, Elementwise | Add | Mul):
            for value in layer.inputs:
                if self._behind[value] in dying and self._sizes[self._behind[value]] == size:
                    return self._behind[value]
        return self._made(size)

    def _called(self, node: Call | Stage, dying: set[int]) -> list[int]:
        """The tensors behind the outputs of a block or a stage, within which its inputs may have died."""
        behind = [self._behind[value] for value in node.inputs]
        given = list(dict.fromkeys(behind))
        entry = Inflow(
            tuple([given.index(tensor) for tensor in behind]),
            tuple([self._sizes[tensor] for tensor in given]),
            tuple([tensor in dying for tensor in given]),
        )
        need = self._body(node.body, entry, self._read_of(node)) if isinstance(node, Call) else self._stage(node, entry)
        self._peak = max(self._peak, self._alive + need.peak)
        known = dict(enumerate(given))
        count = len(given)
        made: list[int] = []
        for size, place in ((need.output, count if need.reused is None else need.reused), *need.also):
            if place not in known:
                known[place] = self._new(size)
                self._alive += size
            made.append(known[place])
        self._alive -= sum([self._sizes[tensor] for tensor in dying if tensor not in made])
        dying.clear()
        return made

    def _read_of(self, node: Call) -> tuple[str, ...]:
        """The values that a body yields and that something reads."""
        outputs = enumerate(node.body.outputs)
        return tuple([value for index, value in outputs if output_name(node.name, index) in self._last])

    def _body(self, body: Body, entry: Inflow, read: tuple[str, ...]) -> Need:
        key = (body, entry, read)
        if key not in self._known:
            graph = _Graph(body.values, read, self._known)
            self._known[key] = graph.run(body.nodes, (INPUT, *body.beside), entry, body.outputs)
        return self._known[key]

    def _stage(self, stage: Stage, entry: Inflow) -> Need:
        """The blocks of a stage, each of which may overwrite the output of the one before."""
        beside = [f"beside {place}" for place in range(1, len(stage.inputs))]
        calls: list[Node] = []
        flowing = INPUT
        for run in stage.runs:
            for _ in range(min(run.count, 3)):  # between the second and the last all find the same
                path = f"block {len(calls)}"
                calls.append(Call(name=path, path=path, body=run.body, inputs=(flowing, *beside)))
                flowing = path
        return _Graph({}, [flowing], self._known).run(tuple(calls), (INPUT, *beside), entry)

    def _made(self, size: int) -> int:
        self._alive += size
        self._peak = max(self._peak, self._alive)
        return self._new(size)

    def _new(self, size: int) -> int:
        self._sizes.append(size)
        return len(self._sizes) - 1
