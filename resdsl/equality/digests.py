"""A digest of every value of a network by how it is made.

What does not matter for the result is left out: names, the order of nodes and of sums, and ways to say the same thing,
such as `relu6` and `clip 0, 6`. What a file for inference cannot tell is left out too: dropout, how weights start, and
the momentum of norms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Protocol

from resdsl.equality.forms import OF_EACH, Form, changes_nothing, form_of, unpadded
from resdsl.ops.base import Op, Shape, Shapes
from resdsl.ops.channels import SliceChannels
from resdsl.ops.registry import op_named

_WRITTEN_OUT = {
    "silu": ("sigmoid",),
    "hard_swish": ("hard_sigmoid",),
    "mish": ("softplus", "tanh"),
}
"""Activations that multiply what flows by what these make of it."""


class LayerLike(Protocol):
    """A layer of a graph without structure."""

    @property
    def op(self) -> Op:
        """What it computes."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """The values it reads."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """The values it yields."""


def value_digests(
    inputs: Mapping[str, Shape], nodes: Iterable[LayerLike], shapes: Mapping[str, Shape]
) -> dict[str, str]:
    """A digest for every value, equal for values that are made alike of equal inputs in equal places.

    Args:
        inputs: names and shapes.
        nodes: the layers, in execution order.
        shapes: those of all values.
    """
    made = _Digests(inputs, shapes)
    for node in nodes:
        made.add(node)
    return made.values


def digest(*parts: object) -> str:
    """32 hexadecimal digits, which are equal on every machine for equal parts."""
    return blake2b(repr(parts).encode(), digest_size=16).hexdigest()


class _Digests:
    """The digests of a graph, one layer after the other."""

    def __init__(self, inputs: Mapping[str, Shape], shapes: Mapping[str, Shape]) -> None:
        self._shapes = shapes
        self.values = {name: digest("input", place, shape) for place, (name, shape) in enumerate(inputs.items())}
        self._joined: dict[str, tuple[str, ...]] = {}
        """What a value is made of whose channels are those of several others."""
        self._forms: dict[str, str] = {}
        """What a value is another form of."""
        self._turned: dict[str, tuple[str, Form]] = {}
        """What a value is with its axes turned, and how."""
        self._known: dict[tuple[Op, Shapes], Sequence[Form]] = {}

    def add(self, node: LayerLike) -> None:
        """The digests of what a layer yields."""
        op, reads = node.op, [self.values[value] for value in node.inputs]
        name, shapes = op.op, tuple([self._shapes[value] for value in node.inputs])
        output = node.outputs[0]
        if changes_nothing(op, shapes):
            self._as(output, node.inputs[0])
        elif name == "concat":
            parts = tuple(part for value in node.inputs for part in self._joined.get(value, (self.values[value],)))
            self.values[output], self._joined[output] = digest("concat", parts), parts
        elif name in ("add", "mul"):
            self.values[output] = _chain(name, reads, shapes)
        elif name == "split":
            size = self._shapes[output][0]
            for place, value in enumerate(node.outputs):
                self.values[value] = digest("slice_channels", reads, place * size, (place + 1) * size)
        elif isinstance(op, SliceChannels):
            self.values[output] = digest(name, reads, op.start, op.end)
        elif name in ("flatten", "reshape"):
            whole = self._forms.get(node.inputs[0], reads[0])
            self._forms[output] = whole
            self.values[output] = digest("reshape", whole, self._shapes[output])
        elif name == "fc" or (name == "channel_fc" and len(shapes[0]) == 1):
            self.values[output] = self._of(op, shapes, [self._forms.get(node.inputs[0], reads[0])])
        elif name == "permute":
            self._turn(output, reads[0], form_of(op, shapes))
        elif name in OF_EACH or name in _WRITTEN_OUT:
            self._each(node, op, reads[0])
        else:
            self.values[output] = made = self._of(op, shapes, reads)
            self.values.update({value: digest(made, place) for place, value in enumerate(node.outputs) if place})

    def _turn(self, output: str, inner: str, turn: Form) -> None:
        self.values[output], self._turned[output] = digest(turn, inner), (inner, turn)

    def _each(self, node: LayerLike, op: Op, read: str) -> None:
        """What works on each number by itself: axes are turned behind it."""
        inner, turn = self._turned.get(node.inputs[0], (read, ()))
        made = inner
        for step in _WRITTEN_OUT.get(op.op, ()):
            made = self._of(op_named(step).of({}), (), [made])
        made = digest("mul", *sorted((inner, made))) if op.op in _WRITTEN_OUT else self._of(op, (), [inner])
        if turn:
            self._turn(node.outputs[0], made, turn)
        else:
            self.values[node.outputs[0]] = made

    def _as(self, output: str, source: str) -> None:
        self.values[output] = self.values[source]
        if source in self._joined:
            self._joined[output] = self._joined[source]
        if source in self._forms:
            self._forms[output] = self._forms[source]
        if source in self._turned:
            self._turned[output] = self._turned[source]

    def _of(self, op: Op, shapes: Shapes, reads: Sequence[str]) -> str:
        known = self._known.get((op, shapes))
        if known is None:
            apart = unpadded(op, shapes)
            known = (form_of(op, shapes),) if apart is None else (apart.margins, form_of(apart.op, apart.shapes))
            self._known[op, shapes] = known
        first, *rest = known
        made = digest(first, *reads)
        for form in rest:
            made = digest(form, made)
        return made


def _chain(name: str, reads: Sequence[str], shapes: Shapes) -> str:
    """A sum or a product from left to right, two and two; the order of equal shapes is free."""
    made = reads[0]
    for read, shape in zip(reads[1:], shapes[1:], strict=True):
        pair = sorted((made, read)) if shape == shapes[0] else (made, read)
        made = digest(name, *pair)
    return made
