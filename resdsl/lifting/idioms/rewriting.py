"""A graph whose nodes are replaced, and what idioms ask about a node."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeVar

from resdsl.lifting.graph import Draft, FileTensor
from resdsl.ops.base import Op, Shape
from resdsl.ops.records import ShapeError
from resdsl.ops.registry import op_named
from resdsl.records.checks import Invalid

T = TypeVar("T")


class DraftGraph:
    """A graph whose nodes are replaced."""

    def __init__(self, nodes: Sequence[Draft], inputs: Mapping[str, Shape], outputs: Sequence[str]) -> None:
        self._inputs = inputs
        self._order = {node: place for place, node in enumerate(nodes)}
        self.outputs = frozenset(outputs)
        self.producers = {value: node for node in nodes for value in node.outputs}
        self.joined = {tuple(node.inputs): node.output for node in nodes if is_op(node, "concat")}
        """What values come to that a file concatenates, by these values as it has them."""
        self.of_rows: set[Draft] = set()
        """Splits that stand for rows taken apart; a model has no splits there."""
        self.users: dict[str, list[Draft]] = defaultdict(list)
        for node in nodes:
            for value in dict.fromkeys(node.inputs):
                self.users[value].append(node)

    def __contains__(self, node: Draft) -> bool:
        return node in self._order

    def before(self, node: Draft, position: int = 0) -> Draft | None:
        """What yields an operand of a node, if nothing else reads it."""
        value = node.inputs[position]
        producer = self.producers.get(value)
        alone = len(self.users[value]) == 1 and value not in self.outputs
        return producer if producer is not None and alone and len(producer.outputs) == 1 else None

    def shape(self, node: Draft) -> Shape:
        """The shape of the first operand."""
        return self.shape_of(node.inputs[0])

    def shape_of(self, value: str) -> Shape:
        """The shape of a value."""
        producer = self.producers.get(value)
        return self._inputs[value] if producer is None else producer.shapes[producer.outputs.index(value)]

    def become(
        self, node: Draft, op: Op, inputs: Sequence[str], *gone: Draft, tensors: Mapping[str, FileTensor] | None = None
    ) -> bool:
        """Make a node another op of other inputs, in place of it and of those before it."""
        for each in (*gone, node):
            for value in dict.fromkeys(each.inputs):
                self.users[value].remove(each)
        for each in gone:
            self._forget(each)
        node.op, node.inputs = op, list(inputs)
        if tensors is not None:
            node.tensors = dict(tensors)
        if not node.path:
            node.path = next((each.path for each in gone if each.tensors and each.path), "")
        for value in dict.fromkeys(inputs):
            self.users[value].append(node)
        return True

    def skip(self, node: Draft) -> bool:
        """Let what reads a node read its input."""
        return self.replace(node, node.inputs)

    def replace(self, node: Draft, values: Sequence[str]) -> bool:
        """Let what reads a node read these values in place of what it yields."""
        if self.outputs.intersection(node.outputs):
            return False
        for source in dict.fromkeys(node.inputs):
            self.users[source].remove(node)
        for value, source in zip(node.outputs, values, strict=True):
            for user in self.users.pop(value, []):
                user.inputs = [source if name == value else name for name in user.inputs]
                if user not in self.users[source]:
                    self.users[source].append(user)
        self._forget(node)
        return True

    def is_before(self, node: Draft, other: Draft) -> bool:
        """Whether a node comes before another one in execution order."""
        return self._order[node] < self._order[other]

    def join(self, nodes: Sequence[Draft], op: Op, source: str) -> None:
        """Put one node with several outputs in place of nodes that read one value; the first of them becomes it."""
        first = min(nodes, key=self._order.__getitem__)
        outputs, shapes = [node.outputs[0] for node in nodes], tuple([node.shapes[0] for node in nodes])
        for node in nodes:
            self.users[source].remove(node)
            if node is not first:
                self._forget(node)
        first.op, first.outputs, first.shapes = op, outputs, shapes
        self.users[source].append(first)
        self.producers.update(dict.fromkeys(outputs, first))

    def _forget(self, node: Draft) -> None:
        del self._order[node]
        for value in node.outputs:
            self.producers.pop(value, None)

    def needed(self) -> list[Draft]:
        """The nodes that outputs depend on, in their order."""
        wanted, kept = set(self.outputs), []
        for node in sorted(self._order, key=self._order.__getitem__, reverse=True):
            if wanted.intersection(node.outputs):
                wanted.update(node.inputs)
                kept.append(node)
        return kept[::-1]


def is_op(node: Draft | None, *ops: str) -> bool:
    """Whether a node is one of these ops, by their names."""
    return node is not None and isinstance(node.op, Op) and node.op.op in ops


def op_as(node: Draft | None, kind: type[T]) -> T | None:
    """The op of a node, if it is of this class."""
    return node.op if node is not None and isinstance(node.op, kind) else None


def op_if_fits(name: str, given: Mapping[str, object], *shapes: Shape) -> Op | None:
    """An op, if it can be applied."""
    try:
        made = op_named(name).build(dict(given), shapes)
        made.infer(shapes)
    except (Invalid, ShapeError):
        return None
    return made


def yields(op: Op, shape: Shape, node: Draft) -> bool:
    """Whether an op makes of a shape what a node yields."""
    try:
        return op.infer((shape,)) == node.shapes
    except (Invalid, ShapeError):
        return False
