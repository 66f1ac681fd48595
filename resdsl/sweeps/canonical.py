"""A hash of what a network computes, which does not depend on names.

A sweep may contain the same network twice, and comparing a network with itself looks like a result. Equal hashes mean
equal layers with equal parameters, wired in the same way, for equal inputs, with the same shared modules and the same
outputs. Names, paths, arguments, titles, roles and figures do not matter, and neither does the grouping of layers: a
block written out, a bracket and a definition hash alike. Where two modules could be swapped without effect, as the
terms of a sum, their order does matter.

The hash covers the sequence of layers in the order of execution. A layer refers to the values it reads by how many
layers back they were computed, so that a body looks the same wherever it is used. Each layer is a function
x -> a * x + b over the field of 2 ** 255 - 19 elements, with a and b from SHA-512, and a sequence of layers is the
composition of these functions, again of this form. The hash of n equal blocks is thus a power, so that hashing a
thousand layers costs as much as hashing their distinct bodies.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256, sha512
from typing import NamedTuple
from weakref import WeakKeyDictionary

from resdsl.ir.network import Body, Call, Layer, Network, Node, Stage, output_name
from resdsl.ops.base import Op, Shape

_FORM = "resdsl network 1"
_FIELD = 2**255 - 19
_MOST_APART = 1024
"""The most repeats that are hashed one by one, where each is a little different. More of them are not what the same
blocks written out are.
"""


class _Back(NamedTuple):
    """A value as seen from a later layer: how many layers back it was computed, and as which output."""

    layers: int
    output: int


class _Row(NamedTuple):
    """A sequence of layers: their function x -> a * x + b, and their number."""

    a: int = 1
    b: int = 0
    layers: int = 0

    def then(self, other: _Row) -> _Row:
        return _Row(self.a * other.a % _FIELD, (self.b + self.a * other.b) % _FIELD, self.layers + other.layers)

    def times(self, count: int) -> _Row:
        """The sequence repeated `count` times: b * (1 + a + ... + a ** (count - 1)) is a geometric series."""
        power = pow(self.a, count, _FIELD)
        return _Row(power, _ratio(self) * (power - 1) % _FIELD, self.layers * count)

    def all_of(self, count: int) -> _Row:
        """What stands for a sequence repeated `count` times, where repeats are alike but not equal."""
        return _letter("alike", self, count, layers=self.layers * count)


class _Called(NamedTuple):
    """A body as part of the sequence that calls it: its layers, and the values it yields as seen from their end."""

    row: _Row
    values: tuple[_Back, ...]

    @property
    def value(self) -> _Back:
        return self.values[0]


@lru_cache(maxsize=4096)
def _ratio(row: _Row) -> int:
    """b / (a - 1); if a is 1, the sequence is empty and b is 0."""
    return row.b * pow((row.a - 1) % _FIELD or 1, -1, _FIELD) % _FIELD


def network_hash(network: Network) -> str:
    """64 hexadecimal digits, which are equal on every machine for equal networks."""
    row = _Row()
    places: dict[str, tuple[int, int]] = {}
    for given in network.inputs:
        places[given.name] = row.layers, 0
        row = row.then(_input(given.shape))
    row = _graph(network.nodes, row, places)
    visible = []
    for tap in network.outputs:
        layer, output = places[tap.value]
        visible.append((row.layers - layer, output, *["training"] * tap.training))
    return sha256(f"{_FORM}\n{row.a:x} {row.b:x} {row.layers}\n{visible}".encode()).hexdigest()


def _graph(
    nodes: tuple[Node, ...], before: _Row, places: dict[str, tuple[int, int]], called: int | None = None
) -> _Row:
    """The sequence with these nodes appended.

    Args:
        nodes: the graph.
        before: the sequence so far.
        places: the layer of every value, counted from the start.
        called: if the module of the graph was called before, how many layers back that was.
    """
    a, b, start = before
    modules: dict[str, int] = {}
    for node in nodes:
        again = start - modules[node.path] + (called or 0) if node.path in modules else called
        modules.setdefault(node.path, start)
        reads = tuple([_Back(start - places[value][0], places[value][1]) for value in node.inputs])
        if isinstance(node, Layer):
            row = _layer(node.op, reads, again)
            places[node.name] = start, 0
            for index in range(1, len(node.shapes)):
                places[output_name(node.name, index)] = start, index
        else:
            row, values = _body(node.body, reads, again) if isinstance(node, Call) else _stage(node, reads, again)
            for index, value in enumerate(values):
                places[output_name(node.name, index)] = start + row.layers - value.layers, value.output
        a, b, start = a * row.a % _FIELD, (b + a * row.b) % _FIELD, start + row.layers
    return _Row(a, b, start)


def _stage(stage: Stage, reads: tuple[_Back, ...], again: int | None) -> _Called:
    """The repeats of a stage, each of which reads the output of the one before, and all of them what stands beside."""
    row = _Row()
    read, beside = reads[0], reads[1:]
    for run in stage.runs:
        left = run.count
        while left:
            called = _body(run.body, (read, *beside), again)
            if beside:
                # What stands beside is further back for every repeat, so that repeats are no power of one.
                times = 1 if left <= _MOST_APART else left
                added = called.row if times == 1 else called.row.all_of(times)
                row, read, left = row.then(added), called.value, left - times
                beside = tuple([_Back(value.layers + added.layers, value.output) for value in beside])
            elif called.value == read:
                repeats = called.row.times(left) if left > 1 else called.row
                row, left = row.then(repeats), 0
            elif called.value == (read.layers + called.row.layers, read.output):
                # The body yields what it is given: every repeat reads the very same value.
                row = row.then(_letter("unread", _body(run.body, (_Back(1, 0),), again).row, left, layers=0))
                left = 0
            else:
                row, read, left = row.then(called.row), called.value, left - 1
    return _Called(row, (read,))


_of_bodies: WeakKeyDictionary[Body, dict[tuple[tuple[_Back, ...], int | None], _Called]] = WeakKeyDictionary()


def _body(body: Body, reads: tuple[_Back, ...], again: int | None) -> _Called:
    known = _of_bodies.get(body)
    if known is None:
        known = _of_bodies[body] = {}
    called = known.get((reads, again))
    if called is None:
        places = {name: (-read.layers, read.output) for name, read in body.entered(reads).items()}
        row = _graph(body.nodes, _Row(), places, again)
        yielded = [places[value] for value in body.outputs]
        called = known[reads, again] = _Called(
            row, tuple([_Back(row.layers - layer, output) for layer, output in yielded])
        )
    return called


@lru_cache(maxsize=256)
def _input(shape: Shape) -> _Row:
    return _letter("input", shape, layers=1)


@lru_cache(maxsize=4096)
def _layer(op: Op, reads: tuple[_Back, ...], again: int | None) -> _Row:
    parameters = {name: _one_zero(value) for name, value in op.plain().items()}
    return _letter("layer", parameters, reads, again, layers=1)


def _one_zero(value: object) -> object:
    """The value with negative zeros made positive: the two are equal, but written differently."""
    if isinstance(value, Mapping):
        return {key: _one_zero(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_one_zero(item) for item in value]
    return value + 0.0 if isinstance(value, float) else value


def _letter(*what: object, layers: int) -> _Row:
    digest = sha512(json.dumps(what, separators=(",", ":")).encode()).digest()
    a, b = (int.from_bytes(half, "little") % _FIELD for half in (digest[:32], digest[32:]))
    return _Row(a, b, layers)
