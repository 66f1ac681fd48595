"""Receptive fields: how much of an input a position of a value sees, along the longest and the shortest path.

They are composed from the maps of the ops (`Op.reach`). Where branches meet, the longest path reads what both branches
read, and the shortest path is that of the branch that reads less. The maps of a body are found once and raised to the
power of its repeats, so two hundred equal blocks cost no more than a few.

The figures follow the formulas in papers: they count positions in the padding and may exceed the input. The statistics
of a norm do not count as a path. A pool over the whole map, a fully connected layer and a reshape see the whole input,
and so does everything computed from them, such as a map scaled by a gate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple
from weakref import WeakKeyDictionary

from resdsl.ir.network import INPUT, Body, Call, Layer, Network, Node, Run, Stage, output_name
from resdsl.ops.base import Shape, pointwise
from resdsl.ops.reach import Reaches


class Field(NamedTuple):
    """What a value sees of an input.

    Attributes:
        longest: along the longest path, axis by axis; None if that is the whole input.
        shortest: along the shortest path.
    """

    longest: Reaches | None
    shortest: Reaches | None

    @property
    def size(self) -> tuple[int, ...] | None:
        """The receptive field: positions of the input per axis, along the longest path; None for all."""
        return _sizes(self.longest)

    @property
    def shortest_size(self) -> tuple[int, ...] | None:
        """Positions of the input per axis, along the shortest path; None for all."""
        return _sizes(self.shortest)

    @property
    def stride(self) -> tuple[Fraction, ...] | None:
        """The effective stride: positions of the input per position of the value, axis by axis."""
        known = self.longest if self.longest is not None else self.shortest
        return None if known is None else tuple([reach.stride for reach in known])

    def then(self, reader: Field) -> Field:
        """The view of a value that reads this one through such a map."""
        return Field(_then(self.longest, reader.longest), _then(self.shortest, reader.shortest))

    def repeated(self, times: int) -> Field:
        """The view through this many equal steps in a row."""
        return Field(_repeated(self.longest, times), _repeated(self.shortest, times))

    def joined(self, other: Field) -> Field:
        """The view where this branch and another meet."""
        return Field(_joined(self.longest, other.longest), _less(self.shortest, other.shortest))


class Fields:
    """The receptive fields of a network's values.

    Args:
        network: the network.
        given: the name of the input; by default the first.

    Raises:
        KeyError: the network has no such input.
    """

    def __init__(self, network: Network, given: str | None = None) -> None:
        self._network = network
        self._top = network_fields(network, given)

    def of(self, value: str) -> Field | None:
        """The field of a value at the top; None if it depends only on another input."""
        return self._top.get(value)

    def at(self, path: str, repeats: int = 1) -> Field | None:
        """The field of the output of a module, such as `layer1.2.conv1`; None if it depends only on another input.

        For repeats that are one row, `path` is the path of the first, but the field is that of the last. For a module
        that is called twice, it is the field of the first call.

        Raises:
            KeyError: there is no such module.
        """
        return _at(self._network.nodes, self._top, path, repeats)


def network_fields(network: Network, given: str | None = None) -> Mapping[str, Field]:
    """What the values at the top of a network see; arguments and errors are those of `Fields`."""
    shapes = {each.name: each.shape for each in network.inputs}
    name = network.inputs[0].name if given is None else given
    whole = pointwise(shapes[name])
    return _fields(network.nodes, network.values, {name: Field(whole, whole)})


Entry = tuple[Field | None, ...]
"""What the inputs of a body see: what flows in, then what is read beside it; None if that depends on another input."""
_of_bodies: WeakKeyDictionary[Body, dict[str, Mapping[str, Field]]] = WeakKeyDictionary()


def body_fields(body: Body, name: str = INPUT) -> Mapping[str, Field]:
    """What the values of a body see of one of its inputs."""
    known = _of_bodies.setdefault(body, {})
    if name not in known:
        own = pointwise(body.values[name])
        known[name] = _fields(body.nodes, body.values, {name: Field(own, own)})
    return known[name]


def field_within(body: Body, value: str, entry: Entry) -> Field | None:
    """What a value of a body sees, given what its inputs see."""
    found: Field | None = None
    for name, given in body.entered(entry).items():
        within = body_fields(body, name).get(value)
        found = _met(found, given.then(within) if given and within else None)
    return found


def entered_after(body: Body, entry: Entry, times: int) -> Entry:
    """The entry of what comes after so many repeats of a body; what is read beside the flow stays the same."""
    flowing, *beside = entry
    step = body_fields(body).get(body.output)
    if not beside:
        return (flowing and step and flowing.then(step.repeated(times)),)
    added = field_within(body, body.output, (None, *beside))
    while times:
        if times % 2:
            flowing = _met(flowing.then(step) if flowing and step else None, added)
        # Two steps in a row are a step of the same form.
        added = _met(added.then(step) if added and step else None, added)
        step, times = step and step.then(step), times // 2
    return (flowing, *beside)


def _met(one: Field | None, other: Field | None) -> Field | None:
    return one.joined(other) if one and other else one or other


def _fields(nodes: tuple[Node, ...], shapes: Mapping[str, Shape], fields: dict[str, Field]) -> dict[str, Field]:
    for node in nodes:
        for index in range(len(node.shapes)):
            found = _layer(node, shapes, fields) if isinstance(node, Layer) else _called(node, fields, index)
            if found is not None:
                fields[output_name(node.name, index)] = found
    return fields


def _layer(layer: Layer, shapes: Mapping[str, Shape], fields: Mapping[str, Field]) -> Field | None:
    reaches = layer.op.reach(tuple([shapes[value] for value in layer.inputs]))
    met = [
        fields[value].then(Field(reach, reach))
        for value, reach in zip(layer.inputs, reaches, strict=True)
        if value in fields
    ]
    result: Field | None = None
    for other in met:
        result = _met(result, other)
    return result


def _called(node: Call | Stage, fields: Mapping[str, Field], index: int) -> Field | None:
    entry = entry_of(node, fields)
    if isinstance(node, Call) and index:
        return field_within(node.body, node.body.outputs[index], entry)
    for body, count in _bodies(node):
        entry = entered_after(body, entry, count)
    return entry[0]


def entry_of(node: Call | Stage, fields: Mapping[str, Field]) -> Entry:
    """What the inputs of a node see."""
    return tuple([fields.get(value) for value in node.inputs])


def _bodies(node: Call | Stage) -> Iterator[tuple[Body, int]]:
    if isinstance(node, Call):
        yield node.body, 1
        return
    for run in node.runs:
        yield run.body, run.count


def _at(nodes: tuple[Node, ...], fields: Mapping[str, Field], path: str, repeats: int) -> Field | None:
    for node in nodes:
        if node.path == path:
            return fields.get(node.name)
        if isinstance(node, Layer) or not path.startswith(f"{node.path}."):
            continue
        rest = path[len(node.path) + 1 :]
        entry = entry_of(node, fields)
        if isinstance(node, Call):
            return _within(node.body, entry, rest, repeats)
        index, _, inner = rest.partition(".")
        for run in node.runs:
            if index.isdigit() and int(index) in run.indices:
                return _in_run(run, entry, min(int(index) + repeats - 1, run.indices[-1]), inner, repeats)
            entry = entered_after(run.body, entry, run.count)
    raise KeyError(path)


def _in_run(run: Run, entry: Entry, index: int, inner: str, repeats: int) -> Field | None:
    entry = entered_after(run.body, entry, index - run.first)
    return _within(run.body, entry, inner, repeats) if inner else entered_after(run.body, entry, 1)[0]


def _within(body: Body, entry: Entry, path: str, repeats: int) -> Field | None:
    result: Field | None = None
    for name, given in body.entered(entry).items():
        found = _at(body.nodes, body_fields(body, name), path, repeats)
        result = _met(result, given.then(found) if given and found else None)
    return result


def _sizes(reaches: Reaches | None) -> tuple[int, ...] | None:
    return None if reaches is None else tuple([reach.size for reach in reaches])


def _then(inner: Reaches | None, reader: Reaches | None) -> Reaches | None:
    if inner is None or reader is None:
        return None
    return tuple([one.then(other) for one, other in zip(inner, reader, strict=True)])


def _repeated(reaches: Reaches | None, times: int) -> Reaches | None:
    return None if reaches is None else tuple([reach.repeated(times) for reach in reaches])


def _joined(one: Reaches | None, other: Reaches | None) -> Reaches | None:
    """What two branches read together; if they move apart, any position may read anything."""
    if one is None or other is None:
        return None
    together = [mine.joined(theirs) for mine, theirs in zip(one, other, strict=True)]
    known = tuple([reach for reach in together if reach is not None])
    return known if len(known) == len(together) else None


def _less(one: Reaches | None, other: Reaches | None) -> Reaches | None:
    """The branch that reads less, axis by axis."""
    if one is None or other is None:
        return other if one is None else one
    return tuple([mine if mine.size <= theirs.size else theirs for mine, theirs in zip(one, other, strict=True)])
