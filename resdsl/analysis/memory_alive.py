"""How many bytes of values are alive at once while the generated PyTorch module runs for inference.

A value lives as long as something holds it: the variable of `forward` that it was assigned to, until that
is assigned to again; the call of a module that reads it, until the module is done; whoever called the
network, to the end. So a block's input lives while the block runs, and a stage's while the stage does.
Activations behind norms and sums in blocks write over their input (`resdsl.analysis.memory_statements`),
and parts of a tensor hold all of it.

A body is run once, and what it needs beside its input is known for every call of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import NamedTuple
from weakref import WeakKeyDictionary

from resdsl.analysis.memory_classes import Use, uses_of
from resdsl.analysis.memory_statements import Statement, Statements
from resdsl.ir.network import INPUT, Body, Call, Layer, Network, Node, Stage, output_name


class Alive(NamedTuple):
    """What a graph needs for one sample, in bytes.

    Attributes:
        peak: the most that is alive at once beside what flows in.
        output: the tensor behind what it yields; 0 where that is what flows in, or a part of it.
        passed_on: whether it is.
    """

    peak: int
    output: int
    passed_on: bool = False


_of_networks: WeakKeyDictionary[Network, dict[int, int]] = WeakKeyDictionary()


def network_peak(network: Network, width: int) -> int:
    """The most bytes of values that are alive at once for one sample, the inputs included.

    Numbers are `width` bytes wide. Every input of the network lives to the end.
    """
    known = _of_networks.setdefault(network, {})
    if width not in known:
        known[width] = _Peaks(network, width).whole()
    return known[width]


class _Peaks:
    """What the graphs of one network need, bodies once each."""

    def __init__(self, network: Network, width: int) -> None:
        self._network = network
        self._width = width
        self._uses = uses_of(network)
        self._known: dict[Body, Alive] = {}

    def whole(self) -> int:
        network = self._network
        given = {each.name: each.name if len(network.inputs) > 1 else "x" for each in network.inputs}
        shown = [tap.value for tap in network.outputs]
        called: dict[str, str] = {}
        for tap in network.outputs:
            if tap.value != shown[-1] and ":" not in tap.value:
                called.setdefault(tap.value, f"{tap.name}_" if tap.name in given.values() else tap.name)
        use = Use(network.nodes, network.values, shown[-1])
        peak = self._run(use, Statements(use, given, shown=shown, main="x", called=called), given).peak
        return peak + self._width * sum(prod(each.shape) for each in network.inputs)

    def _body(self, body: Body) -> Alive:
        if body not in self._known:
            use, given = self._uses[body], {INPUT: "input"}
            self._known[body] = self._run(use, Statements(use, given, main="out", sums_overwrite=True), given)
        return self._known[body]

    def _stage(self, stage: Stage) -> Alive:
        """The blocks of a stage, each with the output of the one before."""
        peak, flowing, passed_on = 0, 0, True
        for run in stage.runs:
            block = self._body(run.body)
            for _ in range(min(run.count, 2)):  # the second block and all behind it find the same
                peak = max(peak, flowing + block.peak)
                flowing = flowing if block.passed_on else block.output
                passed_on = passed_on and block.passed_on
        return Alive(peak, flowing, passed_on)

    def _run(self, use: Use, statements: Statements, given: Mapping[str, str]) -> Alive:
        """Follow the statements of a graph.

        Tensors are numbered; those that flow in are the first and are counted by the caller, as of no size.
        """
        sizes = [0] * len(given)
        behind = {value: tensor for tensor, value in enumerate(given)}
        held = {variable: tensor for tensor, variable in enumerate(given.values())}
        waiting: list[int] = []
        peak = 0
        for statement in statements:
            alive = sum([sizes[tensor] for tensor in {*held.values(), *waiting}])
            node = statement.nodes[-1]
            read = use.absent[node.name] if node.name in use.missing else statement.nodes[0].inputs[0]
            tensor = behind[statements.source(read)]
            needed, size = self._needed(statement, statements)
            peak = max(peak, alive + needed)
            if size is not None:
                sizes.append(size)
                tensor = len(sizes) - 1
            behind.update({output_name(node.name, index): tensor for index in range(len(node.shapes))})
            # What stands inside a call is alive until the call is done.
            waiting = [tensor] if statement.inside else []
            if statement.variable is not None:
                held[statement.variable] = tensor
        last = behind[statements.source(use.output)]
        return Alive(peak, sizes[last], last < len(given))

    def _needed(self, statement: Statement, statements: Statements) -> tuple[int, int | None]:
        """The bytes that a statement needs beside what is alive, and those of its output where it is a new tensor."""
        peak, flowing = 0, 0
        size: int | None = None
        for node, over in zip(statement.nodes, statement.over, strict=True):
            if over or node.name in statements.missing:
                continue
            needed, made = self._node_needs(node, statements)
            peak = max(peak, flowing + needed)
            if made is not None:
                size = flowing = made
        return peak, size

    def _node_needs(self, node: Node, statements: Statements) -> tuple[int, int | None]:
        if isinstance(node, Layer):
            facts = statements.facts[node.name]
            if facts.view:
                return 0, None
            return self._width * (facts.output + facts.values) + 8 * facts.integers, self._width * facts.output
        inner = self._body(node.body) if isinstance(node, Call) else self._stage(node)
        return inner.peak, None if inner.passed_on else inner.output
