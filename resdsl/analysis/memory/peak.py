"""How many bytes of values are alive at once while the generated PyTorch module runs for inference.

A value lives as long as something holds it: the variable of `forward` until it is assigned again, the call of a module
that reads the value until the module is done, and the caller of the network to the end. So the input of a block lives
while the block runs, and the input of a stage while the stage runs. The statements are the printed ones
(`resdsl.program`), and a view keeps the whole tensor alive.

A body is walked once; the memory it needs besides its input is the same for every call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import NamedTuple
from weakref import WeakKeyDictionary

from resdsl.ir.network import Body, Call, Layer, Network, Node, Stage, output_name
from resdsl.ir.walk import distinct_layers
from resdsl.ops.base import Op, Shape, Shapes
from resdsl.program.classes import BlockClass, classes_of
from resdsl.program.network import network_program
from resdsl.program.schedule import Program, Statement


class Alive(NamedTuple):
    """The memory that a graph needs for a batch, in bytes.

    Attributes:
        peak: the most that is alive at once besides the inputs.
        output: the tensor behind the output; 0 if that is an input, or a view of it.
        passed_on: which input the output is, or a view of it; None if it is none of them.
        also: the tensors behind further outputs, each with its number: the place of an input, or a number from that of
            inputs on, which the first output has.
    """

    peak: int
    output: int
    passed_on: int | None = None
    also: tuple[tuple[int, int], ...] = ()


class Allocation(NamedTuple):
    """What a layer allocates for one sample.

    Attributes:
        output: numbers in its outputs.
        values: other numbers that it needs, as wide as those of the outputs.
        integers: other 64-bit numbers that it needs.
        statistics: other numbers that it needs once for all samples.
        view: whether its outputs are views of its first input.
    """

    output: int
    values: int
    integers: int
    statistics: int
    view: bool


@lru_cache(maxsize=4096)
def allocation_of(op: Op, inputs: Shapes) -> Allocation:
    """What an op allocates that reads values of these shapes."""
    made = op.makes(inputs)
    return Allocation(sum(map(prod, op.infer(inputs))), made.values, made.integers, made.statistics, made.view)


_of_networks: WeakKeyDictionary[Network, dict[tuple[int, int], int]] = WeakKeyDictionary()
_in_proportion: WeakKeyDictionary[Network, bool] = WeakKeyDictionary()


def network_peak(network: Network, width: int, batch: int) -> int:
    """The most bytes of values that are alive at once for a batch, including the inputs.

    Numbers are `width` bytes wide. Every input of the network lives to the end.
    """
    if network not in _in_proportion:
        _in_proportion[network] = not any(
            allocation_of(layer.op, shapes).statistics for layer, shapes in distinct_layers(network)
        )
    counted = 1 if _in_proportion[network] else batch
    known = _of_networks.setdefault(network, {})
    if (width, counted) not in known:
        known[width, counted] = _Peaks(network, width, counted).whole()
    return known[width, counted] * (batch // counted)


@dataclass(frozen=True, slots=True)
class _Use:
    """A graph as its class runs it.

    Attributes:
        program: what the class computes.
        nodes: the graph's own, by name; of those of the class it may lack some.
        values: the shape of each of its values.
        outputs: the values that the class yields.
        left_out: nodes that an inference pass leaves out.
    """

    program: Program
    nodes: Mapping[str, Node]
    values: Mapping[str, Shape]
    outputs: tuple[str, ...]
    left_out: frozenset[str] = frozenset()


class _Peaks:
    """What the graphs of one network need, bodies once each."""

    def __init__(self, network: Network, width: int, batch: int) -> None:
        self._network = network
        self._width = width
        self._batch = batch
        self._classes: dict[Body, BlockClass] = {body: each for each in classes_of(network) for body in each.bodies}
        self._known: dict[Body, Alive] = {}

    def whole(self) -> int:
        network = self._network
        nodes = {node.name: node for node in network.nodes}
        use = _Use(network_program(network), nodes, network.values, (network.outputs[-1].value,), network.trained_only)
        return self._run(use).peak + self._batch * self._width * sum(prod(each.shape) for each in network.inputs)

    def _body(self, body: Body) -> Alive:
        if body not in self._known:
            own = self._classes[body]
            nodes = {node.name: node for node in body.nodes}
            self._known[body] = self._run(_Use(own.program, nodes, body.values, own.whole.outputs))
        return self._known[body]

    def _stage(self, stage: Stage) -> Alive:
        """The blocks of a stage, each with the output of the one before."""
        peak, flowing = 0, 0
        passed_on: int | None = 0
        for run in stage.runs:
            block = self._body(run.body)
            for _ in range(min(run.count, 2)):  # the second block and all behind it find the same
                peak = max(peak, flowing + block.peak)
                if block.passed_on != 0:
                    flowing, passed_on = block.output, block.passed_on
        return Alive(peak, flowing, passed_on)

    def _run(self, use: _Use) -> Alive:
        """Follow the statements of a graph.

        Tensors are numbered; those that flow in are the first and are counted by the caller, as of no size.
        """
        program = use.program
        given = len(program.inputs)
        sizes = [0] * given
        behind = {value: tensor for tensor, value in enumerate(program.inputs)}
        held = {variable: {tensor} for tensor, variable in enumerate(program.inputs.values())}
        peak = 0
        for statement in program.statements:
            if statement.nodes[0].name in use.left_out:
                continue
            needed, size, passed_on = self._needs(statement, use)
            peak = max(peak, sum([sizes[tensor] for tensor in set[int]().union(*held.values())]) + needed)
            missing = statement.nodes[0].name not in use.nodes
            read = statement.instead if missing and statement.instead else statement.reads[passed_on]
            tensor = behind[program.source(read)]
            if size is not None:
                sizes.append(size)
                tensor = len(sizes) - 1
            node = statement.nodes[-1]
            yielded = [tensor] * len(node.shapes)
            if isinstance(node, Call) and len(yielded) > 1:
                yielded = self._further(node, tensor, [behind[program.source(value)] for value in node.inputs], sizes)
            if statement.variable is not None:
                held[statement.variable] = set(yielded)
            if not statement.flattens:
                behind.update({output_name(node.name, index): each for index, each in enumerate(yielded)})
        numbers = [*range(given), *(behind[program.source(value)] for value in use.outputs)]
        last, *others = numbers[given:]
        also = tuple([(sizes[tensor], numbers.index(tensor)) for tensor in others])
        return Alive(peak, sizes[last], last if last < given else None, also)

    def _further(self, node: Call, first: int, inputs: list[int], sizes: list[int]) -> list[int]:
        """The tensors behind the outputs of a body that yields several; new ones are added to the sizes."""
        known = dict(enumerate([*inputs, first]))
        found = [first]
        for size, place in self._body(node.body).also:
            if place not in known:
                sizes.append(size)
                known[place] = len(sizes) - 1
            found.append(known[place])
        return found

    def _needs(self, statement: Statement, use: _Use) -> tuple[int, int | None, int]:
        """The bytes that a statement needs besides what is alive, and those of its output if that is a new tensor; if
        it is not, which of the values that it reads it is.
        """
        peak, flowing, source = 0, 0, 0
        size: int | None = None
        for node, over in zip(statement.nodes, statement.over, strict=True):
            own = use.nodes.get(node.name)
            if over or own is None or statement.flattens:
                continue
            needed, made, passed_on = self._node_needs(own, use)
            peak = max(peak, flowing + needed)
            if made is not None:
                size = flowing = made
            elif node is statement.nodes[0]:
                source = passed_on
        return peak, size, source

    def _node_needs(self, node: Node, use: _Use) -> tuple[int, int | None, int]:
        if isinstance(node, Layer):
            needs = allocation_of(node.op, tuple([use.values[value] for value in node.inputs]))
            if needs.view:
                return 0, None, 0
            output = self._batch * self._width * needs.output
            others = self._batch * (self._width * needs.values + 8 * needs.integers) + self._width * needs.statistics
            return output + others, output, 0
        inner = self._body(node.body) if isinstance(node, Call) else self._stage(node)
        return inner.peak, inner.output if inner.passed_on is None else None, inner.passed_on or 0
